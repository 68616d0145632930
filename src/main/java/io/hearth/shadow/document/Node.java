package io.hearth.shadow.document;

import io.hearth.model.StampShift;
import io.hearth.model.WriteStamp;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One position of a shadow's state, with everything beneath it: what was last written there as a whole, and when. Immutable.
 * All parts only grow by {@link WriteStamp}, so that {@link #join} is commutative, associative and idempotent.
 *
 * <p>What stands at the position: an object, if any child is there; else an empty object, if it was made one no earlier than
 * it was assigned; else what was assigned.
 *
 * @param assigned the last value written here that is no object: a leaf, an array, or {@code null} for a removal (a
 *     tombstone). Children written earlier are gone, in every region
 * @param objectSince when it was last made an object
 * @param children by name, none of them without content
 */
public record Node(@Nullable Assignment assigned, @Nullable WriteStamp objectSince, SortedMap<String, Node> children) {
    static final SortedMap<String, Node> NO_CHILDREN = Collections.emptySortedMap();

    /** Nothing, and nothing known about it. */
    static final Node NOTHING = new Node(null, null, NO_CHILDREN);

    /**
     * A value, and when it was written.
     *
     * @param value no object
     */
    public record Assignment(WriteStamp stamp, JsonValue value) {}

    /** A value that an object has replaced is never seen again, so only its stamp is kept. */
    public Node {
        if (assigned != null
                && objectSince != null
                && objectSince.compareTo(assigned.stamp) >= 0
                && assigned.value != JsonValue.Null.NULL) {
            assigned = new Assignment(assigned.stamp, JsonValue.Null.NULL);
        }
    }

    /** Whether anything stands here. */
    public boolean isPresent() {
        return isObject() || (assigned != null && assigned.value != JsonValue.Null.NULL);
    }

    /** Whether an object stands here. */
    boolean isObject() {
        return isMadeObject() || children.values().stream().anyMatch(Node::isPresent);
    }

    private boolean isMadeObject() {
        return objectSince != null && (assigned == null || objectSince.compareTo(assigned.stamp) >= 0);
    }

    /** The leaf or array that stands here; null if there is nothing, or an object. */
    @Nullable
    JsonValue leaf() {
        return assigned == null || assigned.value == JsonValue.Null.NULL || isObject() ? null : assigned.value;
    }

    /** The child of this name; {@link #NOTHING} if there never was one. */
    public Node child(String name) {
        return children.getOrDefault(name, NOTHING);
    }

    /**
     * This position after a JSON merge patch (RFC 7396).
     *
     * @param stamp later than every write that this node knows
     */
    Node patched(JsonValue patch, WriteStamp stamp) {
        if (!(patch instanceof JsonValue.Fields object)) {
            return new Node(new Assignment(stamp, patch), null, NO_CHILDREN);
        }
        TreeMap<String, Node> patched = new TreeMap<>(children);
        object.fields().forEach((name, value) -> patched.put(name, child(name).patched(value, stamp)));
        return new Node(assigned, isMadeObject() ? objectSince : stamp, sorted(patched));
    }

    /** An object without fields, whatever stood here before. */
    static Node emptied(WriteStamp stamp) {
        return new Node(new Assignment(stamp, JsonValue.Null.NULL), stamp, NO_CHILDREN);
    }

    /** What two regions know of one position, together: of each field the later write. */
    static Node join(Node one, Node other) {
        return one.equals(other) ? one : join(one, other, null);
    }

    /** @param clearedAt writes before it are gone, as something above was replaced then */
    private static Node join(Node one, Node other, @Nullable WriteStamp clearedAt) {
        Assignment assigned = later(one.assigned, other.assigned);
        if (assigned != null && isBefore(assigned.stamp, clearedAt)) {
            assigned = null;
        }
        WriteStamp cleared = assigned == null ? clearedAt : assigned.stamp;
        WriteStamp objectSince = later(one.objectSince, other.objectSince);
        if (objectSince != null && isBefore(objectSince, cleared)) {
            objectSince = null;
        }
        TreeMap<String, Node> children = new TreeMap<>();
        one.children.forEach((name, child) -> putKnown(children, name, join(child, other.child(name), cleared)));
        other.children.forEach((name, child) -> {
            if (!one.children.containsKey(name)) {
                putKnown(children, name, join(child, NOTHING, cleared));
            }
        });
        return new Node(assigned, objectSince, sorted(children));
    }

    /** This position without the tombstones that {@code isForgotten} names. */
    Node without(Predicate<WriteStamp> isForgotten) {
        Assignment kept = assigned;
        if (kept != null && kept.value == JsonValue.Null.NULL && isForgotten.test(kept.stamp)) {
            kept = null;
        }
        TreeMap<String, Node> left = new TreeMap<>();
        children.forEach((name, child) -> putKnown(left, name, child.without(isForgotten)));
        return new Node(kept, objectSince, sorted(left));
    }

    /** Adds the stamps of all tombstones, of this position and beneath it. */
    void collectTombstones(Collection<WriteStamp> tombstones) {
        if (assigned != null && assigned.value == JsonValue.Null.NULL) {
            tombstones.add(assigned.stamp);
        }
        children.values().forEach(child -> child.collectTombstones(tombstones));
    }

    /** Visits every stamp of this position and beneath it. */
    void forEachStamp(Consumer<WriteStamp> visitor) {
        if (assigned != null) {
            visitor.accept(assigned.stamp);
        }
        if (objectSince != null) {
            visitor.accept(objectSince);
        }
        children.values().forEach(child -> child.forEachStamp(visitor));
    }

    /** This position and what is beneath it, at the stamps that they are to be moved to. */
    Node shifted(StampShift shift) {
        TreeMap<String, Node> shifted = new TreeMap<>();
        children.forEach((name, child) -> shifted.put(name, child.shifted(shift)));
        return new Node(
                assigned == null ? null : new Assignment(shift.stamp(assigned.stamp), assigned.value),
                objectSince == null ? null : shift.stamp(objectSince),
                sorted(shifted));
    }

    private static void putKnown(Map<String, Node> children, String name, Node child) {
        if (!child.equals(NOTHING)) {
            children.put(name, child);
        }
    }

    private static SortedMap<String, Node> sorted(TreeMap<String, Node> children) {
        return children.isEmpty() ? NO_CHILDREN : Collections.unmodifiableSortedMap(children);
    }

    private static boolean isBefore(WriteStamp stamp, @Nullable WriteStamp bound) {
        return bound != null && stamp.compareTo(bound) < 0;
    }

    private static @Nullable Assignment later(@Nullable Assignment one, @Nullable Assignment other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.stamp.compareTo(other.stamp) >= 0 ? one : other;
    }

    private static @Nullable WriteStamp later(@Nullable WriteStamp one, @Nullable WriteStamp other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return one.compareTo(other) >= 0 ? one : other;
    }
}
