package io.hearth.simulator.ledger;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hearth.simulator.fleet.Metric;
import io.hearth.simulator.fleet.MetricKind;
import io.hearth.simulator.fleet.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LedgerTest {

    private static final Shape SHAPE = new Shape(List.of(
            new Metric("temperature", MetricKind.TENTHS),
            new Metric("co2", MetricKind.INTEGER),
            new Metric("open", MetricKind.FLAG)));
    private static final Shape UNTIMED = SHAPE.with(new Metric("seq", MetricKind.INTEGER));

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    private static List<LedgerEntry> read(Ledger ledger, String device) throws IOException {
        List<LedgerEntry> entries = new ArrayList<>();
        ledger.read(device, entries::add);
        return entries;
    }

    @Test
    void read_afterClose_givesBackWhatWasAppendedOverSeveralFilesAndBlocks() throws IOException {
        // Given
        Random random = new Random(5);
        List<long[]> timed = new ArrayList<>();
        for (int file = 0; file < 2; file++) {
            try (LedgerWriter writer = LedgerWriter.create(directory)) {
                int a = writer.register("a", SHAPE);
                int b = writer.register("b", UNTIMED);
                for (int i = 0; i < 5_000; i++) {
                    long[] row = {random.nextLong(), random.nextLong(), random.nextInt(2), random.nextLong()};
                    timed.add(row);
                    writer.appendTimed(a, Delivery.ACKNOWLEDGED, 5_000 - i, 5_000 + i, row[3], row, 0);
                    writer.appendUntimed(
                            b,
                            i % 7 == 0 ? Delivery.UNCERTAIN : Delivery.ACKNOWLEDGED,
                            i,
                            i + 3,
                            new long[] {0, 1, 2, 3, i},
                            1);
                    if (i % 1_000 == 0) {
                        writer.flush();
                    }
                }
            }
        }

        // When
        try (Ledger ledger = Ledger.open(directory)) {
            List<LedgerEntry> a = read(ledger, "a");
            List<LedgerEntry> b = read(ledger, "b");

            // Then
            assertEquals(Set.of("a", "b"), ledger.deviceIds());
            assertEquals(2, ledger.files());
            assertEquals(0, ledger.tornBytes());
            assertEquals(List.of(), ledger.incomplete());
            assertEquals(timed.size(), a.size());
            for (int i = 0; i < a.size(); i++) {
                LedgerEntry entry = a.get(i);
                assertTrue(entry.timed());
                assertEquals(SHAPE, entry.shape());
                assertEquals(timed.get(i)[3], entry.deviceTimeMicros());
                assertArrayEquals(Arrays.copyOf(timed.get(i), 3), entry.values());
                assertEquals(-1, entry.sequence());
                assertEquals(5_000 - i % 5_000, entry.sentMillis());
                assertEquals(5_000 + i % 5_000, entry.acknowledgedMillis());
            }
            assertEquals(10_000, b.size());
            assertEquals(6, b.get(6).sequence());
            assertEquals(Delivery.ACKNOWLEDGED, b.get(6).delivery());
            assertEquals(9, b.get(6).acknowledgedMillis());
            assertEquals(Delivery.UNCERTAIN, b.get(7).delivery());
            assertEquals(7, b.get(7).sentMillis());
            assertEquals(0, b.get(7).acknowledgedMillis());
            assertEquals(0, read(ledger, "c").size());
        }
    }

    @Test
    void open_endCutAnywhere_keepsTheBlocksBeforeItAndIsIncomplete() throws IOException {
        // Given
        Path file;
        long firstBlockEnd;
        long secondBlockEnd;
        try (LedgerWriter writer = LedgerWriter.create(directory)) {
            file = writer.file();
            int a = writer.register("a", SHAPE);
            writer.appendTimed(a, Delivery.ACKNOWLEDGED, 0, 0, 1, new long[] {1, 2, 1}, 0);
            writer.flush();
            firstBlockEnd = Files.size(file);
            writer.appendTimed(a, Delivery.ACKNOWLEDGED, 0, 0, 2, new long[] {3, 4, 0}, 0);
            writer.flush();
            secondBlockEnd = Files.size(file);
        }
        byte[] whole = Files.readAllBytes(file);

        for (int length = 0; length < whole.length; length++) {
            // When
            Files.write(file, Arrays.copyOf(whole, length));
            try (Ledger ledger = Ledger.open(directory)) {
                // Then
                int kept = length < firstBlockEnd ? 0 : length < secondBlockEnd ? 1 : 2;
                long keptBytes = kept == 2 ? secondBlockEnd : kept == 1 ? firstBlockEnd : length < 8 ? 0 : 8;
                assertEquals(kept, read(ledger, "a").size());
                assertEquals(length - keptBytes, ledger.tornBytes());
                assertEquals(1, ledger.incomplete().size());
                assertTrue(ledger.incomplete().get(0).contains(file.toString()), ledger.incomplete()::toString);
            }
        }
    }

    @Test
    void open_bitFlippedAnywhere_isRefusedOrIncompleteOrHasTheSame() throws IOException {
        Path file;
        try (LedgerWriter writer = LedgerWriter.create(directory)) {
            file = writer.file();
            int a = writer.register("a", SHAPE);
            for (int i = 0; i < 3; i++) {
                writer.appendTimed(a, Delivery.ACKNOWLEDGED, 0, 0, i, new long[] {1, 2, 1}, 0);
                writer.flush();
            }
        }
        byte[] whole = Files.readAllBytes(file);
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] bad = whole.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, bad);
            boolean passes;
            try (Ledger ledger = Ledger.open(directory)) {
                passes = ledger.incomplete().isEmpty();
            } catch (CorruptLedgerException e) {
                passes = false;
                assertTrue(String.valueOf(e.getMessage()).contains(file.toString()), e.getMessage());
            }
            assertFalse(passes, "bit " + bit);
        }
    }

    @Test
    void open_aFileOfSeveralIsMissing_isIncomplete() throws IOException {
        List<Path> files = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            try (LedgerWriter writer = LedgerWriter.create(directory)) {
                files.add(writer.file());
            }
        }
        Files.delete(files.get(1));

        try (Ledger ledger = Ledger.open(directory)) {
            assertEquals(1, ledger.incomplete().size());
            assertTrue(
                    ledger.incomplete().get(0).contains(files.get(1) + " is missing"), ledger.incomplete()::toString);
        }
    }

    /** What an earlier simulator wrote can be read; a cut that nobody can see passes, one in a block does not. */
    @Test
    void open_fileOfAnEarlierVersion_isReadAndIncompleteOnlyIfTorn() throws IOException {
        byte[] bytes = HexFormat.of()
                .parseHex("485254484c444732" + "0000003e3877ddb9" + "026431"
                        + "04000b74656d70657261747572650103636f3202046f70656e0103736571"
                        + "03d20f820180897a09a006020e" + "0002ae03a2060010" + "0300000200000012");
        Path file = directory.resolve("acks-1.ledger");
        Files.write(file, bytes);
        try (Ledger ledger = Ledger.open(directory)) {
            assertEquals(3, read(ledger, "d1").size());
            assertEquals(List.of(), ledger.incomplete());
        }
        Files.write(file, Arrays.copyOf(bytes, bytes.length - 1));
        try (Ledger ledger = Ledger.open(directory)) {
            assertEquals(1, ledger.incomplete().size());
        }
    }

    @Test
    void open_damagedBeforeTheEnd_isRefused() throws IOException {
        Path file;
        try (LedgerWriter writer = LedgerWriter.create(directory)) {
            file = writer.file();
            int a = writer.register("a", SHAPE);
            for (int i = 0; i < 2; i++) {
                writer.appendTimed(a, Delivery.ACKNOWLEDGED, 0, 0, i, new long[] {1, 2, 1}, 0);
                writer.flush();
            }
        }
        byte[] bytes = Files.readAllBytes(file);
        bytes[20] ^= 1;
        Files.write(file, bytes);

        CorruptLedgerException e = assertThrows(CorruptLedgerException.class, () -> Ledger.open(directory));

        assertTrue(String.valueOf(e.getMessage()).contains("damaged at byte 8"), e.getMessage());
    }

    @Test
    void open_anotherKindOfFile_isRefused() throws IOException {
        Files.writeString(directory.resolve("x.ledger"), "something else", StandardOpenOption.CREATE_NEW);

        assertThrows(CorruptLedgerException.class, () -> Ledger.open(directory));
    }

    /** Ledgers outlive the simulator that wrote them, so these bytes may only change together with the magic. */
    @Test
    void write_oneBlock_hasThePinnedBytes() throws IOException {
        Path file;
        try (LedgerWriter writer = LedgerWriter.create(directory)) {
            file = writer.file();
            int a = writer.register("d1", UNTIMED);
            writer.appendTimed(a, Delivery.ACKNOWLEDGED, 1_001, 1_131, 1_000_000, new long[] {-5, 400, 1, 7}, 0);
            writer.appendUntimed(a, Delivery.UNCERTAIN, 1_002, 0, new long[] {215, 401, 0, 8}, 0);
            writer.appendTimed(a, Delivery.ACKNOWLEDGED, 1_002, 1_002, 1_000_001, new long[] {0, 0, 0, 9}, 0);
        }
        assertEquals(
                "485254484c444733" // magic
                        + "0000003e3877ddb9" // length, CRC-32C
                        + "026431" // d1
                        + "04000b74656d70657261747572650103636f3202046f70656e0103736571" // metrics
                        + "03d20f820180897a09a006020e" // sent at 1,001 ms, acknowledged after 130 ms, measured at 1 s:
                        // -0.5, 400, true, 7
                        + "0002ae03a2060010" // sent 1 ms later, uncertain, no time: 21.5, 401, false, 8
                        + "0300000200000012" // sent then, too, acknowledged at once, measured 1 µs later: 0, 0, false,
                        // 9
                        + "0000000373c63b0d" // length, CRC-32C
                        + "000100", // the end: one block before it, no other file
                HexFormat.of().formatHex(Files.readAllBytes(file)));
    }
}
