package io.hearth.live;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
 * <p>Those who keep up share one reading of it. A listener that does not has a place in the feed, and reads on from there by
 * itself when it has room; if the feed is no longer kept there, it is told so. What is held is the last few megabytes of the
 * feed, and nothing while nobody listens.
 *
 * <p>What listeners have not taken yet, and pages that they have not been told to the end, is bounded in all. When it is as much
 * as it may be, nobody is told more until others have taken theirs, and those are cut for whom something has waited for long:
 * they may come back with the last place that they were given.
 *
 * <p>Delivery is at least once and in commit order per device: a listener that resumes gets the events behind the place it
 * names, of which the last few may have arrived before.
 */
public final class LiveFeed implements AutoCloseable {
    /**
     * How often the feed looks for changes, and how much it holds for its listeners.
     *
     * @param pollInterval how long to wait before looking for changes again when there were none
     * @param heartbeatInterval how long a listener may hear nothing
     * @param maxListeners how many may follow at a time
     * @param queueBytes what may wait for one listener before it is told no more, but for one event
     * @param allBytes what may wait for all listeners
     * @param slow for how long there may be no room for all before a listener is cut for whom something waits all this time
     */
    public record Settings(
            Duration pollInterval,
            Duration heartbeatInterval,
            int maxListeners,
            int queueBytes,
            long allBytes,
            Duration slow) {}

    private static final Logger LOG = Logger.getLogger(LiveFeed.class);

    /** So that one who has much to catch up on does not hold up the others. */
    private static final int PAGES_PER_TURN = 4;

    /** A flush at least this often, as only then a listener knows whether it has room. */
    private static final int FLUSH_BYTES = 16 << 10;

    private static final byte[] NOTHING = new byte[0];

    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(2);

    private final FeedPage.Decoder decoder;
    private final Settings settings;
    private final List<Subscription> subscriptions = new CopyOnWriteArrayList<>();
    private final AtomicInteger places = new AtomicInteger();
    private final LongAdder told = new LongAdder();
    private final LongAdder missed = new LongAdder();
    private final LongAdder cut = new LongAdder();
    private final AtomicBoolean awake = new AtomicBoolean();
    private volatile long waitingBytes;
    private @Nullable Thread thread;
    private volatile boolean closed;

    private final FeedPages pages;
    private final WaitingBytes owed;

    public LiveFeed(Table table, LiveEvents events, Function<LiveEvent, byte[]> toJson, Settings settings) {
        decoder = entry -> toJson.apply(entry.event());
        this.settings = settings;
        pages = new FeedPages(table, events);
        owed = new WaitingBytes(settings.allBytes(), settings.slow().toNanos());
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

    /** How many listeners were cut because something waited for them for long while there was no room for all. */
    public long cut() {
        return cut.sum();
    }

    /** What waits for listeners, bytes, about. */
    public long waitingBytes() {
        return waitingBytes;
    }

    /** What may wait for one listener before it is told no more, bytes. */
    public int queueBytes() {
        return settings.queueBytes();
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
            return Optional.of(new Subscription(filter, pages.now(), false));
        }
        return Optional.of(new Subscription(filter, after, !pages.isKept(after)));
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
            Thread made = DaemonThreads.thread("hearth-live", this::run);
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
                pages.forgetAll();
                waitingBytes = 0;
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
        boolean progress = pages.advance();
        owed.set(weighed());
        cutSlow();
        for (Subscription subscription : subscriptions) {
            if (subscription.listener.isGone()) {
                remove(subscription);
            } else {
                long before = subscription.listener.waitingBytes();
                progress |= subscription.serve();
                owed.add(Math.max(0, subscription.listener.waitingBytes() - before));
            }
        }
        waitingBytes = owed.bytes();
        return progress;
    }

    private void remove(Subscription subscription) {
        if (subscriptions.remove(subscription)) {
            places.decrementAndGet();
        }
    }

    /** What waits for listeners: what they have been told and have not taken, and pages that are theirs alone. */
    private long weighed() {
        long bytes = 0;
        Set<FeedPage> own = Collections.newSetFromMap(new IdentityHashMap<>());
        long now = System.nanoTime();
        for (Subscription subscription : subscriptions) {
            long waits = subscription.listener.waitingBytes();
            if (waits == 0) {
                subscription.emptySinceNanos = now;
            }
            bytes += waits;
            FeedPage page = subscription.page;
            if (page != null && !pages.isHeld(page) && own.add(page)) {
                bytes += page.bytes();
            }
        }
        return bytes;
    }

    /**
     * Where there is no room for all, cuts those for whom something has waited all the time for long, the longest first, until
     * half of it is free. With many listeners that may be less than each of them may have.
     */
    private void cutSlow() {
        long now = System.nanoTime();
        if (!owed.isFullForLong(now)) {
            return;
        }
        long slowNanos = settings.slow().toNanos();
        List<Subscription> slow = new ArrayList<>(subscriptions);
        slow.removeIf(each -> each.listener.waitingBytes() == 0 || now - each.emptySinceNanos < slowNanos);
        slow.sort(Comparator.comparingLong(each -> each.emptySinceNanos - now));
        for (Subscription each : slow) {
            if (owed.isHalfFree()) {
                break;
            }
            remove(each);
            owed.add(-each.listener.waitingBytes());
            each.page = null;
            each.listener.cut();
            cut.increment();
        }
    }

    /** One listener's place in the feed. */
    public final class Subscription {
        private final LiveFilter filter;
        private Cursor place;
        private boolean expired;
        private @Nullable FeedPage page;
        private int nextEntry;
        private long silentSinceNanos = System.nanoTime();

        /** When nothing was seen to wait for it last. */
        private long emptySinceNanos = System.nanoTime();

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
                // What has been read for it does not grow by being told, and would never go if all that is owed were
                // pages.
                boolean isTakingItsPage = page != null && listener.waitingBytes() == 0;
                if (!isTakingItsPage && !owed.hasRoom()) {
                    break;
                }
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

        private @Nullable FeedPage pageBehindPlace() {
            FeedPage found = pages.heldAt(place);
            if (found != null || pages.isHead(place)) {
                return found;
            }
            try {
                found = pages.readAt(place);
            } catch (CursorExpiredException e) {
                expired = true;
                return null;
            }
            if (found.next().equals(place)) {
                return null;
            }
            owed.add(found.bytes());
            return found;
        }

        private void tellMissed() {
            place = pages.oldest();
            page = null;
            expired = false;
            missed.increment();
            listener.missed(place);
            listener.flush();
        }

        /** Tells the rest of a page, all of it if there is room. */
        private void tell(FeedPage current) {
            int last = current.lastWanted(filter);
            int unflushed = 0;
            while (nextEntry <= last) {
                if (unflushed >= FLUSH_BYTES) {
                    listener.flush();
                    unflushed = 0;
                    if (!listener.isReady()) {
                        return;
                    }
                }
                byte[] json = current.accepts(filter, nextEntry) ? current.json(nextEntry, decoder) : NOTHING;
                if (json.length > 0) {
                    listener.event(current.kind(nextEntry), json, nextEntry == last ? current.next() : null);
                    told.increment();
                    unflushed += json.length;
                }
                nextEntry++;
            }
            if (unflushed > 0) {
                listener.flush();
            }
            place = current.next();
            page = null;
        }
    }
}
