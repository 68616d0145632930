package io.hearth.ingest.bulk;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.codec.CsvReadings;
import io.hearth.codec.EpochUnit;
import io.hearth.codec.JsonLines;
import io.hearth.codec.LineFormat;
import io.hearth.codec.LineProtocol;
import io.hearth.ingest.DeadLetters;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.IngestSettings;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.Direction;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A key that is twice in a stream of lines, so far apart that the lines are decoded side by side. */
class BatchOrderTest {
    private static final int ROUNDS = 10;

    /** More than a piece that is decoded by itself. */
    private static final int BYTES_BETWEEN = 600_000;

    private static final long T0 = EpochMicros.of(SeriesFixture.START);

    private final SeriesFixture clock = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(clock);
    private final SeriesStore store = clock.open(table, Duration.ofDays(30));
    private final Ingest ingest = new Ingest(
            store,
            new DeadLetters(table, Duration.ofDays(30)),
            clock,
            new IngestSettings(
                    10_000, Duration.ofMinutes(10), Duration.ofDays(30), Duration.ZERO, Duration.ofHours(24)),
            new SimpleMeterRegistry());

    @AfterEach
    void close() {
        ingest.close();
    }

    @Test
    void ndjson_keyTwice_laterLineWins() throws Exception {
        // An escape makes the lines between slow to decode.
        play(
                new JsonLines(),
                value -> "{\"device\":\"d1\",\"ts\":" + T0 + ",\"values\":{\"a\":" + value + "}}\n",
                i -> "{\"device\":\"d2\",\"ts\":" + (T0 - i) + ",\"values\":{\"\\u0062\":" + i + "}}\n");
    }

    @Test
    void lineProtocol_keyTwice_laterLineWins() throws Exception {
        LineFormat format =
                new LineProtocol(List.of("device")).format(EpochUnit.MICROSECONDS, LineProtocol.Naming.FIELD);
        play(
                format,
                value -> "m,device=d1 a=" + value + " " + T0 + "\n",
                i -> "m,device=d2 b=\"\\\"" + i + "\" " + (T0 - i) + "\n");
    }

    @Test
    void csv_keyTwice_laterLineWins() throws Exception {
        LineFormat format = CsvReadings.below("device,ts,metric,value");
        play(format, value -> "d1," + T0 + ",a," + value + "\n", i -> "d2," + (T0 - i) + ",b,\"\"\"" + i + "\"\n");
    }

    private void play(LineFormat format, IntFunction<String> key, IntFunction<String> between) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            StringBuilder text = new StringBuilder(BYTES_BETWEEN + 1000).append(key.apply(2 * round));
            for (int i = 0; text.length() < BYTES_BETWEEN; i++) {
                text.append(between.apply(i));
            }
            text.append(key.apply(2 * round + 1));
            BatchRun run = new BatchRun(ingest, format, new Semaphore(16));
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);

            run.process(new ByteArrayInputStream(bytes));

            assertThat(run.result().rejected()).isEmpty();
            assertThat(SeriesFixture.scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING))
                    .as("round %d", round)
                    .containsExactly(Map.entry(T0, Map.of("a", 2.0 * round + 1)));
        }
    }
}
