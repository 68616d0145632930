package io.hearth.shadow.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.integers;
import static org.quicktheories.generators.SourceDSL.longs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import org.junit.jupiter.api.Test;
import org.quicktheories.core.Gen;

/** The rules that hold for every document, checked on the JSON that clients get. */
class ShadowPropertyTest {
    private static final Gen<Long> SEEDS = longs().between(0, Long.MAX_VALUE);
    private static final Gen<Integer> WRITES = integers().between(1, 12);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final RegionId LOCAL = new RegionId("local");

    @Test
    void update_ofRandomPatches_isJsonMergePatch() {
        qt().withExamples(1000).forAll(SEEDS, WRITES).checkAssert((seed, writes) -> {
            RandomShadows shadows = new RandomShadows(seed);
            ShadowDocument document = shadows.document(writes);
            ShadowRequest request = shadows.request();
            // The state is an object by now, be it empty; the patch of the whole state clears, but keeps the shadow.
            JsonNode before = document.exists() ? withoutDelta(document) : JSON.createObjectNode();
            JsonNode patch = state(request);
            JsonNode expected = patch.isNull() ? JSON.createObjectNode() : mergePatch(before, patch);

            assertThat(withoutDelta(update(document, request).current())).isEqualTo(expected);
        });
    }

    @Test
    void delta_mergedIntoReported_leavesNoDelta() {
        qt().withExamples(1000).forAll(SEEDS, WRITES).checkAssert((seed, writes) -> {
            ShadowDocument document = new RandomShadows(seed).document(writes);
            JsonNode delta = state(document).get("delta");
            if (delta == null) {
                return;
            }
            ObjectNode body = JSON.createObjectNode();
            body.putObject("state").set("reported", delta);
            ShadowRequest report = ShadowRequest.update(bytes(body), Limits.DEFAULT);

            assertThat(ShadowJson.delta(update(document, report))).isNull();
        });
    }

    @Test
    void delta_isMissing_exactlyIfReportedHasAllOfDesired() {
        qt().withExamples(1000).forAll(SEEDS, WRITES).checkAssert((seed, writes) -> {
            JsonNode state = state(new RandomShadows(seed).document(writes));
            JsonNode desired = state.path("desired");
            JsonNode reported = state.has("reported") ? state.get("reported") : JSON.createObjectNode();
            boolean hasAll = desired.isMissingNode() || sameNumbers(mergePatch(reported, desired), reported);

            assertThat(state.has("delta")).isEqualTo(!hasAll);
        });
    }

    @Test
    void patch_appliedTwice_changesNothingButTheVersion() {
        qt().withExamples(1000).forAll(SEEDS, WRITES).checkAssert((seed, writes) -> {
            RandomShadows shadows = new RandomShadows(seed);
            ShadowRequest request = shadows.request();
            ShadowDocument once = update(shadows.document(writes), request).current();
            ShadowDocument twice = update(once, request).current();

            ObjectNode first = whole(once);
            ObjectNode second = whole(twice);
            assertThat(second.remove("version").asLong())
                    .isEqualTo(first.remove("version").asLong() + 1);
            assertThat(second).isEqualTo(first);
        });
    }

    @Test
    void metadata_hasExactlyTheShapeOfTheState() {
        qt().withExamples(1000).forAll(SEEDS, WRITES).checkAssert((seed, writes) -> {
            RandomShadows shadows = new RandomShadows(seed);
            ShadowUpdate update = update(shadows.document(writes), shadows.request());

            ObjectNode whole = whole(update.current());
            ((ObjectNode) whole.get("state")).remove("delta");
            assertSameShape(whole.get("state"), whole.get("metadata"));
            byte[] delta = ShadowJson.delta(update);
            if (delta != null) {
                assertSameShape(parse(delta).get("state"), parse(delta).get("metadata"));
            }
            JsonNode accepted = parse(ShadowJson.accepted(update));
            if (!accepted.get("state").isNull()) {
                assertSameShape(accepted.get("state"), accepted.get("metadata"));
            }
        });
    }

