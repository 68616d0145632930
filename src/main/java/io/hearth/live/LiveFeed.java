package io.hearth.live;

import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.CorruptItemException;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Follows the table's change feed for any number of listeners, on one thread.
 *
 * <p>Those who keep up share one reading of it. A listener that does not takes nothing with it: it has a place in the feed,
 * no queue, and reads on from there by itself when it has room; if the feed is no longer kept there, it is told so. What is
 * held is the last few megabytes of the feed, and nothing while nobody listens.
 *
 * <p>Delivery is at least once and in commit order per device: a listener that resumes gets the events behind the place it
 * names, of which the last few may have arrived before.
 */
public final class LiveFeed implements AutoCloseable {
    /**
     * @param pollInterval how long to wait before looking for changes again when there were none
     * @param heartbeatInterval how long a listener may hear nothing
     * @param maxListeners how many may follow at a time
     */
    public record Settings(Duration pollInterval, Duration heartbeatInterval, int maxListeners) {}

    private static final Logger LOG = Logger.getLogger(LiveFeed.class);
    private static final int PAGE_CHANGES = 256;
    private static final long HELD_BYTES = 8L << 20;
    private static final int PAGE_OVERHEAD_BYTES = 256;

    /** Keys and objects of a change, about; its JSON, made if anybody wants it, is several times its body. */
    private static final int ENTRY_OVERHEAD_BYTES = 256;

    /** So that one who has much to catch up on does not hold up the others. */
    private static final int PAGES_PER_TURN = 4;

    /** A flush at least this often, as only then a listener knows whether it has room. */
    private static final int FLUSH_BYTES = 64 << 10;

    private static final byte[] NOTHING = new byte[0];
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(2);

    private final Table table;
    private final LiveEvents events;
    private final Function<LiveEvent, byte[]> toJson;
    private final Settings settings;
    private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
    private final AtomicInteger places = new AtomicInteger();
    private final LongAdder told = new LongAdder();
    private final LongAdder missed = new LongAdder();
    private final AtomicBoolean awake = new AtomicBoolean();
    private @Nullable Thread thread;
    private volatile boolean closed;

    // On the thread of the feed from here on.
    private final Deque<HeldPage> held = new ArrayDeque<>();
    private final Map<Cursor, HeldPage> heldByStart = new HashMap<>();
    private long heldBytes;
    private @Nullable Cursor head;

    public LiveFeed(Table table, LiveEvents events, Function<LiveEvent, byte[]> toJson, Settings settings) {
        this.table = table;
        this.events = events;
        this.toJson = toJson;
        this.settings = settings;
    }

    /** How many follow the feed. */
    public int listeners() {
        return places.get();
    }

    /** How many events listeners were told, in all. */
    public long told() {
        return told.sum();
    }

    /** How often a listener was told that it missed something. */
    public long missed() {
        return missed.sum();
    }

    /**
     * Finds a place in the feed, from which {@link Subscription#start} goes on. Blocks until the table answers.
     *
     * @param after where the listener was; null begins with what is committed from now on
     * @return empty if there are as many listeners as there should be
     * @throws io.hearth.table.InvalidCursorException if the place is not one of this feed
     */
    public Optional<Subscription> subscribe(LiveFilter filter, @Nullable Cursor after) {
        if (closed || places.get() >= settings.maxListeners()) {
            return Optional.empty();
        }
        if (after == null) {
            return Optional.of(new Subscription(filter, now(), false));
        }
        boolean expired = false;
        try {
            table.changes(after, 1).await().indefinitely();
        } catch (CursorExpiredException e) {
            expired = true;
        }
        return Optional.of(new Subscription(filter, after, expired));
    }

    private Cursor now() {
        return table.changesFrom(ChangeStart.NOW).await().indefinitely();
    }

    /** A listener has room again, or is gone; on any thread. */
    public void wake() {
        awake.set(true);
        Thread running = thread;
        if (running != null) {
            LockSupport.unpark(running);
        }
    }

