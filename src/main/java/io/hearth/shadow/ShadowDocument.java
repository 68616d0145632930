package io.hearth.shadow;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.table.ByteReader;
import io.hearth.table.ByteWriter;
import io.hearth.table.CorruptItemException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

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

    /** Whether the shadow exists; a deleted one does not, and neither does one that never was. */
    public boolean exists() {
        return root.isPresent();
    }

    /** Whether the write has been seen when this document was made, also if a later one has overwritten it. */
    boolean hasSeen(WriteStamp write) {
        HybridTime latest = seen.get(write.region());
        return latest != null && latest.compareTo(write.time()) >= 0;
    }

    /** A stamp for the next write of {@code region}: now, or right behind every write that this document knows. */
    WriteStamp nextStamp(HybridTime now, RegionId region) {
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
    ShadowDocument withoutTombstonesBefore(long horizonMillis) {
        Node kept = root.without(tombstone -> tombstone.time().physicalMillis() < horizonMillis);
        return kept.equals(root) ? this : new ShadowDocument(version, seen, kept);
    }

    /** The document as bytes, to be stored and to be sent to other regions. */
    public byte[] encode() {
        ByteWriter out = new ByteWriter(256);
        DocumentFormat.write(this, out);
        return out.toByteArray();
    }

    /**
     * The document that {@link #encode} wrote.
     *
     * @throws CorruptItemException the bytes are none
     */
    public static ShadowDocument decode(byte[] bytes) {
        try {
            return DocumentFormat.read(new ByteReader(bytes));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new CorruptItemException("a shadow holds what no shadow can hold", e);
        }
    }

    /**
     * The fields whose write is in this document, but not in {@code merged}, although {@code other} had not seen it: two
     * regions wrote them without knowing of each other, and this one's write lost. Writes of the same value are no conflict.
     */
    List<LostWrite> lostIn(ShadowDocument merged, ShadowDocument other) {
        List<LostWrite> lost = new ArrayList<>();
        collectLost(root, merged.root, "", other, lost);
        return lost;
    }

    private static void collectLost(
            Node mine, Node merged, String pointer, ShadowDocument other, List<LostWrite> lost) {
        Node.Assignment written = mine.assigned();
        if (written != null && !mine.isObject() && !other.hasSeen(written.stamp())) {
            JsonValue now = merged.isPresent() ? merged.leaf() : JsonValue.Null.NULL;
            if (now == null || !now.isSameAs(written.value())) {
                lost.add(new LostWrite(pointer, written.stamp()));
            }
        }
        for (Map.Entry<String, Node> child : mine.children().entrySet()) {
            String name = child.getKey().replace("~", "~0").replace("/", "~1");
            collectLost(child.getValue(), merged.child(child.getKey()), pointer + "/" + name, other, lost);
        }
    }
}