    @Test
    void encode_ofRandomDocuments_comesBack() {
        qt().withExamples(1000).forAll(SEEDS, WRITES).checkAssert((seed, writes) -> {
            for (ShadowDocument document : new RandomShadows(seed).regions(1 + writes % 3)) {
                ShadowDocument decoded = DocumentFormat.decode(DocumentFormat.encode(document));

                assertThat(decoded).isEqualTo(document);
                assertThat(DocumentFormat.encode(decoded)).isEqualTo(DocumentFormat.encode(document));
            }
        });
    }

    private static ShadowUpdate update(ShadowDocument document, ShadowRequest request) {
        // A fixed second, so that timestamps do not differ by themselves.
        WriteStamp stamp = document.nextStamp(HybridTime.of(1_790_000_100_000L, 0), LOCAL);
        return ShadowDecision.update(document, request, stamp, Limits.DEFAULT);
    }

    private static ObjectNode whole(ShadowDocument document) {
        return (ObjectNode) parse(ShadowJson.whole(document, 1, null));
    }

    private static JsonNode state(ShadowDocument document) {
        return whole(document).get("state");
    }

    private static JsonNode withoutDelta(ShadowDocument document) {
        return ((ObjectNode) state(document)).without("delta");
    }

    private static JsonNode state(ShadowRequest request) {
        ShadowUpdate echo = ShadowDecision.update(
                ShadowDocument.NONE, request, new WriteStamp(HybridTime.of(1, 0), LOCAL), Limits.DEFAULT);
        return parse(ShadowJson.accepted(echo)).get("state");
    }

    /** RFC 7396, section 2, on the sections; the delta is no part of the state. */
    private static JsonNode mergePatch(JsonNode target, JsonNode patch) {
        if (!patch.isObject()) {
            return patch;
        }
        ObjectNode result = target.isObject() ? (ObjectNode) target.deepCopy() : JSON.createObjectNode();
        patch.fields().forEachRemaining(field -> {
            if (field.getValue().isNull()) {
                result.remove(field.getKey());
            } else {
                JsonNode old = result.has(field.getKey()) ? result.get(field.getKey()) : JSON.createObjectNode();
                result.set(field.getKey(), mergePatch(old, field.getValue()));
            }
        });
        return result;
    }

    private static boolean sameNumbers(JsonNode one, JsonNode other) {
        return one.equals(
                (a, b) -> a.isNumber() && b.isNumber()
                        ? a.decimalValue().compareTo(b.decimalValue())
                        : a.equals(b) ? 0 : 1,
                other);
    }

    private static void assertSameShape(JsonNode state, JsonNode metadata) {
        if (state.isObject()) {
            assertThat(metadata.isObject()).isTrue();
            assertThat(names(metadata)).containsExactlyElementsOf(names(state));
            state.fields().forEachRemaining(field -> assertSameShape(field.getValue(), metadata.get(field.getKey())));
        } else if (state.isArray()) {
            assertThat(metadata.isArray()).isTrue();
            assertThat(metadata.size()).isEqualTo(state.size());
            for (int i = 0; i < state.size(); i++) {
                assertSameShape(state.get(i), metadata.get(i));
            }
        } else {
            assertThat(names(metadata)).containsExactly("timestamp");
            assertThat(metadata.get("timestamp").isIntegralNumber()).isTrue();
        }
    }

    private static Iterable<String> names(JsonNode object) {
        return () -> {
            Iterator<String> names = object.fieldNames();
            return names;
        };
    }

    private static byte[] bytes(JsonNode document) {
        return document.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static JsonNode parse(byte[] json) {
        try {
            return JSON.reader()
                    .with(com.fasterxml.jackson.databind.DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
                    .readTree(json);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
