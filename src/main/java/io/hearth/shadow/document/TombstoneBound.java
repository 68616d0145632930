package io.hearth.shadow.document;

import io.hearth.model.WriteStamp;
import java.util.List;
import java.util.TreeSet;

/** Keeps documents from growing without end: a client that removes ever new fields must not fill the item. */
public final class TombstoneBound {
    /** Far more than a state at its limit takes, and far less than an item may have. */
    public static final int MAX_STORED_BYTES = 160 * 1024;

    private TombstoneBound() {}

    /**
     * A document with as few of its oldest tombstones left out as makes it fit into {@link #MAX_STORED_BYTES}. A peer that has not
     * seen what was left out may bring it back.
     */
    public static ShadowDocument apply(ShadowDocument document) {
        if (fits(document)) {
            return document;
        }
        TreeSet<WriteStamp> stamps = new TreeSet<>();
        document.root().collectTombstones(stamps);
        List<WriteStamp> oldestFirst = List.copyOf(stamps);
        int low = 0;
        int high = oldestFirst.size() - 1;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (fits(withoutTombstonesUpTo(oldestFirst.get(middle), document))) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        return oldestFirst.isEmpty() ? document : withoutTombstonesUpTo(oldestFirst.get(high), document);
    }

    private static boolean fits(ShadowDocument document) {
        return DocumentFormat.encode(document).length <= MAX_STORED_BYTES;
    }

    private static ShadowDocument withoutTombstonesUpTo(WriteStamp last, ShadowDocument document) {
        return new ShadowDocument(
                document.version(),
                document.seen(),
                document.root().without(tombstone -> tombstone.compareTo(last) <= 0));
    }
}
