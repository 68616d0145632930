package io.hearth.series;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.series.erase.ErasureLog;
import io.hearth.series.item.SealedTransmissions;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.Transmission;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Query;
import io.hearth.table.SharedTable;
import io.hearth.table.SortRange;
import io.hearth.table.memory.MemoryTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.quicktheories.QuickTheory;
import org.quicktheories.generators.SourceDSL;

/** Pins what is stored: a change here is a change of the format, and needs a new version of it. */
class SeriesGoldenTest {
    private static final long T0 = EpochMicros.of(SeriesFixture.START);
    private static final byte[] REGION = "local".getBytes(StandardCharsets.US_ASCII);

    private final SeriesFixture fixture = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(fixture);
    private final SeriesStore store = fixture.open(table, Duration.ofDays(30));

    @Test
    void sortKeys_ofEveryKind() {
        DeviceId device = new DeviceId("d1");
        assertThat(hex(SeriesKeys.device(device).sortKey())).isEqualTo("01");
        assertThat(hex(SeriesKeys.run(device, T0, 0x0102030405060708L, REGION).sortKey()))
                .isEqualTo("10800660da8a518800" + "0102030405060708" + "6c6f63616c");
        assertThat(hex(SeriesKeys.chunk(device, T0, 0x0102030405060708L, 258).sortKey()))
                .isEqualTo("20800660da8a518800" + "0102030405060708" + "0102");
        assertThat(SeriesKeys.device(device).partitionKey()).isEqualTo("d1");
    }

    @Test
    void sortKeys_byteOrder_isTimeOrderBefore1970Too() {
        QuickTheory.qt()
                .forAll(SourceDSL.longs().all(), SourceDSL.longs().all())
                .checkAssert((one, other) -> {
                    Bytes first =
                            SeriesKeys.run(new DeviceId("d"), one, 0, REGION).sortKey();
                    Bytes second =
                            SeriesKeys.run(new DeviceId("d"), other, 0, REGION).sortKey();
                    assertThat(Integer.signum(first.compareTo(second))).isEqualTo(Long.compare(one, other));
                    assertThat(SeriesKeys.runFirstTimeMicros(first)).isEqualTo(one);
                });
    }

    @Test
    void run_withEveryEncoding() {
        AppendBatch batch = new AppendBatch();
        Map<String, Object> first = new TreeMap<>();
        first.put("bool", true);
        first.put("decimal", 21.5);
        first.put("double", 1 / 3.0);
        first.put("mixed", 1);
        first.put("text", "on");
        Map<String, Object> second = new TreeMap<>();
        second.put("bool", false);
        second.put("decimal", 21.4);
        second.put("double", -0.0);
        second.put("mixed", "é");
        SeriesFixture.add(batch, "d1", T0, first, new Transmission(0x1122334455667788L, 258, 0x0A0B0C0D, true));
        SeriesFixture.add(batch, "d1", T0 + 300, second, new Transmission(0x1122334455667788L, 259, 1, false));
        store.append(batch).await().indefinitely();

        Item run = items("d1").get(1);
        assertThat(hex(run.body()))
                .isEqualTo("01" + "02" + "809a9e01" // format, readings, retention
                        + "00" + "ac02" + "00" // ingest time, device time, ingest time
                        + "02" + "01" + "1122334455667788" + "0102"
                        + "0a0b0c0d" // transmissions: timeless, of a new client
                        + "00" + "0103" + "00000001" // of the same client
                        + "05"
                        + "04626f6f6c" + "02" + "03" + "01"
                        + "07646563696d616c" + "05" + "01" + "01" + "ae03" + "01"
                        + "06646f75626c65" + "11" + "02" + "3fd5555555555555" + "8000000000000000"
                        + "056d69786564" + "0e" + "05" + "01" + "3ff0000000000000" + "03" + "02c3a9"
                        + "0474657874" + "05" + "84" + "01" + "026f6e");
        assertThat(run.expiresAtSeconds())
                .isEqualTo(T0 / 1_000_000 + 1 + Duration.ofDays(30).toSeconds());
    }

