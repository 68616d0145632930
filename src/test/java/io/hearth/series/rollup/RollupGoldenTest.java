package io.hearth.series.rollup;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.Erasure;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pins the bytes of rollups: those of a later build must still be read. */
class RollupGoldenTest {
    private static final long SECOND = 1_000_000;
    private static final long DAY = 86_400 * SECOND;
    private static final long WINDOW = EpochMicros.of(SeriesFixture.START) / DAY * DAY - DAY;

    private final SeriesFixture fixture = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(fixture);

    private List<Item> rollups() {
        SeriesStore store = fixture.open(
                table, Duration.ofDays(30), RollupRules.parse("*/no = none; 12h for 1y", ZoneId.of("Europe/Berlin")));
        SeriesFixture.append(store, "d1", WINDOW + 3600 * SECOND, Map.of("m", "off", "n", 21.5, "no", 1, "s", true));
        SeriesFixture.append(store, "d1", WINDOW + 7200 * SECOND, Map.of("m", 3, "n", 1 / 3.0, "s", false));
        SeriesFixture.append(store, "d1", WINDOW + 23 * 3600 * SECOND, Map.of("n", -0.0));
        store.seal(WINDOW + DAY, nanos -> {});
        return table
                .query(new Query("d1", SortRange.ALL, Direction.ASCENDING, 10, null, Consistency.STRONG))
                .await()
                .indefinitely()
                .items()
                .stream()
                .filter(item -> item.key().sortKey().array()[0] >= 0x30)
                .toList();
    }

    @Test
    void rollup_andRecordOfLevels() {
        List<Item> items = rollups();

        assertThat(items).hasSize(2);
        assertThat(hex(items.get(0).key().sortKey()))
                .isEqualTo("30" + "0000000a0eebb000" + "0000000001e28500" + "800660be0ab5c000" + "0000");
        assertThat(items.get(0).expiresAtSeconds()).isEqualTo((WINDOW + DAY) / SECOND + 366 * 86_400);
        assertThat(hex(items.get(0).body()))
                .isEqualTo("01" + "01" + "8282e3b20d" // items, raw until
                        + "01" + "026e6f" // not kept: no
                        + "00" // erased
                        + "03" + "018098e0c29301" + "0180e0aef7a001"
                        + "0180c8ceb40d" // 11 h, 12 h and 1 h of the clock of Berlin
                        + "03" + "016d" + "35" + "01" + "03" + "01" + "0006" + "0006" + "0006" + "0000" + "0000"
                        + "80909de91a" + "0006" + "80909de91a" + "0006" + "00" + "01" + "00" + "6e" + "01" // the number
                        + "01" // the text
                        + "80c8ceb40d" + "0000" + "03" + "036f6666" + "80909de91a" + "0006" + "01" + "016e" + "8301"
                        + "05" // first and third part
                        + "09" + "02" + "ff3fd5555555555555" + "01ae03" + "ff4035d55555555555" + "ff406c0071c71c71c6"
                        + "ff3fd5555555555555" + "80c8ceb40d" + "01ae03" + "80909de91a" + "ff3fd5555555555555" + "00"
                        + "02" + "00" + "6f01" + "a40301" + "09" + "01" + "ff8000000000000000" + "ff8000000000000000"
                        + "0000" + "0000" + "0000" + "80f88ebab402" + "ff8000000000000000" + "80f88ebab402"
                        + "ff8000000000000000" + "01" + "00" + "00" + "0173" + "20" + "01" + "0d" + "02" + "0000"
                        + "0002" + "0002" + "010a" + "0000" + "80c8ceb40d" + "0002" + "80909de91a" + "0000" + "01"
                        + "01" + "00" + "0001" //
                        + "01" + "818080d0d8ac81a203" + "00" + "05"); // earliest stamps of the parts
        assertThat(hex(items.get(1).key().sortKey())).isEqualTo("31");
        assertThat(hex(items.get(1).body()))
                .isEqualTo("01" + "25"
                        + HexFormat.of().formatHex("Europe/Berlin */no = none; 12h for 1y".getBytes(US_ASCII)) + "01"
                        + "80e0aef7a001" + "808a8a0f");
    }

    @Test
    void rollup_ofAnEarlierBuild_isRead_andItsStampsAreUnknown() {
        byte[] body = rollups().get(0).body().array();
        byte[] earlier = Arrays.copyOf(body, body.length - 12);

        WindowRollup rollup = RollupReader.read(earlier, WINDOW, metric -> true);

        assertThat(rollup.earliest()).containsExactly(0, 0, 0);
        WindowRollup same = RollupReader.read(body, WINDOW, metric -> true);
        assertThat(rollup.cells().keySet()).isEqualTo(same.cells().keySet());
        assertThat(new RollupWriter(same).encodeItem(body)).isEqualTo(body);
    }

    @Test
    void without_anErasure_losesThePartsThatMayHoldEarlierWrites() {
        byte[] body = rollups().get(0).body().array();
        WindowRollup rollup = RollupReader.read(body, WINDOW, metric -> true);
        long first = rollup.earliest()[0];
        assertThat(rollup.earliest()).containsExactly(first, WindowRollup.NO_READINGS, first + 2);

        assertThat(rollup.without(erasure(first - 1, TimeRange.ALL))).isSameAs(rollup);
        assertThat(rollup.without(erasure(first, TimeRange.ALL)).erased()).containsExactly(0);
        assertThat(rollup.without(erasure(first + 2, TimeRange.ALL)).erased()).containsExactly(0, 2);
        TimeRange last = new TimeRange(WINDOW + DAY - 1, WINDOW + DAY);
        WindowRollup without = rollup.without(erasure(first + 2, last));
        assertThat(without.erased()).containsExactly(2);
        WindowRollup stored = RollupReader.read(new RollupWriter(without).encodeItem(body), WINDOW, metric -> true);
        assertThat(stored.erased()).containsExactly(2);
        assertThat(stored.earliest()).isEqualTo(rollup.earliest());
        assertThat(stored.without(erasure(first + 2, last))).isSameAs(stored);
    }

    private static Erasure erasure(long hybridTime, TimeRange range) {
        WriteStamp stamp = new WriteStamp(new HybridTime(hybridTime), new RegionId("other"));
        return new Erasure(new DeviceId("d1"), range, false, stamp);
    }

    @Test
    void decode_unknownFormat_isRefusedByName() {
        byte[] body = rollups().get(0).body().array().clone();
        body[0] = 3;
        assertThatThrownBy(() -> RollupReader.read(body, WINDOW, metric -> true))
                .isInstanceOf(UnsupportedFormatException.class)
                .hasMessageContaining("format version 3");
    }

    @Test
    void decode_damagedBytes_failsAsCorruptOrReadsSomething() {
        byte[] body = rollups().get(0).body().array();
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = body.clone();
            damaged[1 + random.nextInt(body.length - 1)] = (byte) random.nextInt(256);
            try {
                RollupReader.read(damaged, WINDOW, metric -> true);
            } catch (CorruptItemException e) {
                assertThat(e).hasMessageContaining(" ");
            }
        }
    }

    private static String hex(Bytes bytes) {
        return HexFormat.of().formatHex(bytes.array());
    }
}