    /** Ends every listener's feed. Blocks for a moment at most; does nothing the second time. */
    @Override
    public void close() {
        closed = true;
        Thread running;
        synchronized (this) {
            running = thread;
        }
        if (running != null) {
            LockSupport.unpark(running);
            try {
                running.join(STOP_LIMIT.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized void runIfNotRunning() {
        if (thread == null && !closed) {
            Thread made = new Thread(this::run, "hearth-live");
            made.setDaemon(true);
            thread = made;
            made.start();
        }
    }

    /** The thread ends when nobody listens any more, unless somebody has just begun to. */
    private synchronized boolean endsForLackOfListeners() {
        if (!subscriptions.isEmpty()) {
            return false;
        }
        thread = null;
        return true;
    }

    private void run() {
        while (!closed) {
            awake.set(false);
            boolean progress = false;
            long pauseNanos = settings.pollInterval().toNanos();
            try {
                progress = turn();
            } catch (TableException e) {
                if (!closed) {
                    LOG.warnf("The live feed cannot be read for the moment: %s", e.getMessage());
                }
                pauseNanos = RETRY_NANOS;
            } catch (RuntimeException e) {
                LOG.error("The live feed failed; it goes on", e);
                pauseNanos = RETRY_NANOS;
            }
            if (subscriptions.isEmpty()) {
                forgetAll();
                if (endsForLackOfListeners()) {
                    return;
                }
            }
            if (!progress && !awake.get()) {
                LockSupport.parkNanos(pauseNanos);
            }
        }
        subscriptions.forEach(subscription -> subscription.listener.end());
    }

    private boolean turn() {
        boolean progress = advanceHead();
        for (Subscription subscription : subscriptions) {
            if (subscription.listener.isGone()) {
                subscriptions.remove(subscription);
                places.decrementAndGet();
            } else {
                progress |= subscription.serve();
            }
        }
        return progress;
    }

    /** Reads on for all who are at the head. */
    private boolean advanceHead() {
        if (head == null) {
            head = now();
        }
        HeldPage page;
        try {
            page = read(head);
        } catch (CursorExpiredException e) {
            forgetAll(); // Listeners find out by themselves.
            return true;
        }
        if (page.next.equals(head)) {
            return false;
        }
        held.add(page);
        heldByStart.put(page.start, page);
        heldBytes += page.bytes;
        head = page.next;
        while (heldBytes > HELD_BYTES && held.size() > 1) {
            HeldPage oldest = held.remove();
            heldByStart.remove(oldest.start);
            heldBytes -= oldest.bytes;
        }
        return true;
    }

    private void forgetAll() {
        held.clear();
        heldByStart.clear();
        heldBytes = 0;
        head = null;
    }

    private HeldPage read(Cursor after) {
        ChangePage page = table.changes(after, PAGE_CHANGES).await().indefinitely();
        List<Entry> entries = new ArrayList<>(page.changes().size());
        long bytes = PAGE_OVERHEAD_BYTES;
        for (Change change : page.changes()) {
            LiveEvent.Kind kind = events.kindOf(change);
            if (kind != null && change instanceof Change.Stored stored) {
                entries.add(new Entry(stored.item(), kind));
                bytes += ENTRY_OVERHEAD_BYTES + stored.item().body().length();
            }
        }
        // A page of nothing that concerns anybody still leads on.
        return new HeldPage(after, entries.toArray(new Entry[0]), page.next(), bytes);
    }

    /** A part of the feed; who is at {@code start} finds the changes behind it here. */
    private record HeldPage(Cursor start, Entry[] entries, Cursor next, long bytes) {}

    /** A stored item that is an event, decoded when the first listener wants it. */
    private final class Entry {
        private final Item item;
        private final LiveEvent.Kind kind;
        private byte @Nullable [] json;

        Entry(Item item, LiveEvent.Kind kind) {
            this.item = item;
            this.kind = kind;
        }

        /** What to tell; empty if the item is damaged, which whoever reads it by name will be told. */
        byte[] json() {
            byte[] made = json;
            if (made == null) {
                try {
                    made = toJson.apply(events.decode(kind, item));
                } catch (CorruptItemException | IllegalArgumentException e) {
                    LOG.errorf(
                            "The live feed leaves out an item of %s: %s",
                            item.key().partitionKey(), e.getMessage());
                    made = NOTHING;
                }
                json = made;
            }
            return made;
        }
    }

    /** One listener's place in the feed. */
    public final class Subscription {
        private final LiveFilter filter;
        private Cursor place;
        private boolean expired;
        private @Nullable HeldPage page;
        private int nextEntry;
        private long silentSinceNanos = System.nanoTime();

        @SuppressWarnings("NullAway.Init") // set by start, before the feed sees it
        private LiveListener listener;

        private Subscription(LiveFilter filter, Cursor place, boolean expired) {
            this.filter = filter;
            this.place = place;
            this.expired = expired;
        }

        /** Tells {@code follower} from now on, until it is gone or the feed is closed. To be called once. */
        public void start(LiveListener follower) {
            listener = follower;
            places.incrementAndGet();
            subscriptions.add(this);
            runIfNotRunning();
            wake();
        }

        /** Tells what there is as far as there is room; whether there was any. */
        private boolean serve() {
            boolean progress = false;
            for (int i = 0; i < PAGES_PER_TURN && listener.isReady(); i++) {
                if (expired) {
                    tellMissed();
                }
                if (page == null) {
                    page = pageBehindPlace();
                    nextEntry = 0;
                }
                if (page == null) {
                    break;
                }
                tell(page);
                progress = true;
            }
            long now = System.nanoTime();
            if (progress) {
                silentSinceNanos = now;
            } else if (now - silentSinceNanos >= settings.heartbeatInterval().toNanos() && listener.isReady()) {
                listener.alive(place);
                listener.flush();
                silentSinceNanos = now;
            }
            return progress;
        }

        private @Nullable HeldPage pageBehindPlace() {
            HeldPage found = heldByStart.get(place);
            if (found != null || place.equals(head)) {
                return found;
            }
            try {
                found = read(place);
            } catch (CursorExpiredException e) {
                expired = true;
                return null;
            }
            return found.next.equals(place) ? null : found;
        }

        private void tellMissed() {
            place = table.changesFrom(ChangeStart.OLDEST).await().indefinitely();
            page = null;
            expired = false;
            missed.increment();
            listener.missed(place);
            listener.flush();
        }

        /** Tells the rest of a page, all of it if there is room. */
        private void tell(HeldPage current) {
            int last = lastWanted(current);
            int unflushed = 0;
            while (nextEntry <= last) {
                if (unflushed >= FLUSH_BYTES) {
                    listener.flush();
                    unflushed = 0;
                    if (!listener.isReady()) {
                        return;
                    }
                }
                Entry entry = current.entries[nextEntry];
                byte[] json = filter.accepts(entry.kind, entry.item.key()) ? entry.json() : NOTHING;
                if (json.length > 0) {
                    listener.event(entry.kind, json, nextEntry == last ? current.next : null);
                    told.increment();
                    unflushed += json.length;
                }
                nextEntry++;
            }
            if (unflushed > 0) {
                listener.flush();
            }
            place = current.next;
            page = null;
        }

        private int lastWanted(HeldPage current) {
            int last = current.entries.length - 1;
            while (last >= 0 && !filter.accepts(current.entries[last].kind, current.entries[last].item.key())) {
                last--;
            }
            return last;
        }
    }
}
