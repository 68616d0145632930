package io.hearth.series.aggregate;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * Prints millions of points per second of CPU time of one thread, median and best of rounds, for one device's day of readings every 10 s with three
 * metrics, beside a loop that finds the bucket of each point by division. Run with {@code java -cp
 * target/classes:target/test-classes:<sketches-java jar>:<jspecify jar>}.
 */
public final class AggregationBenchmark {
    private static final long STEP_MICROS = 10_000_000L;
    private static final int READINGS = 8640;
    private static final int METRICS = 3;
    private static final int ROUNDS = 41;
    private static final int REPEATS = 100;
    private static final int WARM_UP = 2000;
    private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
    private static final long START_MICROS = 1_767_222_000_000_000L;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private AggregationBenchmark() {}

    public static void main(String[] arguments) {
        ReadingBlock dense = day(false);
        ReadingBlock sparse = day(true);
        for (String every : List.of("10s", "5m", "1h", "1d")) {
            measure("avg,min,max dense " + every, dense, every, "avg", "min", "max");
            measure("naive             " + every, () -> naive(dense, grid(every)));
        }
        measure("avg dense 5m", dense, "5m", "avg");
        measure("avg,min,max with kinds and gaps 5m", sparse, "5m", "avg", "min", "max");
        measure("first,last,count dense 5m", dense, "5m", "first", "last", "count");
        measure("stddev dense 5m", dense, "5m", "stddev");
        measure("rate,increase dense 5m", dense, "5m", "rate", "increase");
        measure("p50,p95,p99 dense 5m", dense, "5m", "p50", "p95", "p99");
        measure("p50,p95,p99 dense 1h", dense, "1h", "p50", "p95", "p99");
    }

    private static BucketGrid grid(String every) {
        TimeRange range = new TimeRange(START_MICROS, START_MICROS + READINGS * STEP_MICROS);
        return BucketGrid.of(range, Every.parse(every), ZONE);
    }

    private static void measure(String name, ReadingBlock block, String every, String... functions) {
        List<Function> asked = Arrays.stream(functions).map(Function::parse).toList();
        measure(name, () -> {
            Aggregation aggregation = new Aggregation(grid(every), asked, List.of());
            aggregation.add(block);
            BucketSeries series = aggregation.result(Fill.NONE);
            return series.valueAt(0, 0, asked.get(0));
        });
    }

    private static void measure(String name, DoubleSupplier work) {
        double[] rates = new double[ROUNDS];
        double seen = 0;
        for (int i = 0; i < WARM_UP; i++) {
            seen += work.getAsDouble();
        }
        for (int round = 0; round < ROUNDS; round++) {
            long startCpuNanos = THREADS.getCurrentThreadCpuTime();
            for (int i = 0; i < REPEATS; i++) {
                seen += work.getAsDouble();
            }
            rates[round] =
                    (double) REPEATS * READINGS * METRICS * 1e3 / (THREADS.getCurrentThreadCpuTime() - startCpuNanos);
        }
        Arrays.sort(rates);
        System.out.printf(
                "%-36s %8.1f M points/s, best %8.1f (%.3g)%n", name, rates[ROUNDS / 2], rates[ROUNDS - 1], seen);
    }

    private static double naive(ReadingBlock block, BucketGrid grid) {
        double seen = 0;
        long width = grid.endMicros(0) - grid.startMicros(0);
        for (Column column : block.columns()) {
            long[] counts = new long[grid.size()];
            double[] sums = new double[grid.size()];
            double[] mins = new double[grid.size()];
            double[] maxs = new double[grid.size()];
            for (int i = 0; i < block.size(); i++) {
                int bucket = (int) ((block.timesMicros()[i] - grid.startMicros(0)) / width);
                double number = column.numbers()[i];
                mins[bucket] = counts[bucket] == 0 ? number : Math.min(mins[bucket], number);
                maxs[bucket] = counts[bucket] == 0 ? number : Math.max(maxs[bucket], number);
                sums[bucket] += number;
                counts[bucket]++;
            }
            for (int b = 0; b < grid.size(); b++) {
                seen += sums[b] / counts[b] + mins[b] + maxs[b];
            }
        }
        return seen;
    }

    private static ReadingBlock day(boolean gaps) {
        Random random = new Random(1);
        long[] times = new long[READINGS];
        for (int i = 0; i < READINGS; i++) {
            times[i] = START_MICROS + i * STEP_MICROS;
        }
        List<Column> columns = new ArrayList<>();
        for (String metric : List.of("battery", "humidity", "temperature")) {
            double[] numbers = new double[READINGS];
            byte[] kinds = new byte[READINGS];
            int tenths = 215;
            for (int i = 0; i < READINGS; i++) {
                tenths += random.nextInt(3) - 1;
                numbers[i] = tenths / 10.0;
                kinds[i] = gaps && random.nextInt(10) == 0 ? Column.ABSENT : Column.NUMBER;
            }
            columns.add(new Column(metric, gaps ? kinds : null, numbers, null));
        }
        return new ReadingBlock(READINGS, times, columns);
    }
}
