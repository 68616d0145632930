package io.hearth.series.erase;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.SeriesStore;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.catalog.StoredDevice;
import io.hearth.series.clock.HybridClock;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.erase.ErasureLog.Entry;
import io.hearth.series.erase.ErasureLog.State;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.read.LatestCache;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.series.window.Windows;
import io.hearth.table.Blocking;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Carries erasures out: stores that they are pending, removes what they cover, and stores that they are done. What a crash leaves
 * pending is finished by the next process, and hidden from every answer until then.
 *
 * <p>Where several processes use the table, an erasure is answered when all others know it and stamp their writes behind it. A
 * process that stalls may still store what it had begun before; so what the erasure covers is looked for once more, later.
 *
 * <p>Safe for several threads. Blocks.
 */
public final class Eraser {
    private static final Logger LOG = Logger.getLogger(Eraser.class);

    /** After so long without a word from it, the process that erases is taken for dead. Longer than an erasure waits for others. */
    private static final Duration TAKEN_OVER_AFTER = Duration.ofMinutes(1);

    /** For so long a process may stall and still have its writes stamped anew. */
    private static final Duration SETTLED_AFTER = Duration.ofHours(1);

    private final Parts parts;

    /** Held for writing while this process begins an erasure and carries it out, for reading while a dead letter is replayed. */
    private final ReadWriteLock erasing = new ReentrantReadWriteLock();

    /** Pending erasures of other processes, and when this one saw them first, epoch milliseconds. */
    private final Map<Long, Long> seenMillis = new ConcurrentHashMap<>();

    /** Those that this process is carrying out. */
    private final Set<Long> inHand = ConcurrentHashMap.newKeySet();

    private final AtomicLong failures = new AtomicLong();

    private volatile Consumer<Erasure> listener = erasure -> {};

    /** Those of which the log says that they failed: they are tried every few seconds. */
    private final Set<Erasure> reported = ConcurrentHashMap.newKeySet();

    /** What the eraser is made of. */
    public record Parts(
            Table table,
            RegionId region,
            InstantSource wallClock,
            WriteClock clock,
            DeviceCatalog catalog,
            ErasurePass pass,
            Windows windows,
            Rollups rollups,
            LatestCache latest,
            Erasures erasures,
            Writers writers) {}

    /** Those who may be about to store what an erasure covers. */
    public interface Writers {
        /** Returns when what this process has begun to store has settled. */
        void awaitOwn();

        /** Returns when every other process knows the erasures of the log up to a number, or has had the time for it. */
        void awaitOthers(long number);
    }

    public Eraser(Parts parts) {
        this.parts = parts;
    }

    /** As {@link SeriesStore#whenErased}. */
    public void whenErased(Consumer<Erasure> newListener) {
        listener = newListener;
    }

    /** Runs work that stores what came in earlier and is not erased since; {@link #erase} does not begin meanwhile. */
    public <T> T besideErasures(Supplier<T> work) {
        erasing.readLock().lock();
        try {
            return work.get();
        } finally {
            erasing.readLock().unlock();
        }
    }

    /**
     * Erases the readings of a device in a range. On return none that has been written before is in any answer, and whatever is
     * written from then on is later.
     *
     * @param wholeDevice whether the device is erased with all of its readings
     * @throws RuntimeException something could not be removed; it is hidden, and tried again
     */
    public void erase(DeviceId device, TimeRange range, boolean wholeDevice) {
        erasing.writeLock().lock();
        try {
            if (parts.table.isShared()) {
                // What another process has written may have a stamp that this one's clock has not come to yet.
                parts.clock.follow(parts.pass.latestHybridTime(device, range));
            }
            HybridClock.Tick tick = parts.clock.awaitNext();
            WriteStamp stamp = new WriteStamp(new HybridTime(tick.hybridTime()), parts.region);
            erase(new Erasure(device, range, wholeDevice, stamp), tick);
        } finally {
            erasing.writeLock().unlock();
        }
    }

    private void erase(Erasure erasure, HybridClock.Tick tick) {
        Entry entry = begin(erasure, tick);
        try {
            parts.writers.awaitOwn();
            parts.writers.awaitOthers(entry.number());
            carryOut(entry);
        } finally {
            inHand.remove(entry.number());
        }
    }

    /**
     * Erases what another region has erased. Nobody waits for that, so other processes are not waited for.
     *
     * @param tick a time behind that of the erasure
     * @throws RuntimeException as {@link #erase}
     */
    public void takeIn(Erasure erasure, HybridClock.Tick tick) {
        Entry entry = begin(erasure, tick);
        try {
            parts.writers.awaitOwn();
            carryOut(entry);
        } finally {
            inHand.remove(entry.number());
        }
    }

    private Entry begin(Erasure erasure, HybridClock.Tick tick) {
        List<Write> horizon =
                parts.clock.horizonOf(tick).<Write>map(Write.Put::new).stream().toList();
        Entry entry = parts.erasures.begin(erasure, horizon, number -> inHand.add(number));
        parts.clock.stored(tick);
        return entry;
    }

    private void carryOut(Entry entry) {
        remove(entry.erasure());
        listener.accept(entry.erasure());
        parts.erasures.carriedOut(entry);
    }

    private void remove(Erasure erasure) {
        try {
            parts.pass.removeAll(erasure);
            removeRecord(erasure);
        } finally {
            parts.latest.forget(erasure.device());
        }
    }

