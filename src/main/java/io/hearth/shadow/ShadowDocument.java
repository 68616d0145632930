package io.hearth.shadow;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
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

    /** Far more than a state at its limit takes, and far less than an item may have. */
    static final int MAX_STORED_BYTES = 160 * 1024;

    static final String DESIRED = "desired";
    static final String REPORTED = "reported";

    public ShadowDocument {
        seen = Collections.unmodifiableSortedMap(new TreeMap<>(seen));
    }

    /** A shadow of which everything was deleted at {@code stamp}: merged with it, a document keeps what was written later. */
    static ShadowDocument deletedAt(WriteStamp stamp) {
        TreeMap<RegionId, HybridTime> seen = new TreeMap<>();
        seen.put(stamp.region(), stamp.time());
        return new ShadowDocument(0, seen, Node.NOTHING.patched(JsonValue.Null.NULL, stamp));
    }

    /** Whether nothing is left of the state, the names of removed fields included. */
    boolean isBare() {
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

    /**
     * This document with as few of its oldest tombstones left out as makes it fit into {@link #MAX_STORED_BYTES}: whoever
     * removes ever new fields must not fill the item. A peer that has not seen what was left out may bring it back.
     */
    ShadowDocument withBoundedTombstones() {
        if (encode().length <= MAX_STORED_BYTES) {
            return this;
        }
        TreeSet<WriteStamp> stamps = new TreeSet<>();
        root.collectTombstones(stamps);
        List<WriteStamp> oldestFirst = List.copyOf(stamps);
        int low = 0;
        int high = oldestFirst.size() - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (withoutTombstonesUpTo(oldestFirst.get(middle)).encode().length <= MAX_STORED_BYTES) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return oldestFirst.isEmpty() ? this : withoutTombstonesUpTo(oldestFirst.get(high));
    }

    private ShadowDocument withoutTombstonesUpTo(WriteStamp last) {
        return new ShadowDocument(version, seen, root.without(tombstone -> tombstone.compareTo(last) <= 0));
    }

    /** When the document was last written, by the clock of whoever wrote it; epoch milliseconds. */
    long lastWrittenMillis() {
        return seen.values().stream()
                .mapToLong(HybridTime::physicalMillis)
                .max()
                .orElse(0);
    }

    /**
     * What the document comes to, to be compared with the same shadow in another region: every field, tombstone and stamp, but not
     * the version, which is each region's own.
     *
     * @param tombstonesFromMillis older tombstones are passed over, in epoch milliseconds
     * @return the first 8 bytes of SHA-256
     */
    public long digest(long tombstonesFromMillis) {
        Node kept = root.without(tombstone -> tombstone.time().physicalMillis() < tombstonesFromMillis);
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(new ShadowDocument(0, seen, kept).encode());
            return ByteBuffer.wrap(hash).getLong();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
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
                lost.add(new LostWrite(pointer, written.stamp(), written.value()));
            }
        }
        for (Map.Entry<String, Node> child : mine.children().entrySet()) {
            String childPointer = ChangedFields.child(pointer, child.getKey());
            collectLost(child.getValue(), merged.child(child.getKey()), childPointer, other, lost);
        }
    }
}
