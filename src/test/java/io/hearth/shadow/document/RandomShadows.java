package io.hearth.shadow.document;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/** Random patches, deep, empty, mixed and with arrays, over few names so that they meet; and histories of several regions. */
final class RandomShadows {
    private static final String[] NAMES = {"a", "b", "c", "a.b", "$d"};
    private static final int MAX_DEPTH = 4;

    final Random random;
    private long wallMillis = 1_790_000_000_000L;

    RandomShadows(long seed) {
        random = new Random(seed);
    }

    /** A state with one or both sections, now and then {@code null}. */
    JsonValue statePatch() {
        if (random.nextInt(25) == 0) {
            return JsonValue.Null.NULL;
        }
        TreeMap<String, JsonValue> sections = new TreeMap<>();
        if (random.nextInt(3) > 0) {
            sections.put("desired", sectionPatch());
        }
        if (random.nextInt(3) > 0) {
            sections.put("reported", sectionPatch());
        }
        return new JsonValue.Fields(sections);
    }

    private JsonValue sectionPatch() {
        return random.nextInt(12) == 0 ? JsonValue.Null.NULL : fields(1, true);
    }

    private JsonValue.Fields fields(int depth, boolean nulls) {
        TreeMap<String, JsonValue> fields = new TreeMap<>();
        int count = random.nextInt(4);
        for (int i = 0; i < count; i++) {
            fields.put(NAMES[random.nextInt(NAMES.length)], value(depth + 1, nulls));
        }
        return new JsonValue.Fields(fields);
    }

    private JsonValue value(int depth, boolean nulls) {
        switch (random.nextInt(depth < MAX_DEPTH ? 9 : 4)) {
            case 0:
                return nulls ? JsonValue.Null.NULL : new JsonValue.Bool(false);
            case 1:
                return new JsonValue.Bool(random.nextBoolean());
            case 2:
                return new JsonValue.Text("text" + random.nextInt(3));
            case 3:
                return new JsonValue.Numeral(
                        new String[] {"1", "1.0", "10e-1", "2", "-0", "0", "9007199254740993"}[random.nextInt(7)]);
            case 4, 5:
                List<JsonValue> elements = new ArrayList<>();
                for (int left = random.nextInt(3); left > 0; left--) {
                    elements.add(value(depth + 1, false));
                }
                return new JsonValue.Array(elements);
            default:
                return fields(depth, nulls);
        }
    }

    ShadowRequest request() {
        return new ShadowRequest(statePatch(), null, null);
    }

    /** The document after a random write of {@code region} at a wall time that now and then stands still or goes back. */
    ShadowDocument write(ShadowDocument document, RegionId region) {
        wallMillis += random.nextInt(5) - 1;
        WriteStamp stamp = document.nextStamp(HybridTime.of(wallMillis, 0), region);
        if (document.exists() && random.nextInt(20) == 0) {
            return ShadowDecision.deletion(document, new ShadowRequest(null, null, null), stamp);
        }
        return ShadowDecision.update(document, request(), stamp, Limits.DEFAULT).current();
    }

    /** A document after {@code writes} random writes of one region. */
    ShadowDocument document(int writes) {
        ShadowDocument document = ShadowDocument.NONE;
        for (int i = 0; i < writes; i++) {
            document = write(document, new RegionId("local"));
        }
        return document;
    }

    /**
     * As many documents as regions, which have written and merged at random; each wrote last without the others' knowledge.
     */
    List<ShadowDocument> regions(int count) {
        List<ShadowDocument> documents = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            documents.add(ShadowDocument.NONE);
        }
        int steps = 2 + random.nextInt(20);
        for (int step = 0; step < steps; step++) {
            int at = random.nextInt(count);
            if (random.nextInt(3) == 0) {
                ShadowDocument other = documents.get(random.nextInt(count));
                documents.set(at, RegionMerge.of(documents.get(at), other).document());
            } else {
                documents.set(at, write(documents.get(at), new RegionId("r" + at)));
            }
        }
        return documents;
    }
}
