package io.hearth.rest.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.Seed;
import io.hearth.codec.CsvReadings;
import io.hearth.codec.JsonLines;
import io.hearth.codec.LineFormat;
import io.hearth.codec.LineReader;
import io.hearth.codec.parquet.CorruptParquetException;
import io.hearth.codec.parquet.ParquetPointsWriter;
import io.hearth.codec.parquet.ParquetReadings;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.PointBuffer;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.memory.MemoryTable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is exported from one store and imported into another is the same there. */
class PortableFormsTest {
    private static final List<String> METRICS =
            List.of("temperature", "ts", "device", "values", "luftgüte", "a.b", "x,\"y\"", "😀");

    @TempDir
    Path directory;

    private final SeriesFixture fixture = new SeriesFixture();
    private final SeriesStore source = fixture.open(new MemoryTable(fixture), Duration.ZERO);
    private final SeriesStore target = fixture.open(new MemoryTable(fixture), Duration.ZERO);
    private final Random random = new Random();
    private List<DeviceId> devices = List.of();

    private interface Importer {
        LineReader read(PointBuffer points) throws IOException;
    }

    @ParameterizedTest
    @ValueSource(strings = {"ndjson", "csv", "parquet"})
    void exportedAndImported_isTheSame_alsoASecondTime(String form) throws Exception {
        for (int round = 0; round < 20; round++) {
            long seed = Seed.of(getClass());
            random.setSeed(seed);
            fill(1 + random.nextInt(4), random.nextInt(300));
            byte[] file = export(source, form);

            assertThat(importFrom(file, form, target)).isEmpty();
            assertThat(importFrom(file, form, target)).isEmpty();

            for (DeviceId device : devices) {
                assertThat(readings(target, device)).as("seed %d", seed).isEqualTo(readings(source, device));
            }
            assertThat(export(target, form)).as("seed %d", seed).isEqualTo(file);
        }
    }

    @Test
    void parquet_ofManyRowGroups_isReadBack() throws Exception {
        random.setSeed(5);
        DeviceId device = new DeviceId("many");
        for (int i = 0; i < 300; i++) {
            AppendBatch batch = new AppendBatch();
            for (int j = 0; j < 1000; j++) {
                SeriesFixture.add(
                        batch,
                        device.value(),
                        (i * 1000L + j) * 1_000_000,
                        Map.of("noise", random.nextDouble(), "more", random.nextLong()),
                        null);
            }
            source.append(batch).await().indefinitely();
        }
        devices = List.of(device);
        byte[] file = export(source, "parquet");

        importFrom(file, "parquet", target);

        assertThat(file.length).isGreaterThan(4 << 20);
        assertThat(readings(target, device)).isEqualTo(readings(source, device));
    }

