package io.hearth.sync;

import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.ShadowId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Every write of a field of a shadow, and what they come to by the rules: the latest one stands. */
@SuppressWarnings("NullAway")
final class ShadowOracle {
    private final Map<ShadowId, Map<String, List<FieldWrite>>> writes = new HashMap<>();
    private final Set<Field> forgotten = new HashSet<>();

    private record Field(ShadowId shadow, String name) {}

    /** @param value null for removed */
    private record FieldWrite(WriteStamp stamp, @Nullable Integer value) {}

    void write(ShadowId shadow, String field, WriteStamp stamp, @Nullable Integer value) {
        writes.computeIfAbsent(shadow, id -> new HashMap<>())
                .computeIfAbsent(field, name -> new ArrayList<>())
                .add(new FieldWrite(stamp, value));
    }

    /** A removal of the field is older than removals are remembered, so an earlier write of it may stay where nobody heard of it. */
    void forget(ShadowId shadow, String field) {
        forgotten.add(new Field(shadow, field));
    }

    boolean isForgotten(ShadowId shadow, String field) {
        return forgotten.contains(new Field(shadow, field));
    }

    Set<ShadowId> shadows() {
        return writes.keySet();
    }

    /** What a field is by the rules; null for absent. */
    @Nullable
    Integer expected(ShadowId shadow, String field) {
        return of(shadow, field).stream()
                .reduce((one, other) -> one.stamp.compareTo(other.stamp) >= 0 ? one : other)
                .map(FieldWrite::value)
                .orElse(null);
    }

    /** Whether a field may be so whatever the order of the writes was: it was written, or removed, or there was none. */
    boolean isWritten(ShadowId shadow, String field, @Nullable Integer value) {
        List<FieldWrite> all = of(shadow, field);
        boolean isSure = all.size() == 1; // nothing that it could have lost against
        boolean wasWritten = all.stream().anyMatch(write -> Objects.equals(write.value, value));
        return wasWritten || (value == null && !isSure);
    }

    private List<FieldWrite> of(ShadowId shadow, String field) {
        return writes.getOrDefault(shadow, Map.of()).getOrDefault(field, List.of());
    }
}
