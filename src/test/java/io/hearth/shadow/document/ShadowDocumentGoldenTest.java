package io.hearth.shadow.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.CorruptItemException;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Pins how documents are stored: a change here is a change of the format, and needs a new version of it. */
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

        assertThat(HexFormat.of().formatHex(DocumentFormat.encode(document)))
                .isEqualTo(
                        "010202056c6f63616c01a0c4506c000003047065657201a0c4506c01000002000001003000020764657369726564300004016e0400062d312e356533016f3000010178040001310174010101790300087265706f72746564300002016106000404013105016206000701016b03016631000101016704010130");
        assertThat(DocumentFormat.decode(DocumentFormat.encode(document))).isEqualTo(document);
    }

    @Test
    void decode_ofDamagedBytes_saysCorrupt() {
        byte[] sound = DocumentFormat.encode(new RandomShadows(1).document(8));
        for (int length = 0; length < sound.length; length++) {
            byte[] cut = Arrays.copyOf(sound, length);
            assertThatThrownBy(() -> DocumentFormat.decode(cut)).isInstanceOf(CorruptItemException.class);
        }
        byte[] longer = Arrays.copyOf(sound, sound.length + 1);
        assertThatThrownBy(() -> DocumentFormat.decode(longer)).isInstanceOf(CorruptItemException.class);
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
        assertThat(DocumentFormat.encode(document).length).isLessThan(ShadowJson.stateBytes(document) + 100);
    }

    private static ShadowDocument write(ShadowDocument document, WriteStamp stamp, String state) {
        byte[] body = ("{\"state\":" + state + "}").getBytes(StandardCharsets.UTF_8);
        return ShadowDecision.update(document, ShadowRequest.update(body, Limits.DEFAULT), stamp, Limits.DEFAULT)
                .current();
    }
}