    @Test
    void sealedTransmissions() {
        List<Transmission> transmissions = List.of(
                new Transmission(0x1122334455667788L, 258, 0x0A0B0C0D, true),
                new Transmission(2, 1, 3, true),
                new Transmission(0x1122334455667788L, 259, 1, true),
                new Transmission(2, 2, 3, false));
        Item item = SealedTransmissions.items(
                        new DeviceId("d1"), T0, 0x0102030405060708L, transmissions, SeriesFixture.START)
                .get(0);
        assertThat(hex(item.key().sortKey())).isEqualTo("21800660da8a518800" + "0102030405060708");
        assertThat(hex(item.body()))
                .isEqualTo("01" + "02" + "1122334455667788" + "02" + "0102" + "0a0b0c0d" + "0103" + "00000001"
                        + "0000000000000002" + "01" + "0001" + "00000003");
        assertThat(item.expiresAtSeconds())
                .isEqualTo(T0 / 1_000_000 + Duration.ofDays(3).toSeconds());
    }

    @Test
    void deviceRecord_andHorizonOfTheClock() {
        SeriesFixture.append(store, "d1", T0, Map.of("b", 1));
        SeriesFixture.append(store, "d1", T0, Map.of("a", 1));

        Item record = items("d1").get(0);
        assertThat(hex(record.body()))
                .isEqualTo("02" + "8090c6d2a89b9803" + "02" + "0161" + "0162" + "01" + "056c6f63616c");
        assertThat(record.expiresAtSeconds()).isZero();
        assertThat(record.index()).isNotNull();
        Item horizon = items("!clock").get(0);
        assertThat(hex(horizon.key().sortKey())).isEqualTo("000001a202b2ccd0");
        assertThat(horizon.body()).isEqualTo(Bytes.EMPTY);
    }

    @Test
    void erasure_andItsEntryInTheLog() {
        store.erase(new DeviceId("d1"), new TimeRange(T0, T0 + 1));

        Item erasure = items("!erasures").get(0);
        assertThat(hex(erasure.key().sortKey())).isEqualTo("01a202b2c5000000" + "6c6f63616c");
        assertThat(hex(erasure.body())).isEqualTo("01" + "026431" + "000660da8a518800" + "000660da8a518801" + "00");
        Item entry = items("!erasure-log").get(0);
        assertThat(hex(entry.key().sortKey())).isEqualTo("0000000000000001");
        assertThat(hex(entry.body()))
                .isEqualTo("01" + "02" + "00" // format, done, never removed and not done
                        + "01a202b2c5000000" + "056c6f63616c" + "026431" + "000660da8a518800" + "000660da8a518801"
                        + "00");
        assertThat(entry.expiresAtSeconds()).isEqualTo(erasure.expiresAtSeconds());
        ErasureLog.Entry removed = ErasureLog.decode(entry).removed(1000);
        ErasureLog log = new ErasureLog(table, Duration.ofDays(31));
        assertThat(hex(log.item(removed).body())).startsWith("01" + "01" + "e807" + "01a202b2c5000000");
        assertThat(log.item(removed).expiresAtSeconds()).isZero();
        assertThat(ErasureLog.decode(log.item(removed))).isEqualTo(removed);
    }

    @Test
    void stretchOfWriteStamps() {
        fixture.open(new SharedTable(table), Duration.ofDays(30));

        Item stretch = items("!stamps").get(0);
        assertThat(stretch.key().sortKey().length()).isEqualTo(1);
        assertThat(hex(stretch.body())).isEqualTo("01" + "98ffcb95a034" + "00"); // format, until, erasures it knows
    }

    private List<Item> items(String partition) {
        return table.query(new Query(partition, SortRange.ALL, Direction.ASCENDING, 10, null, Consistency.STRONG))
                .await()
                .indefinitely()
                .items();
    }

    private static String hex(Bytes bytes) {
        return HexFormat.of().formatHex(bytes.array());
    }
}
