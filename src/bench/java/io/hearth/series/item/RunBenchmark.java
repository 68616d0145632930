package io.hearth.series.item;

import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import io.hearth.table.Key;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Sort keys and the bodies of runs, of one reading and of sixty, three metrics each. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RunBenchmark {
    private static final long T0 = 1_790_000_000_000_000L;

    private final DeviceId device = new DeviceId("thermostat-1");
    private final byte[] region = "local".getBytes(StandardCharsets.US_ASCII);
    private final PointBuffer points = new PointBuffer();
    private final int[] readings = new int[60];
    private final long[] ingestTimes = new long[60];
    private final RunWriter writer = new RunWriter();
    private long time = T0;

    @Setup
    public void fill() {
        for (int i = 0; i < 60; i++) {
            points.beginReading();
            points.addNumber("temperature", (215 + i % 7) / 10.0);
            points.addNumber("humidity", (456 + i % 11) / 10.0);
            points.addNumber("battery", 98.7);
            points.endReading(T0 + i * 10_000_000L);
            readings[i] = i;
            ingestTimes[i] = T0;
        }
    }

    @Benchmark
    public Key sortKey() {
        return SeriesKeys.run(device, time++, T0, region);
    }

    @Benchmark
    public byte[] runOfOne() {
        return writer.write(points, readings, 0, 1, ingestTimes, T0 / 1000, 2_592_000, List.of());
    }

    @Benchmark
    public byte[] runOfSixty() {
        return writer.write(points, readings, 0, 60, ingestTimes, T0 / 1000, 2_592_000, List.of());
    }
}
