package io.hearth.series.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.arbitrary;
import static org.quicktheories.generators.SourceDSL.longs;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.series.aggregate.Recomputation.Expected;
import io.hearth.series.aggregate.Recomputation.Point;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.quicktheories.core.Gen;

class AggregationPropertyTest {
    private static final List<Function> ALL = List.of(Function.values());
    private static final List<Function> SUMMARISED =
            ALL.stream().filter(f -> Function.canUseSummary(List.of(f))).toList();
    private static final Gen<Long> SEEDS = longs().between(0, Long.MAX_VALUE);
    private static final Gen<Fill> FILLS = arbitrary().enumValues(Fill.class);

    @Test
    void result_devicesInOneAggregation_agreesWithRecomputation() {
        qt().withExamples(200).forAll(SEEDS, FILLS).checkAssert((seed, fill) -> {
            RandomReadings readings = new RandomReadings(seed);
            Aggregation aggregation = new Aggregation(readings.grid, ALL, List.of());
            for (List<ReadingBlock> ofDevice : readings.blocks) {
                aggregation.nextDevice();
                ofDevice.forEach(aggregation::add);
            }

            assertAgrees(aggregation.result(fill), readings);
        });
    }

    @Test
    void merge_devicesInAnyOrder_agreesWithRecomputation() {
        qt().withExamples(200).forAll(SEEDS, FILLS).checkAssert((seed, fill) -> {
            RandomReadings readings = new RandomReadings(seed);
            List<Aggregation> parts = new ArrayList<>();
            for (List<ReadingBlock> ofDevice : readings.blocks) {
                Aggregation part = new Aggregation(readings.grid, ALL, List.of());
                ofDevice.forEach(part::add);
                parts.add(part);
            }
            Collections.shuffle(parts, new Random(seed));
            Aggregation whole = new Aggregation(readings.grid, ALL, List.of());
            parts.forEach(whole::merge);

            assertAgrees(whole.result(fill), readings);
        });
    }

    @Test
    void merge_blocksInAnyOrder_agreesWithRecomputation() {
        List<Function> stepless = ALL.stream().filter(f -> !f.needsSteps()).toList();
        qt().withExamples(200).forAll(SEEDS, FILLS).checkAssert((seed, fill) -> {
            RandomReadings readings = new RandomReadings(seed);
            List<ReadingBlock> blocks = new ArrayList<>();
            readings.blocks.forEach(blocks::addAll);
            Collections.shuffle(blocks, new Random(seed));
            Aggregation left = new Aggregation(readings.grid, stepless, List.of());
            Aggregation right = new Aggregation(readings.grid, stepless, List.of());
            for (int i = 0; i < blocks.size(); i++) {
                (i % 2 == 0 ? left : right).add(blocks.get(i));
            }
            left.merge(right);

            assertAgrees(left.result(fill), readings);
        });
    }

    @Test
    void addSummary_whereverItIsTaken_agreesWithRecomputation() {
        int[] taken = {0};
        qt().withExamples(200).forAll(SEEDS, FILLS).checkAssert((seed, fill) -> {
            RandomReadings readings = new RandomReadings(seed);
            Aggregation aggregation = new Aggregation(readings.grid, SUMMARISED, List.of());
            for (List<ReadingBlock> ofDevice : readings.blocks) {
                for (ReadingBlock block : ofDevice) {
                    for (Column column : block.columns()) {
                        ChunkSummary summary = ChunkSummary.of(block.size(), block.timesMicros(), column);
                        if (summary != null && aggregation.addSummary(column.metric(), summary)) {
                            taken[0]++;
                        } else {
                            aggregation.add(new ReadingBlock(block.size(), block.timesMicros(), List.of(column)));
                        }
                    }
                }
            }

            assertAgrees(aggregation.result(fill), readings);
        });
        assertThat(taken[0]).isPositive();
    }

    @Test
    void increase_ofAllBuckets_isTheIncreaseOfTheRange() {
        qt().withExamples(200).forAll(SEEDS).checkAssert(seed -> {
            RandomReadings readings = new RandomReadings(seed);
            BucketGrid one = BucketGrid.of(readings.grid.range(), Every.parse("1000y"), readings.grid.zone());
            assertThat(total(readings, readings.grid, false))
                    .isCloseTo(total(readings, one, false), within(1e6 * 1e-3));
            assertThat(total(readings, readings.grid, true)).isCloseTo(total(readings, one, false), within(1e6 * 1e-3));
        });
    }

