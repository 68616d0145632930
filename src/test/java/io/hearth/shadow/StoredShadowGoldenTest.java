package io.hearth.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.JsonValue;
import io.hearth.shadow.document.LostWrite;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowId;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pins the items of shadows: a change here is a change of the format, and needs a new version of it. */
class StoredShadowGoldenTest {
    private static final RegionId PEER = new RegionId("peer");

    @Test
    void beginningOfAHistory() {
        MemoryTable table = new MemoryTable(() -> Instant.ofEpochMilli(1_790_000_000_000L));
        ShadowId id = new ShadowId(new DeviceId("lamp"), "night");
        new ShadowHistory(
                        table, () -> Instant.ofEpochMilli(1_790_000_000_000L), Duration.ofDays(7), Duration.ofHours(48))
                .beginAt(id, HybridTime.of(1_790_000_000_000L, 3))
                .await()
                .indefinitely();
        Item item = table.get(ShadowKeys.beginning(id), Consistency.STRONG)
                .await()
                .indefinitely()
                .orElseThrow();
        assertThat(item.key().sortKey().toString()).isEqualTo("426e69676874");
        assertThat(HexFormat.of().formatHex(item.body().array())).isEqualTo("0101a0c4506c000003");
        assertThat(item.expiresAtSeconds())
                .isEqualTo(1_790_000_001L + Duration.ofDays(7).toSeconds());
    }

    @Test
    void storedShadow_andItsChange() {
        ShadowId id = new ShadowId(new DeviceId("lamp"), "night");
        ShadowChange change = new ShadowChange(
                0x0102030405060708L,
                ShadowChange.Kind.MERGED,
                HybridTime.of(1_790_000_000_000L, 1),
                300,
                "region:peer",
                List.of("/desired/a~1b"),
                2,
                List.of(new LostWrite(
                        "/desired/c",
                        new WriteStamp(HybridTime.of(1_790_000_000_000L, 0), PEER),
                        new JsonValue.Text("é"))));
        StoredShadow stored = StoredShadow.none(id).next(ShadowDocument.NONE, change);
        Item item = stored.item(change, 7);
        Item history = StoredShadow.historyItem(id, change, 9);

        assertThat(item.key().sortKey().toString()).isEqualTo("406e69676874");
        assertThat(HexFormat.of().formatHex(item.body().array()))
                .isEqualTo(
                        "0101020304050607080301a0c4506c000001ac020b726567696f6e3a70656572010d2f646573697265642f617e316202010a2f646573697265642f6301a0c4506c00000004706565720502c3a90100000000");
        assertThat(StoredShadow.of(item)).isEqualTo(stored);
        assertThat(HexFormat.of().formatHex(history.key().sortKey().array()))
                .isEqualTo("416e696768740001a0c4506c0000010102030405060708");
        assertThat(HexFormat.of().formatHex(history.body().array()))
                .isEqualTo(
                        "0101020304050607080301a0c4506c000001ac020b726567696f6e3a70656572010d2f646573697265642f617e316202010a2f646573697265642f6301a0c4506c00000004706565720502c3a9");
        assertThat(StoredShadow.historyOf(history)).isEqualTo(change);
        assertThat(ShadowKeys.document(ShadowId.classic(id.thing())).sortKey().toString())
                .isEqualTo("40");
    }
}
