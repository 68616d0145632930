package io.hearth.rest.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.config.HearthConfig;
import io.hearth.config.ImportConfig;
import io.hearth.config.LimitsConfig;
import io.hearth.ingest.DeadLetters;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.IngestSettings;
import io.hearth.ingest.bulk.LineIntake;
import io.hearth.ingest.bulk.ParquetIntake;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.rest.http.RequestBodies;
import io.hearth.rest.http.StreamedAnswer;
import io.hearth.rest.intake.ImportResource;
import io.hearth.rest.intake.IngestAnswer;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.Direction;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.configuration.MemorySize;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Proxy;
import java.math.BigInteger;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whatever messages have stored, its export is taken by an import, through admission, and comes to the same; also where
 * several messages made one instant larger than any of them may be. {@code -DExportRoundTripTest.seed=} repeats a run,
 * {@code -DExportRoundTripTest.seeds=} plays so many fresh ones.
 */
class ExportRoundTripTest {
    private static final String NAME = ExportRoundTripTest.class.getSimpleName();
    private static final int ROUNDS = 6;
    private static final long T0 = EpochMicros.of(SeriesFixture.START);
    private static final long DAY = Duration.ofDays(1).toSeconds() * 1_000_000;
    private static final List<Object> VALUES = List.of(
            0.0,
            -0.0,
            Double.MIN_VALUE,
            Double.MAX_VALUE,
            1e300,
            0.1 + 0.2,
            9_007_199_254_740_993.0,
            true,
            false,
            "",
            "true",
            "1",
            "null",
            "a\r\n\"b\",c;\\",
            "\u0000\u0001\u007f\u2028",
            "\uFEFFmark",
            " space ",
            "😀ü");

    @TempDir
    private Path directory;

    private final SeriesFixture clock = new SeriesFixture();
    private final SeriesStore source = open();
    private final SeriesStore target = open();
    private final Ingest ingest = new Ingest(
            target,
            new DeadLetters(new MemoryTable(clock), Duration.ofDays(30)),
            clock,
            new IngestSettings(10_000, Duration.ofMinutes(10), Duration.ZERO, Duration.ZERO, Duration.ofHours(24)),
            new SimpleMeterRegistry());

    private SeriesStore open() {
        return clock.open(new MemoryTable(clock), Duration.ZERO);
    }

    @AfterEach
    void close() {
        ingest.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ndjson", "csv", "parquet"})
    void exportedAndImported_whateverIsStored_isTheSame(String format) throws Exception {
        Long only = Long.getLong(NAME + ".seed");
        for (int round = 0; round < (only == null ? Integer.getInteger(NAME + ".seeds", ROUNDS) : 1); round++) {
            long seed = only == null ? new Random().nextLong() : only;
            String replay = "-D" + NAME + ".seed=" + seed + " repeats it";
            Random random = new Random(seed);
            Set<String> devices = new HashSet<>();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                String device = "d" + round + ":" + i;
                devices.add(device);
                fill(device, random);
            }
            if (random.nextBoolean()) {
                assertThat(source.seal(T0, nanos -> {}).unsealed()).as(replay).isEmpty();
            }

            IngestAnswer answer = importAll(format, export(format, devices));

            assertThat(answer.rejected()).as(replay).isEmpty();
            for (String device : devices) {
                assertThat(readings(target, device)).as(replay).isEqualTo(readings(source, device));
            }
        }
    }

    @Test
    void ndjson_oneInstantOfTextsThatEscapesMakeLonger_becomesLinesThatAreTaken() throws Exception {
        append("d1", T0, texts("m", 100, "\u0001".repeat(1000)));

        byte[] file = export("ndjson", Set.of("d1"));
        IngestAnswer answer = importAll("ndjson", file);

        assertThat(answer.rejected()).isEmpty();
        assertThat(answer.stored()).isGreaterThan(1);
        assertThat(readings(target, "d1")).isEqualTo(readings(source, "d1"));
    }

