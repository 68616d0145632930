package io.hearth.series.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class AggregationTest {
    private static final long SECOND = 1_000_000L;
    private static final List<Function> ALL = List.of(Function.values());

    private static BucketGrid grid(long fromSecond, long toSecond, String every) {
        return BucketGrid.of(new TimeRange(fromSecond * SECOND, toSecond * SECOND), Every.parse(every), ZoneOffset.UTC);
    }

    private static ReadingBlock numbers(String metric, long fromSecond, double... numbers) {
        long[] times = LongStream.range(fromSecond, fromSecond + numbers.length)
                .map(second -> second * SECOND)
                .toArray();
        return new ReadingBlock(numbers.length, times, List.of(new Column(metric, null, numbers, null)));
    }

    private static BucketSeries result(BucketGrid grid, Function function, Fill fill, ReadingBlock... blocks) {
        Aggregation aggregation = new Aggregation(grid, List.of(function), List.of());
        Arrays.stream(blocks).forEach(aggregation::add);
        return aggregation.result(fill);
    }

    private static ChunkSummary summaryOf(ReadingBlock block) {
        return Objects.requireNonNull(ChunkSummary.of(
                block.size(), block.timesMicros(), block.columns().get(0)));
    }

    private static List<Double> values(BucketSeries series, Function function) {
        return IntStream.range(0, series.rows())
                .mapToObj(row -> series.isPresent(row, 0, function) ? series.valueAt(row, 0, function) : Double.NaN)
                .toList();
    }

    @Test
    void result_nothingAdded_hasNoRowsOrEmptyOnes() {
        Aggregation aggregation = new Aggregation(grid(0, 10, "5s"), ALL, List.of());
        aggregation.add(new ReadingBlock(0, new long[0], List.of()));

        assertThat(aggregation.result(Fill.NONE).rows()).isZero();
        assertThat(aggregation.result(Fill.NULL).rows()).isEqualTo(2);
        assertThat(aggregation.result(Fill.NULL).metrics()).isEmpty();
    }

    @Test
    void result_metricAskedByNameHasNoPoints_isListedAndCountedZero() {
        Aggregation aggregation = new Aggregation(grid(0, 10, "5s"), ALL, List.of("power"));
        aggregation.add(numbers("temperature", 0, 1));

        BucketSeries filled = aggregation.result(Fill.LINEAR);
        assertThat(filled.metrics()).containsExactly("power");
        assertThat(filled.valueAt(1, 0, Function.COUNT)).isZero();
        assertThat(filled.isPresent(1, 0, Function.AVG)).isFalse();
        assertThat(aggregation.result(Fill.NONE).rows()).isZero();
    }

    @Test
    void result_metricHasPointsOnlyOutsideTheRange_isNotListed() {
        Aggregation aggregation = new Aggregation(grid(0, 10, "5s"), ALL, List.of());
        byte[] kinds = {Column.NUMBER, Column.ABSENT, Column.NUMBER};
        aggregation.add(new ReadingBlock(
                3, new long[] {-1, 0, 10 * SECOND}, List.of(new Column("a", kinds, new double[3], null))));

        assertThat(aggregation.result(Fill.NULL).metrics()).isEmpty();
    }

    @Test
    void result_singlePoint_isAllButAnIncrease() {
        Aggregation aggregation = new Aggregation(grid(-10, 10, "5s"), ALL, List.of());
        aggregation.add(numbers("a", -7, 21.5));

        BucketSeries series = aggregation.result(Fill.NONE);
        assertThat(series.rows()).isEqualTo(1);
        assertThat(series.startMicros(0)).isEqualTo(-10 * SECOND);
        for (Function function : List.of(Function.AVG, Function.MIN, Function.SUM, Function.P50, Function.P99)) {
            assertThat(series.valueAt(0, 0, function)).isEqualTo(21.5);
        }
        assertThat(series.valueAt(0, 0, Function.STDDEV)).isZero();
        assertThat(series.isPresent(0, 0, Function.INCREASE)).isFalse();
        assertThat(series.isPresent(0, 0, Function.RATE)).isFalse();
    }

    @Test
    void result_zerosOfBothSigns_areOrdered() {
        BucketGrid grid = grid(0, 10, "10s");
        ReadingBlock zeros = numbers("a", 0, 0.0, -0.0, 0.0, -0.0, 0.0, -0.0, 0.0);

        assertThat(values(result(grid, Function.MIN, Fill.NONE, zeros), Function.MIN))
                .containsExactly(-0.0);
        assertThat(values(result(grid, Function.MAX, Fill.NONE, zeros), Function.MAX))
                .containsExactly(0.0);
    }

    @Test
    void result_sumExceedsADouble_hasNoValue() {
        Aggregation aggregation = new Aggregation(grid(0, 10, "10s"), ALL, List.of());
        aggregation.add(numbers("a", 0, Double.MAX_VALUE, Double.MAX_VALUE));

        BucketSeries series = aggregation.result(Fill.NULL);
        assertThat(series.isPresent(0, 0, Function.SUM)).isFalse();
        assertThat(series.isPresent(0, 0, Function.AVG)).isFalse();
        assertThat(series.valueAt(0, 0, Function.MAX)).isEqualTo(Double.MAX_VALUE);
        assertThat(series.valueAt(0, 0, Function.P99)).isEqualTo(Double.MAX_VALUE);
    }

    @Test
    void increase_counterResets_countsFromZeroAndBelongsToTheLaterBucket() {
        BucketSeries series = result(
                grid(0, 9, "3s"),
                Function.INCREASE,
                Fill.NULL,
                numbers("a", 0, 5, 6, 8),
                numbers("a", 3, 10, 2, 3),
                numbers("a", 6, 1));

        assertThat(values(series, Function.INCREASE)).containsExactly(3.0, 5.0, 1.0);
    }

    @Test
    void rate_edgeBuckets_dividesByThePartInTheRange() {
        BucketSeries series = result(grid(8, 25, "10s"), Function.RATE, Fill.NULL, numbers("a", 8, 0, 4, 14));

        assertThat(values(series, Function.RATE)).containsExactly(2.0, 1.0, Double.NaN);
    }

    @Test
    void increase_ofABoolean_isHowOftenItBecameTrue() {
        double[] motion = {0, 1, 1, 0, 1, 0};
        byte[] kinds = new byte[motion.length];
        Arrays.fill(kinds, Column.BOOL);
        ReadingBlock block = new ReadingBlock(
                motion.length,
                LongStream.range(0, motion.length).map(s -> s * SECOND).toArray(),
                List.of(new Column("motion", kinds, motion, null)));

        assertThat(values(result(grid(0, 10, "10s"), Function.INCREASE, Fill.NONE, block), Function.INCREASE))
                .containsExactly(2.0);
        assertThat(values(result(grid(0, 10, "10s"), Function.AVG, Fill.NONE, block), Function.AVG))
                .containsExactly(0.5);
    }

    @Test
    void increase_devicesInOneAggregation_addUp() {
        Aggregation aggregation = new Aggregation(grid(0, 10, "10s"), List.of(Function.INCREASE), List.of());
        aggregation.add(numbers("a", 0, 100, 101));
        aggregation.nextDevice();
        aggregation.add(numbers("a", 0, 7, 9));

        assertThat(values(aggregation.result(Fill.NONE), Function.INCREASE)).containsExactly(3.0);
    }

    @Test
    void increase_blocksOutOfOrder_throws() {
        Aggregation aggregation = new Aggregation(grid(0, 10, "10s"), List.of(Function.INCREASE), List.of());
        aggregation.add(numbers("a", 5, 1));

        assertThatThrownBy(() -> aggregation.add(numbers("a", 5, 1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("ascending");
    }

    @Test
    void stddev_greatMeanSmallSpread_isStable() {
        double[] numbers =
                IntStream.range(0, 1000).mapToDouble(i -> 1e9 + i % 2).toArray();

        BucketSeries series = result(grid(0, 1000, "1h"), Function.STDDEV, Fill.NONE, numbers("a", 0, numbers));

        assertThat(series.valueAt(0, 0, Function.STDDEV)).isCloseTo(0.5, within(1e-9));
    }

    @Test
    void addSummary_varianceIsCancelled_isRefused() {
        ReadingBlock block = numbers("a", 0, 1e9, 1e9 + 1);
        ChunkSummary summary = summaryOf(block);
        BucketGrid grid = grid(0, 10, "10s");

        assertThat(new Aggregation(grid, List.of(Function.STDDEV), List.of()).addSummary("a", summary))
                .isFalse();
        assertThat(new Aggregation(grid, List.of(Function.AVG), List.of()).addSummary("a", summary))
                .isTrue();
    }

    @Test
    void addSummary_needsThePointsOrSpansBuckets_isRefused() {
        ReadingBlock block = numbers("a", 3, 1, 2, 3, 4);
        ChunkSummary summary = summaryOf(block);

        for (Function function : List.of(Function.P50, Function.RATE, Function.INCREASE)) {
            assertThat(new Aggregation(grid(0, 10, "10s"), List.of(function), List.of()).addSummary("a", summary))
                    .isFalse();
        }
        assertThat(new Aggregation(grid(0, 10, "5s"), List.of(Function.AVG), List.of()).addSummary("a", summary))
                .isFalse();
        assertThat(new Aggregation(grid(4, 10, "10s"), List.of(Function.AVG), List.of()).addSummary("a", summary))
                .isFalse();
    }

    @Test
    void percentiles_manyDistributions_areWithinOnePercentOfTheRank() {
        Random random = new Random(7);
        for (double exponent : new double[] {-300, -5, 0, 5, 300}) {
            double[] numbers = IntStream.range(0, 5000)
                    .mapToDouble(i -> Math.exp(random.nextGaussian()) * Math.pow(10, exponent) * (i % 3 == 0 ? -1 : 1))
                    .toArray();
            Aggregation aggregation = new Aggregation(grid(0, 5000, "1d"), ALL, List.of());
            aggregation.add(numbers("a", 0, numbers));
            BucketSeries series = aggregation.result(Fill.NONE);
            Arrays.sort(numbers);

            for (Function function : List.of(Function.P50, Function.P95, Function.P99)) {
                double exact = numbers[(int) (function.quantile() * 4999)];
                assertThat(series.valueAt(0, 0, function)).isCloseTo(exact, within(Math.abs(exact) * 0.0100001));
            }
        }
    }

    @Test
    void fill_gap_isNullOrThePreviousOrOnTheLine() {
        BucketGrid grid = grid(0, 6, "1s");
        ReadingBlock[] blocks = {numbers("a", 1, 10), numbers("a", 4, 40)};
        double none = Double.NaN;

        assertThat(values(result(grid, Function.AVG, Fill.NONE, blocks), Function.AVG))
                .containsExactly(10.0, 40.0);
        assertThat(values(result(grid, Function.AVG, Fill.NULL, blocks), Function.AVG))
                .containsExactly(none, 10.0, none, none, 40.0, none);
        assertThat(values(result(grid, Function.AVG, Fill.PREVIOUS, blocks), Function.AVG))
                .containsExactly(none, 10.0, 10.0, 10.0, 40.0, 40.0);
        assertThat(values(result(grid, Function.AVG, Fill.LINEAR, blocks), Function.AVG))
                .containsExactly(none, 10.0, 20.0, 30.0, 40.0, none);
        assertThat(values(result(grid, Function.COUNT, Fill.LINEAR, blocks), Function.COUNT))
                .containsExactly(0.0, 1.0, 0.0, 0.0, 1.0, 0.0);
    }

    @Test
    void aggregation_tooManyCells_throws() {
        BucketGrid grid = grid(0, 100_000, "1s");
        List<String> eleven = IntStream.range(0, 11).mapToObj(i -> "m" + i).toList();

        assertThatThrownBy(() -> new Aggregation(grid, List.of(Function.AVG), eleven))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("too many buckets for 11 metrics");
        assertThatThrownBy(() -> new Aggregation(grid, List.of(), List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void merge_ofAnotherQuestion_throws() {
        Aggregation avg = new Aggregation(grid(0, 10, "5s"), List.of(Function.AVG), List.of());
        Aggregation sum = new Aggregation(grid(0, 10, "5s"), List.of(Function.SUM), List.of());
        Aggregation wider = new Aggregation(grid(0, 10, "10s"), List.of(Function.AVG), List.of());

        assertThatThrownBy(() -> avg.merge(sum)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> avg.merge(wider)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void valueAt_functionNotAsked_throws() {
        BucketSeries series = result(grid(0, 10, "5s"), Function.AVG, Fill.NULL, numbers("a", 0, 1));

        assertThatThrownBy(() -> series.valueAt(0, 0, Function.SUM)).isInstanceOf(NoSuchElementException.class);
        assertThatThrownBy(() -> series.textAt(0, 0, Function.AVG)).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void parse_functionAndFill_byTheirNames() {
        for (Function function : Function.values()) {
            assertThat(Function.parse(function.text())).isEqualTo(function);
        }
        assertThat(Fill.parse("previous")).isEqualTo(Fill.PREVIOUS);
        assertThatThrownBy(() -> Function.parse("median")).hasMessageContaining("avg, min, max");
        assertThatThrownBy(() -> Fill.parse("zero")).hasMessageContaining("none, null, previous, linear");
    }
}
