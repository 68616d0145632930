package io.hearth.shadow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.CorruptItemException;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.memory.MemoryTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pins what is stored: a change here is a change of the format, and needs a new version of it. */
class ShadowDocumentGoldenTest {
    private static final RegionId LOCAL = new RegionId("local");
    private static final RegionId PEER = new RegionId("peer");

    @Test
    void document_withEveryKindOfNode() {
        ShadowDocument document = write(
                ShadowDocument.NONE,
                new WriteStamp(HybridTime.of(1_790_000_000_000L, 3), LOCAL),
                "{\"desired\":{\"n\":-1.5e3,\"t\":\"é\",\"y\":true,\"o\":{\"x\":1}},"
                        + "\"reported\":{\"f\":false,\"a\":[1,\"b\",[],{\"k\":true}]}}");
        document = write(
                document,
                new WriteStamp(HybridTime.of(1_790_000_000_001L, 0), PEER),
                "{\"desired\":{\"t\":null,\"o\":{}},\"reported\":{\"f\":{\"g\":0}}}");

        assertThat(HexFormat.of().formatHex(document.encode()))
                .isEqualTo(
                        "010202056c6f63616c01a0c4506c000003047065657201a0c4506c01000002000001003000020764657369726564300004016e0400062d312e356533016f3000010178040001310174010101790300087265706f72746564300002016106000404013105016206000701016b03016631000101016704010130");
        assertThat(ShadowDocument.decode(document.encode())).isEqualTo(document);
    }

    @Test
    void beginningOfAHistory() {
        MemoryTable table = new MemoryTable(() -> Instant.ofEpochMilli(1_790_000_000_000L));
        ShadowStore.Settings settings =
                new ShadowStore.Settings(Limits.DEFAULT, Duration.ofHours(48), Duration.ofDays(7));
        ShadowId id = new ShadowId(new DeviceId("lamp"), "night");
        new ShadowHistory(table, () -> Instant.ofEpochMilli(1_790_000_000_000L), settings)
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

    @Test
    void decode_ofDamagedBytes_saysCorrupt() {
        byte[] sound = new RandomShadows(1).document(8).encode();
        for (int length = 0; length < sound.length; length++) {
            byte[] cut = Arrays.copyOf(sound, length);
            assertThatThrownBy(() -> ShadowDocument.decode(cut)).isInstanceOf(CorruptItemException.class);
        }
        byte[] longer = Arrays.copyOf(sound, sound.length + 1);
        assertThatThrownBy(() -> ShadowDocument.decode(longer)).isInstanceOf(CorruptItemException.class);
    }

    @Test
    void encode_ofALargeState_staysFarUnderAnItem() {
        StringBuilder state = new StringBuilder("{\"desired\":{");
        for (int i = 0; state.length() < 30_000; i++) {
            state.append(i == 0 ? "" : ",")
                    .append("\"k")
                    .append(i)
                    .append("\":")
                    .append(i % 10);
        }
        byte[] body = ("{\"state\":" + state + "}}}").getBytes(StandardCharsets.UTF_8);
        ShadowDocument document = ShadowDecision.update(
                        ShadowDocument.NONE,
                        ShadowRequest.update(body, new Limits(Limits.MOST_STATE_BYTES, 6)),
                        new WriteStamp(HybridTime.of(1_790_000_000_000L, 0), LOCAL),
                        new Limits(Limits.MOST_STATE_BYTES, 6))
                .current();

        // A field of one digit costs four bytes beside its name and value, as in JSON.
        assertThat(document.encode().length).isLessThan(ShadowJson.stateBytes(document) + 100);
    }

    private static ShadowDocument write(ShadowDocument document, WriteStamp stamp, String state) {
        byte[] body = ("{\"state\":" + state + "}").getBytes(StandardCharsets.UTF_8);
        return ShadowDecision.update(document, ShadowRequest.update(body, Limits.DEFAULT), stamp, Limits.DEFAULT)
                .current();
    }
}
