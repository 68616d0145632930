package io.hearth.series.chunk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.integers;
import static org.quicktheories.generators.SourceDSL.longs;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.model.Value;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChunkSummaryTest {
    private static final MathContext EXACT_ENOUGH = new MathContext(1000);

    @Test
    void metrics_anyReadings_equalPlainRecomputation() {
        qt().withExamples(500)
                .forAll(longs().all(), integers().between(1, 300))
                .checkAssert(ChunkSummaryTest::checkSummaries);
    }

    /** Seeds that falsified the property above: their squared deviations are subnormal. */
    @ParameterizedTest
    @CsvSource({"-491208682861864784, 259", "-6959944447664086117, 259"})
    void metrics_subnormalSpread_equalPlainRecomputation(long seed, int size) {
        checkSummaries(seed, size);
    }

    private static void checkSummaries(long seed, int size) {
        ReadingBlock block = RandomReadings.block(seed, size);

        List<MetricSummary> summaries = Chunk.open(Blocks.encode(block)).metrics();

        assertThat(summaries).hasSameSizeAs(block.columns());
        for (int i = 0; i < summaries.size(); i++) {
            check(summaries.get(i), block, block.columns().get(i));
        }
    }

    private static void check(MetricSummary summary, ReadingBlock block, Column column) {
        List<Integer> present = new ArrayList<>();
        List<Double> numbers = new ArrayList<>();
        for (int i = 0; i < block.size(); i++) {
            Value value = column.valueAt(i);
            if (value != null) {
                present.add(i);
            }
            if (value instanceof Value.Num num) {
                numbers.add(num.number());
            }
        }
        int first = present.get(0);
        int last = present.get(present.size() - 1);
        assertThat(summary.metric()).isEqualTo(column.metric());
        assertThat(summary.points()).isEqualTo(present.size());
        assertThat(summary.numbers()).isEqualTo(numbers.size());
        assertThat(summary.firstMicros()).isEqualTo(block.timesMicros()[first]);
        assertThat(summary.lastMicros()).isEqualTo(block.timesMicros()[last]);
        assertThat(summary.first()).isEqualTo(column.valueAt(first));
        assertThat(summary.last()).isEqualTo(column.valueAt(last));
        assertThat(summary.min()).isEqualTo(numbers.stream().reduce(Double.POSITIVE_INFINITY, Math::min));
        assertThat(summary.max()).isEqualTo(numbers.stream().reduce(Double.NEGATIVE_INFINITY, Math::max));
        checkSums(summary, numbers);
    }

    private static void checkSums(MetricSummary summary, List<Double> numbers) {
        BigDecimal sum = BigDecimal.ZERO;
        BigDecimal magnitudes = BigDecimal.ZERO;
        for (double number : numbers) {
            sum = sum.add(new BigDecimal(number));
            magnitudes = magnitudes.add(new BigDecimal(number).abs());
        }
        if (Double.isInfinite(magnitudes.doubleValue())) {
            assertThat(summary.sum()).isNotNaN();
            assertThat(summary.squaredDeviations()).isNotNaN();
            return;
        }
        double resolution = 0x1p-52 * magnitudes.doubleValue();
        // Compared as exact numbers: a sum of shortest decimals may be one rounding away at each addend, and one in
        // all.
        assertThat(new BigDecimal(summary.sum()).subtract(sum).abs()).isLessThanOrEqualTo(new BigDecimal(resolution));
        if (!numbers.isEmpty()) {
            BigDecimal mean = sum.divide(BigDecimal.valueOf(numbers.size()), EXACT_ENOUGH);
            double squares = numbers.stream()
                    .map(number -> new BigDecimal(number).subtract(mean).pow(2))
                    .reduce(BigDecimal.ZERO, BigDecimal::add)
                    .doubleValue();
            double expected = Double.isInfinite(squares) ? Double.POSITIVE_INFINITY : squares;
            double actual = summary.squaredDeviations();
            if (Double.isInfinite(expected) || Double.isInfinite(actual)) {
                assertThat(expected).isGreaterThan(1e300);
                assertThat(actual).isGreaterThan(1e300);
            } else {
                // A subnormal square has no relative precision: each may be one smallest double away.
                double subnormal = numbers.size() * Double.MIN_VALUE;
                assertThat(actual).isCloseTo(expected, within(1e-9 * expected + resolution * resolution + subnormal));
            }
        }
    }

    @Test
    void sum_ofTenths_isRoundedOnce() {
        double[] numbers = new double[1000];
        Arrays.fill(numbers, 0.1);
        numbers[999] = 0.3;
        long[] times = LongStream.range(0, 1000).toArray();
        ReadingBlock block = new ReadingBlock(1000, times, List.of(new Column("m", null, numbers, null)));

        MetricSummary summary = Chunk.open(Blocks.encode(block)).metrics().get(0);

        assertThat(summary.sum()).isEqualTo(100.2);
        assertThat(summary.min()).isEqualTo(0.1);
        assertThat(summary.max()).isEqualTo(0.3);
    }

    @Test
    void squaredDeviations_ofSmallSpreadAroundLargeMean_keepTheirDigits() {
        double[] numbers = {1e9, 1e9 + 0.1, 1e9 + 0.2};
        ReadingBlock block = new ReadingBlock(3, new long[] {1, 2, 3}, List.of(new Column("m", null, numbers, null)));

        MetricSummary summary = Chunk.open(Blocks.encode(block)).metrics().get(0);

        assertThat(summary.squaredDeviations()).isCloseTo(0.02, within(1e-12));
    }
}
