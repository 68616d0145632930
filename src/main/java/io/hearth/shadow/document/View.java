package io.hearth.shadow.document;

import io.hearth.model.WriteStamp;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What clients see of a {@link Node}: values and when they were written, no tombstones and nothing that was overwritten.
 */
sealed interface View {
    /** A leaf or an array, written at {@code stamp}. */
    record Leaf(JsonValue value, WriteStamp stamp) implements View {}

    record Branch(SortedMap<String, View> fields) implements View {}

    /** What is seen of {@code node}; null if nothing stands there. */
    static @Nullable View of(Node node) {
        if (node.isObject()) {
            TreeMap<String, View> fields = new TreeMap<>();
            node.children().forEach((name, child) -> {
                View seen = of(child);
                if (seen != null) {
                    fields.put(name, seen);
                }
            });
            return new Branch(fields);
        }
        JsonValue leaf = node.leaf();
        return leaf == null
                ? null
                : new Leaf(leaf, Objects.requireNonNull(node.assigned()).stamp());
    }

    /**
     * What {@code desired} has that {@code reported} lacks or has differently; null if nothing. Arrays differ as a whole.
     */
    static @Nullable View delta(@Nullable View desired, @Nullable View reported) {
        if (!(desired instanceof Branch wanted) || !(reported instanceof Branch had)) {
            boolean same = desired == null
                    || desired instanceof Leaf wantedLeaf
                            && reported instanceof Leaf hadLeaf
                            && wantedLeaf.value.isSameAs(hadLeaf.value);
            return same ? null : desired;
        }
        TreeMap<String, View> differing = new TreeMap<>();
        wanted.fields.forEach((name, value) -> {
            View difference = delta(value, had.fields.get(name));
            if (difference != null) {
                differing.put(name, difference);
            }
        });
        return differing.isEmpty() ? null : new Branch(differing);
    }
}
