package io.hearth.shadow.document;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.StampShift;
import io.hearth.model.WriteStamp;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A shadow as it is stored: its state with the write stamp of every field, tombstones included. Immutable.
 *
 * @param version counts the changes of this document in this region; goes on after a deletion, for as long as the deleted
 *     document is kept
 * @param seen the latest write of each region that went into this document
 * @param root the state, with the sections as children
 */
public record ShadowDocument(long version, SortedMap<RegionId, HybridTime> seen, Node root) {
    /** A shadow that never was. */
    public static final ShadowDocument NONE = new ShadowDocument(0, Collections.emptySortedMap(), Node.NOTHING);

    static final String DESIRED = "desired";
    static final String REPORTED = "reported";

    public ShadowDocument {
        seen = Collections.unmodifiableSortedMap(new TreeMap<>(seen));
    }

    /** A shadow of which everything was deleted at {@code stamp}: merged with it, a document keeps what was written later. */
    public static ShadowDocument deletedAt(WriteStamp stamp) {
        TreeMap<RegionId, HybridTime> seen = new TreeMap<>();
        seen.put(stamp.region(), stamp.time());
        return new ShadowDocument(0, seen, Node.NOTHING.patched(JsonValue.Null.NULL, stamp));
    }

    /** Whether nothing is left of the state, the names of removed fields included. */
    public boolean isBare() {
        return !exists() && root.children().isEmpty();
    }

    /** Whether the shadow exists; a deleted one does not, and neither does one that never was. */
    public boolean exists() {
        return root.isPresent();
    }

    /** The latest write that went into this document, of whichever region; null if there was none. */
    public @Nullable WriteStamp lastWrite() {
        WriteStamp last = null;
        for (Map.Entry<RegionId, HybridTime> entry : seen.entrySet()) {
            WriteStamp write = new WriteStamp(entry.getValue(), entry.getKey());
            last = last == null || write.compareTo(last) > 0 ? write : last;
        }
        return last;
    }

    /** Whether the write has been seen when this document was made, also if a later one has overwritten it. */
    boolean hasSeen(WriteStamp write) {
        HybridTime latest = seen.get(write.region());
        return latest != null && latest.compareTo(write.time()) >= 0;
    }

    /** A stamp for the next write of {@code region}: now, or right behind every write that this document knows. */
    public WriteStamp nextStamp(HybridTime now, RegionId region) {
        long latest = seen.values().stream().mapToLong(HybridTime::packed).max().orElse(-1);
        return new WriteStamp(new HybridTime(Math.max(now.packed(), latest + 1)), region);
    }

    /** The document that a write at {@code stamp} turns this one into. */
    ShadowDocument written(Node newRoot, WriteStamp stamp, long newVersion) {
        TreeMap<RegionId, HybridTime> nowSeen = new TreeMap<>(seen);
        nowSeen.put(stamp.region(), stamp.time());
        return new ShadowDocument(newVersion, nowSeen, newRoot);
    }

    /** This document without tombstones of before {@code horizonMillis}, which every region has seen by then. */
    public ShadowDocument withoutTombstonesBefore(long horizonMillis) {
        Node kept = root.without(tombstone -> tombstone.time().physicalMillis() < horizonMillis);
        return kept.equals(root) ? this : new ShadowDocument(version, seen, kept);
    }

    /** When the document was last written, by the clock of whoever wrote it; epoch milliseconds. */
    public long lastWrittenMillis() {
        return seen.values().stream()
                .mapToLong(HybridTime::physicalMillis)
                .max()
                .orElse(0);
    }

    /** This document at the stamps that they are to be moved to. */
    public ShadowDocument shifted(StampShift shift) {
        TreeMap<RegionId, HybridTime> shifted = new TreeMap<>();
        seen.forEach((writer, time) -> shifted.put(writer, new HybridTime(shift.stamp(time.packed()))));
        return new ShadowDocument(version, shifted, root.shifted(shift));
    }

    /** Visits every stamp in this document: the latest write of each region, and those of the fields. */
    public void forEachStamp(Consumer<WriteStamp> visitor) {
        seen.forEach((writer, time) -> visitor.accept(new WriteStamp(time, writer)));
        root.forEachStamp(visitor);
    }
}