    /** The sum over buckets of the increase, or of the rate times the seconds that it is for. */
    private static double total(RandomReadings readings, BucketGrid grid, boolean fromRate) {
        Aggregation aggregation =
                new Aggregation(grid, List.of(Function.INCREASE, Function.RATE), List.of("number", "switch"));
        for (List<ReadingBlock> ofDevice : readings.blocks) {
            aggregation.nextDevice();
            ofDevice.forEach(aggregation::add);
        }
        BucketSeries series = aggregation.result(Fill.NONE);
        double total = 0;
        for (int row = 0; row < series.rows(); row++) {
            for (int metric = 0; metric < series.metrics().size(); metric++) {
                if (series.isPresent(row, metric, Function.INCREASE)) {
                    total += fromRate
                            ? series.valueAt(row, metric, Function.RATE) * grid.coveredMicros(series.bucket(row)) / 1e6
                            : series.valueAt(row, metric, Function.INCREASE);
                }
            }
        }
        return total;
    }

    private static void assertAgrees(BucketSeries series, RandomReadings readings) {
        assertAgrees(series, readings, point -> true);
    }

    static void assertAgrees(BucketSeries series, RandomReadings readings, Predicate<Point> counts) {
        assertAgrees(series, readings, (metric, point) -> counts.test(point));
    }

    /** @param counts which of the readings' points, by metric, the series is of */
    static void assertAgrees(BucketSeries series, RandomReadings readings, BiPredicate<String, Point> counts) {
        BucketGrid grid = readings.grid;
        boolean[] written = new boolean[grid.size()];
        int[] rowOf = new int[grid.size()];
        Arrays.fill(rowOf, -1);
        for (int row = 0; row < series.rows(); row++) {
            rowOf[series.bucket(row)] = row;
            assertThat(series.startMicros(row)).isEqualTo(grid.startMicros(series.bucket(row)));
        }
        for (int m = 0; m < RandomReadings.METRICS.size(); m++) {
            String name = RandomReadings.METRICS.get(m);
            Recomputation plain = new Recomputation(
                    grid,
                    readings.points(m).stream()
                            .filter(point -> counts.test(name, point))
                            .toList());
            int metric = series.metrics().indexOf(RandomReadings.METRICS.get(m));
            for (Function function : series.functions()) {
                List<Expected> filled = plain.filled(function, series.fill());
                for (int b = 0; b < grid.size(); b++) {
                    Expected expected = filled.get(b);
                    String where = RandomReadings.METRICS.get(m) + " " + function;
                    if (metric < 0) {
                        assertThat(expected == null || expected.number() == 0)
                                .as(where)
                                .isTrue();
                    } else if (expected == null) {
                        assertThat(rowOf[b] >= 0 && series.isPresent(rowOf[b], metric, function))
                                .as(where)
                                .isFalse();
                    } else {
                        written[b] = true;
                        assertIs(expected, series, rowOf[b], metric, function, where);
                    }
                }
            }
        }
        for (int b = 0; b < grid.size(); b++) {
            assertThat(rowOf[b] >= 0).isEqualTo(written[b] || series.fill() != Fill.NONE);
        }
    }

    private static void assertIs(
            Expected expected, BucketSeries series, int row, int metric, Function function, String where) {
        assertThat(row).as(where).isNotNegative();
        assertThat(series.kindAt(row, metric, function)).as(where).isEqualTo(expected.kind());
        if (expected.kind() == Column.TEXT) {
            assertThat(series.textAt(row, metric, function)).as(where).isEqualTo(expected.text());
        } else if (expected.tolerance() == 0 && function != Function.SUM) {
            assertThat(series.valueAt(row, metric, function)).as(where).isEqualTo(expected.number());
        } else {
            assertThat(series.valueAt(row, metric, function))
                    .as(where)
                    .isCloseTo(expected.number(), within(expected.tolerance()));
        }
    }
}