    private void fill(String device, Random random) {
        for (int i = 1 + random.nextInt(20); i > 0; i--) {
            Map<String, Object> values = new TreeMap<>();
            for (int j = 1 + random.nextInt(5); j > 0; j--) {
                values.put(metric(random), VALUES.get(random.nextInt(VALUES.size())));
            }
            append(device, time(random), values);
        }
        if (random.nextInt(3) == 0) {
            // More metrics at one instant than one message may have.
            long time = time(random);
            for (int message = 0; message < 2; message++) {
                Map<String, Object> values = new TreeMap<>();
                for (int i = 0; i < 600 + random.nextInt(300); i++) {
                    values.put("many" + message + "." + i, i % 7 == 0 ? "t" + i : i);
                }
                append(device, time, values);
            }
        }
        if (random.nextInt(3) == 0) {
            // More bytes at one instant than one message may have.
            long time = time(random);
            for (int message = 0; message < 3; message++) {
                append(device, time, texts("long" + message + ".", 90 + random.nextInt(10), "ü\"".repeat(300)));
            }
        }
    }

    private static Map<String, Object> texts(String prefix, int count, String text) {
        Map<String, Object> texts = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            texts.put(prefix + i, text + i);
        }
        return texts;
    }

    private static String metric(Random random) {
        return List.of("a", "ts", "device", "values", "metric", "a.b", "x,\"y\"", "b\\c", "😀", "values.a")
                .get(random.nextInt(10));
    }

    /** From the year 0 on, and few, so that messages meet. */
    private static long time(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> EpochMicros.MIN_RFC3339 + random.nextInt(3);
            case 1 -> random.nextInt(3) - 1;
            case 2 -> new BigInteger(50, random).longValue() - (1L << 49);
            default -> T0 - 2 * DAY + random.nextInt(5) * 1_000_001L;
        };
    }

    private void append(String device, long timeMicros, Map<String, Object> values) {
        AppendBatch batch = new AppendBatch();
        SeriesFixture.add(batch, device, timeMicros, values, null);
        source.append(batch).await().indefinitely();
    }

    private byte[] export(String format, Set<String> devices) throws Exception {
        ExportParams params = new ExportParams();
        params.format = format;
        params.ids = String.join(",", devices);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        // Without a request, as the parameter names the form.
        Request none = proxy(Request.class, Map.of());
        try (Response response = new ExportResource(source, clock).export(params, none)) {
            ((StreamedAnswer) response.getEntity()).body().writeTo(file, () -> false);
        }
        return file.toByteArray();
    }

    private IngestAnswer importAll(String format, byte[] file) throws Exception {
        HearthConfig hearth = proxy(HearthConfig.class, Map.of("dataDir", directory));
        ImportConfig config = proxy(
                ImportConfig.class, Map.of("maxFile", new MemorySize(BigInteger.valueOf(1 << 30)), "maxFiles", 1));
        LimitsConfig limits = proxy(
                LimitsConfig.class,
                Map.of("unpackedRatio", 100, "unpackedBytes", new MemorySize(BigInteger.valueOf(1 << 30))));
        ImportResource resource = new ImportResource(
                new LineIntake(ingest), new ParquetIntake(ingest, hearth, config), new RequestBodies(limits));
        String type = switch (format) {
            case "csv" -> "text/csv";
            case "parquet" -> "application/vnd.apache.parquet";
            default -> "application/x-ndjson";
        };
        return resource.store(type, null, new ByteArrayInputStream(file));
    }

    private static <T> T proxy(Class<T> type, Map<String, Object> answers) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (self, method, arguments) -> answers.get(method.getName())));
    }

    private static List<Map.Entry<Long, Map<String, Object>>> readings(SeriesStore store, String device) {
        assertThat(store.device(new DeviceId(device))).isPresent();
        return SeriesFixture.scan(store, device, TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }
}
