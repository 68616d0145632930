package io.hearth.live;

import io.hearth.table.Blocking;
import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.Table;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last few megabytes of the table's change feed, read once for all listeners that keep up; others read on from their place by
 * themselves. On the thread of the feed, but for {@link #now} and {@link #isKept}.
 */
final class FeedPages {
    private static final int PAGE_CHANGES = 256;

    /** Of a page that one listener reads by itself. */
    private static final int OWN_PAGE_CHANGES = 32;

    private static final long HELD_BYTES = 8L << 20;

    private final Table table;
    private final LiveEvents events;
    private final Deque<FeedPage> held = new ArrayDeque<>();
    private final Map<Cursor, FeedPage> heldByStart = new HashMap<>();
    private @Nullable Cursor head;

    FeedPages(Table table, LiveEvents events) {
        this.table = table;
        this.events = events;
    }

    /** The place behind all that is committed. On any thread. */
    Cursor now() {
        return Blocking.await(table.changesFrom(ChangeStart.NOW));
    }

    /**
     * Whether the feed is still kept behind a place. On any thread.
     *
     * @throws io.hearth.table.InvalidCursorException if the place is not one of this feed
     */
    boolean isKept(Cursor place) {
        try {
            Blocking.await(table.changes(place, 1));
            return true;
        } catch (CursorExpiredException e) {
            return false;
        }
    }

    /** The place before all that is still kept. */
    Cursor oldest() {
        return Blocking.await(table.changesFrom(ChangeStart.OLDEST));
    }

    /** Reads on for all who are at the head; whether there was anything. */
    boolean advance() {
        if (head == null) {
            head = now();
        }
        FeedPage page;
        try {
            page = read(head, PAGE_CHANGES, true);
        } catch (CursorExpiredException e) {
            forgetAll(); // Listeners find out by themselves.
            return true;
        }
        if (page.next().equals(head)) {
            return false;
        }
        held.add(page);
        heldByStart.put(page.start(), page);
        head = page.next();
        // Anew each time, as pages grow when somebody is told of them.
        long heldBytes = held.stream().mapToLong(FeedPage::bytes).sum();
        while (heldBytes > HELD_BYTES && held.size() > 1) {
            FeedPage oldest = held.remove();
            heldByStart.remove(oldest.start());
            heldBytes -= oldest.bytes();
        }
        return true;
    }

    /** Whether a place is behind all that is held. */
    boolean isHead(Cursor place) {
        return place.equals(head);
    }

    /** The page that begins at a place, among those that are held for all; null if it is not held. */
    @Nullable
    FeedPage heldAt(Cursor place) {
        return heldByStart.get(place);
    }

    /** Whether a page is held for all. */
    boolean isHeld(FeedPage page) {
        return heldByStart.get(page.start()) == page;
    }

    /**
     * Reads a page for one listener alone.
     *
     * @throws CursorExpiredException if the feed is no longer kept there
     */
    FeedPage readAt(Cursor place) {
        return read(place, OWN_PAGE_CHANGES, false);
    }

    /** Holds nothing any more; begins anew with what is committed from then on. */
    void forgetAll() {
        held.clear();
        heldByStart.clear();
        head = null;
    }

    private FeedPage read(Cursor after, int changes, boolean shared) {
        ChangePage page = Blocking.await(table.changes(after, changes));
        List<FeedPage.Entry> entries = new ArrayList<>(page.changes().size());
        for (Change change : page.changes()) {
            FeedPage.Entry entry = events.entryOf(change);
            if (entry != null) {
                entries.add(entry);
            }
        }
        // A page of nothing that concerns anybody still leads on.
        return new FeedPage(after, entries, page.next(), shared);
    }
}