    /**
     * Removes what a crash has left of readings, where no other process uses the table. It stays pending, as the listener has to
     * hear of it, too: {@link #finish} does the rest.
     *
     * @throws RuntimeException as {@link #finish}
     */
    public void removePending() {
        RuntimeException first = null;
        for (Entry entry : parts.erasures.open()) {
            first = attempt(entry.erasure(), () -> remove(entry.erasure()), first);
        }
        if (first != null) {
            throw first;
        }
    }

    /**
     * Finishes what is open: erasures that a crash has left, and, where several processes use the table, those of which
     * something might have come back. One that fails is logged and counted, and keeps no other from being finished. To be called
     * when the store has been opened, and from time to time.
     *
     * @throws RuntimeException what the first one failed with
     */
    public void finish() {
        Blocking.await(parts.erasures.refresh());
        RuntimeException first = null;
        try {
            finishPending();
        } catch (RuntimeException e) {
            first = e;
        }
        for (Erasure erasure : parts.erasures.unlogged()) {
            first = attempt(erasure, () -> finishOfEarlierBuild(erasure), first);
        }
        seenMillis
                .keySet()
                .retainAll(parts.erasures.open().stream().map(Entry::number).toList());
        if (first != null) {
            throw first;
        }
    }

    private void finishPending() {
        RuntimeException first = null;
        for (Entry entry : parts.erasures.open()) {
            first = attempt(entry.erasure(), () -> finish(entry), first);
        }
        if (first != null) {
            throw first;
        }
    }

    private @Nullable RuntimeException attempt(Erasure erasure, Runnable action, @Nullable RuntimeException before) {
        try {
            action.run();
            reported.remove(erasure);
            return before;
        } catch (RuntimeException e) {
            failures.incrementAndGet();
            LOG.logf(
                    reported.add(erasure) ? Logger.Level.ERROR : Logger.Level.DEBUG,
                    "The erasure of device %s of %s is not finished, and is tried again: %s",
                    erasure.device(),
                    erasure.stamp(),
                    e.getMessage());
            return before == null ? e : before;
        }
    }

    private void finish(Entry entry) {
        long now = parts.wallClock.millis();
        if (entry.state() == State.REMOVED) {
            if (now - entry.removedMillis() >= SETTLED_AFTER.toMillis()) {
                parts.pass.removeRest(entry.erasure());
                removeRecord(entry.erasure());
                parts.latest.forget(entry.erasure().device());
                listener.accept(entry.erasure());
                parts.erasures.update(entry.done());
            }
            return;
        }
        if (parts.table.isShared()) {
            long seen = seenMillis.computeIfAbsent(entry.number(), number -> now);
            if (now - seen < TAKEN_OVER_AFTER.toMillis()) {
                return;
            }
        }
        if (inHand.add(entry.number())) {
            try {
                if (parts.table.isShared()) {
                    // The process may have died before it stored what other regions see of it.
                    parts.erasures.storeForPeers(entry.erasure());
                }
                parts.writers.awaitOthers(entry.number());
                carryOut(entry);
                LOG.infof(
                        "An erasure of device %s that was left pending is finished",
                        entry.erasure().device());
            } finally {
                inHand.remove(entry.number());
            }
        }
    }

    /** It has removed what it covers, or has crashed. What was sealed since is spared: rollups have no stamps. */
    private void finishOfEarlierBuild(Erasure erasure) {
        parts.pass.removeReadings(erasure);
        removeRecord(erasure);
        parts.latest.forget(erasure.device());
        listener.accept(erasure);
        parts.erasures.finished(erasure);
    }

    /** How many erasures have not been carried out at all. */
    public int pending() {
        return (int) parts.erasures.open().stream()
                .filter(entry -> entry.state() == State.PENDING)
                .count();
    }

    /** How often finishing one has failed. */
    public long failures() {
        return failures.get();
    }

    /** The record of a device goes with its readings; one that has been written since stays, as one that is new since. */
    public void removeRecord(Erasure erasure) {
        if (erasure.wholeDevice()) {
            parts.windows.exclusively(() -> {
                while (!removeRecordUnlessChanged(erasure)) {
                    // Somebody has written it meanwhile.
                }
                return null;
            });
        }
    }

    private boolean removeRecordUnlessChanged(Erasure erasure) {
        DeviceId device = erasure.device();
        Optional<Item> found = parts.catalog.item(device);
        boolean hasReadings = parts.pass.hasReadings(device);
        if (found.isEmpty()) {
            return !hasReadings || parts.catalog.put(describe(erasure), Condition.absent());
        }
        DeviceSummary record = StoredDevice.of(found.get());
        Condition unchanged = Condition.version(found.get().version());
        if (record.firstSeenMicros() >= erasure.behindMicros()) {
            return true;
        }
        if (hasReadings) {
            return parts.catalog.put(StoredDevice.itemSince(record, erasure.behindMicros()), unchanged);
        }
        parts.rollups.eraseRecord(device);
        try {
            Blocking.await(parts.table.delete(SeriesKeys.device(device), unchanged));
        } catch (ConditionFailedException e) {
            return false;
        }
        parts.catalog.gone(device);
        return true;
    }

    /** The record of a device that has readings but none; of a process that did not know that it was erased. */
    private Item describe(Erasure erasure) {
        Set<String> metrics = new TreeSet<>();
        Set<RegionId> regions = new HashSet<>();
        parts.pass.describe(erasure.device(), metrics, regions);
        return StoredDevice.item(erasure.device(), erasure.behindMicros(), metrics, regions);
    }
}