    @Test
    void parquet_damagedAnywhere_isRefusedOrReadWithoutOtherHarm() throws Exception {
        random.setSeed(7);
        fill(2, 100);
        byte[] file = export(source, "parquet");
        for (int i = 0; i < 3_000; i++) {
            byte[] damaged = file.clone();
            for (int flips = random.nextInt(3); flips >= 0; flips--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            byte[] cut = random.nextInt(4) == 0 ? Arrays.copyOf(damaged, random.nextInt(damaged.length)) : damaged;
            try {
                readAll(cut);
            } catch (CorruptParquetException e) {
                assertThat(e).hasMessageNotContaining("Exception");
            } catch (UncheckedIOException e) {
                assertThat(e.getCause()).isInstanceOf(CorruptParquetException.class);
            }
        }
    }

    /** The files were written by DuckDB 1.3.2, from one table of a reading a row; see docs/import-export.md. */
    @ParameterizedTest
    @ValueSource(strings = {"duckdb-snappy-v1", "duckdb-gzip-v1", "duckdb-zstd-v2"})
    void parquet_ofAnotherWriter_wideInEveryType_isRead(String name) throws Exception {
        byte[] file;
        try (InputStream in = getClass().getResourceAsStream("/parquet/" + name + ".parquet")) {
            file = Objects.requireNonNull(in, name).readAllBytes();
        }

        List<@Nullable String> problems = importFrom(file, "parquet", target);

        assertThat(problems).containsExactly("a reading has at least one value");
        long second = EpochMicros.parse("2026-11-22T10:00:00Z");
        assertThat(readings(target, new DeviceId("duck-1")))
                .containsExactly(
                        Map.entry(
                                second + 123_456,
                                Map.of(
                                        "temperature",
                                        21.5,
                                        "humidity",
                                        0.5,
                                        "count",
                                        7.0,
                                        "big",
                                        0x1p53,
                                        "small",
                                        255.0,
                                        "motion",
                                        true,
                                        "mode",
                                        "eco")),
                        Map.entry(
                                second + 1_000_000,
                                Map.of("count", -7.0, "big", -1.0, "small", 0.0, "mode", "ü,\"x\"")));
        assertThat(readings(target, new DeviceId("duck-2")))
                .containsExactly(Map.entry(second + 2_000_000, Map.of("temperature", 0.0, "motion", false)));
    }

    @Test
    void parquet_noFileOfThatKind_isRefused() {
        assertThatThrownBy(() -> readAll("nothing of the kind, but long enough".getBytes(UTF_8)))
                .isInstanceOf(CorruptParquetException.class)
                .hasMessage("the file is no Parquet file, or an encrypted one");
        assertThatThrownBy(() -> readAll(new byte[3])).isInstanceOf(CorruptParquetException.class);
    }

    private void readAll(byte[] file) throws IOException {
        try (SeekableByteChannel channel = channel(file)) {
            ParquetReadings readings = new ParquetReadings(channel);
            while (!readings.isAtEnd()) {
                LineReader reader = readings.read(new PointBuffer(), 1000);
                while (reader.next()) {
                    assertThat(reader.line()).isNotNegative();
                }
            }
        }
    }

    private void fill(int deviceCount, int readings) {
        List<DeviceId> filled = new ArrayList<>();
        for (int d = 0; d < deviceCount; d++) {
            DeviceId device = new DeviceId("d:" + d + "-" + random.nextInt(1000));
            filled.add(device);
            for (int i = 0; i <= readings; i++) {
                Map<String, Object> values = new TreeMap<>();
                for (int m = 0; m <= random.nextInt(4); m++) {
                    values.put(METRICS.get(random.nextInt(METRICS.size())), value());
                }
                SeriesFixture.append(source, device.value(), time(), values);
            }
        }
        devices = filled.stream().distinct().sorted().toList();
    }

    private long time() {
        long spread = random.nextInt(10) == 0 ? Duration.ofDays(40_000).toMillis() * 1000 : 10_000_000_000L;
        return EpochMicros.of(SeriesFixture.START) - (long) (random.nextDouble() * spread);
    }

    private Object value() {
        return switch (random.nextInt(10)) {
            case 0 -> random.nextBoolean();
            case 1 ->
                List.of("", " ", "true", "21.5", "a,b", "\"q\"", "l1\r\nl2", "ü😀\u0001", "null", "x".repeat(1024))
                        .get(random.nextInt(10));
            case 2 -> {
                double any = Double.longBitsToDouble(random.nextLong());
                yield Double.isFinite(any) ? any : Double.MIN_VALUE;
            }
            case 3 ->
                List.of(-0.0, 0.0, Double.MAX_VALUE, 0x1p53, 1e22, 1e-7, 5e-324, 0.1 + 0.2)
                        .get(random.nextInt(8));
            default -> random.nextInt(1000) / 10.0;
        };
    }

    private byte[] export(SeriesStore store, String form) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        if (form.equals("parquet")) {
            ParquetPointsWriter file = new ParquetPointsWriter(out);
            file.begin();
            for (DeviceId device : devices) {
                Iterator<ReadingBlock> blocks = scan(store, device);
                while (blocks.hasNext()) {
                    file.block(device, blocks.next());
                }
            }
            file.end();
            return out.toByteArray();
        }
        TextOutput text = new TextOutput(out);
        ExportWriter writer = form.equals("csv") ? new CsvExport(text) : new NdjsonExport(text);
        writer.begin();
        for (DeviceId device : devices) {
            Iterator<ReadingBlock> blocks = scan(store, device);
            while (blocks.hasNext()) {
                writer.block(device, blocks.next());
            }
        }
        writer.end();
        return out.toByteArray();
    }

    /** Answers what was wrong with the readings that were left out. */
    private List<@Nullable String> importFrom(byte[] file, String form, SeriesStore store) throws Exception {
        List<@Nullable String> problems = new ArrayList<>();
        if (form.equals("parquet")) {
            try (SeekableByteChannel channel = channel(file)) {
                ParquetReadings readings = new ParquetReadings(channel);
                while (!readings.isAtEnd()) {
                    append(points -> readings.read(points, 1 + random.nextInt(50_000)), store, problems);
                }
            }
            return problems;
        }
        String text = new String(file, UTF_8);
        int body = form.equals("csv") ? text.indexOf('\n') + 1 : 0;
        LineFormat format = form.equals("csv") ? CsvReadings.below(text.substring(0, body)) : new JsonLines();
        byte[] rest = text.substring(body).getBytes(UTF_8);
        // In blocks, as a service reads it.
        int at = 0;
        while (at < rest.length) {
            int blockEnd = Math.min(rest.length, at + 4000 + random.nextInt(10_000));
            byte[] block = Arrays.copyOfRange(rest, at, blockEnd);
            int length = blockEnd == rest.length ? block.length : format.endOfLastLine(block, block.length);
            append(points -> format.read(block, length, points), store, problems);
            at += length;
        }
        return problems;
    }

    private static void append(Importer importer, SeriesStore store, List<@Nullable String> problems)
            throws IOException {
        AppendBatch batch = new AppendBatch();
        LineReader reader = importer.read(batch.points());
        while (reader.next()) {
            if (reader.problem() != null) {
                problems.add(reader.problem());
                continue;
            }
            DeviceId device = reader.device();
            assertThat(device).isNotNull();
            if (device != null) {
                batch.assign(device, batch.size() - 1, EpochMicros.of(SeriesFixture.START), null);
            }
        }
        store.append(batch).await().indefinitely();
    }

    private SeekableByteChannel channel(byte[] file) throws IOException {
        Path path = directory.resolve("file");
        Files.write(path, file);
        return FileChannel.open(path);
    }

    private static Iterator<ReadingBlock> scan(SeriesStore store, DeviceId device) {
        return store.scan(device, TimeRange.ALL, Set.of(), Direction.ASCENDING, Consistency.STRONG);
    }

    private static List<Map.Entry<Long, Map<String, Object>>> readings(SeriesStore store, DeviceId device) {
        return SeriesFixture.scan(store, device.value(), TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }
}
