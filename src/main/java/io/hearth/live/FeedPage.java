package io.hearth.live;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** A part of the feed; who is at its start finds the changes behind it here. On the thread of the feed. */
final class FeedPage {
    private static final Logger LOG = Logger.getLogger(FeedPage.class);
    private static final int PAGE_OVERHEAD_BYTES = 256;

    /** Keys and objects of a change, about. */
    private static final int ENTRY_OVERHEAD_BYTES = 256;

    private static final byte[] NOTHING = new byte[0];

    /** Makes what is told of a stored item. */
    interface Decoder extends Function<Entry, byte[]> {}

    /** A stored item that is an event, decoded when the first listener wants it. */
    static final class Entry {
        private final Item item;
        private final LiveEvent.Kind kind;
        private final Supplier<LiveEvent> event;
        private byte @Nullable [] json;

        Entry(Item item, LiveEvent.Kind kind, Supplier<LiveEvent> event) {
            this.item = item;
            this.kind = kind;
            this.event = event;
        }

        /** Reads the item. */
        LiveEvent event() {
            return event.get();
        }
    }

    private final Cursor start;
    private final Entry[] entries;
    private final Cursor next;
    private final boolean shared;
    private long bytes;

    /** @param shared whether several listeners are told of it, so that what is told is kept */
    FeedPage(Cursor start, List<Entry> entries, Cursor next, boolean shared) {
        this.start = start;
        this.entries = entries.toArray(new Entry[0]);
        this.next = next;
        this.shared = shared;
        bytes = PAGE_OVERHEAD_BYTES;
        for (Entry entry : entries) {
            bytes += ENTRY_OVERHEAD_BYTES + entry.item.body().length();
        }
    }

    Cursor start() {
        return start;
    }

    Cursor next() {
        return next;
    }

    /** What it takes in memory, about; more while what is told of it is kept. */
    long bytes() {
        return bytes;
    }

    LiveEvent.Kind kind(int index) {
        return entries[index].kind;
    }

    /** The last entry that a filter accepts; -1 if it accepts none. */
    int lastWanted(LiveFilter filter) {
        int last = entries.length - 1;
        while (last >= 0 && !accepts(filter, last)) {
            last--;
        }
        return last;
    }

    boolean accepts(LiveFilter filter, int index) {
        return filter.accepts(entries[index].kind, entries[index].item.key());
    }

    /** What to tell; empty if the item is damaged, which whoever reads it by name will be told. */
    byte[] json(int index, Decoder decoder) {
        Entry entry = entries[index];
        byte[] made = entry.json;
        if (made == null) {
            try {
                made = decoder.apply(entry);
            } catch (CorruptItemException | UnsupportedFormatException | IllegalArgumentException e) {
                LOG.errorf(
                        "The live feed leaves out an item of %s: %s",
                        entry.item.key().partitionKey(), e.getMessage());
                made = NOTHING;
            }
            if (shared) {
                entry.json = made;
                bytes += made.length;
            }
        }
        return made;
    }
}
