package io.hearth.series.erase;

import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.series.erase.ErasureLog.Entry;
import io.hearth.series.erase.ErasureLog.State;
import io.hearth.series.item.Hidden;
import io.hearth.series.value.Erasure;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What has been erased, so that what other regions wrote before is not taken in afterwards. Held in memory, by device; there
 * are few, and each is kept until everything that was written before it has expired everywhere. Safe for several threads.
 *
 * <p>An erasure is an {@linkplain StoredErasure item}. In this region it also has an entry in the {@linkplain ErasureLog log}, unless an
 * earlier build made it.
 */
public final class Erasures {
    /** Beyond the retention, as clocks of devices and regions differ. */
    private static final Duration MARGIN = Duration.ofDays(1);

    /** Where readings are kept for ever, a region that was away for longer must be built anew. */
    private static final Duration LONGEST = Duration.ofDays(366);

    /** How far back to look for what processes of an earlier build, which keep no log, have erased on a table that is shared. */
    private static final Duration OVERLAP = Duration.ofMinutes(10);

    /** How often to look at everything for that. */
    private static final Duration LOOKED_AT_WHOLE = Duration.ofMinutes(1);

    private final Table table;
    private final RegionId own;
    private final InstantSource wallClock;
    private final Duration life;
    private final ErasureLog log;
    private final Consumer<Erasure> learned;

    private final Map<DeviceId, NavigableMap<WriteStamp, Erasure>> byDevice = new ConcurrentHashMap<>();

    /** The same, to forget those that have expired. No two have one stamp. */
    private final NavigableMap<WriteStamp, Erasure> byStamp = new ConcurrentSkipListMap<>();

    private final AtomicLong changes = new AtomicLong();

    /** Held while an entry is added. What is known changes under the lock of this, which nobody holds while the table works. */
    private final ReentrantLock adding = new ReentrantLock();

    // Guarded by this, for writing.
    private final NavigableMap<Long, Entry> entries = new ConcurrentSkipListMap<>();
    private final Map<DeviceId, NavigableMap<Long, Entry>> open = new ConcurrentHashMap<>();
    private volatile long lastNumber;

    /** Erasures that an earlier build made, and may not have finished. */
    private final Queue<Erasure> unlogged = new ConcurrentLinkedQueue<>();

    private volatile long lookedAtWholeMillis;

    /**
     * Reads what is stored. Blocks.
     *
     * @param retention how long readings are kept; zero for ever
     * @param learned is called with each erasure that becomes known, before {@link #changes} tells of it; must not block
     */
    public Erasures(Table table, RegionId own, InstantSource wallClock, Duration retention, Consumer<Erasure> learned) {
        this.table = table;
        this.own = own;
        this.wallClock = wallClock;
        this.life = retention.isZero() ? LONGEST : retention.plus(MARGIN);
        this.log = new ErasureLog(table, life);
        this.learned = learned;
        Blocking.await(log.read(0)).forEach(this::learn);
        lookedAtWholeMillis = wallClock.millis();
        Blocking.await(readItems(0)).forEach(erasure -> {
            if (remember(erasure)) {
                unlogged.add(erasure);
            }
        });
    }

    private Uni<List<Erasure>> readItems(long sinceHybridTime) {
        byte[] start = ByteBuffer.allocate(Long.BYTES).putLong(sinceHybridTime).array();
        return ErasureLog.readFrom(
                table, Partitions.ERASURES, Bytes.wrap(start), StoredErasure::of, "An erasure is left out");
    }

    /** Learns what other processes have erased until now, on a table that is shared; does nothing on another one. */
    public Uni<Void> refresh() {
        if (!table.isShared()) {
            return Uni.createFrom().voidItem();
        }
        return Uni.createFrom().deferred(this::readLog).chain(this::readOfEarlierBuilds);
    }

    private Uni<Void> readLog() {
        // The last one is read again, to see that it is there; so are those whose state may have changed.
        long from = firstOpenOr(lastNumber);
        Entry known = entries.get(from);
        return log.read(from).chain(found -> {
            boolean goesOn =
                    known == null || (!found.isEmpty() && found.get(0).erasure().equals(known.erasure()));
            if (goesOn) {
                found.forEach(this::learn);
                return Uni.createFrom().voidItem();
            }
            // All have expired, and numbers may have begun anew.
            return log.read(0).invoke(this::beginAnew).replaceWithVoid();
        });
    }

    private long firstOpenOr(long number) {
        long first = number;
        for (NavigableMap<Long, Entry> ofDevice : open.values()) {
            for (Long its : ofDevice.keySet()) {
                first = Math.min(first, its);
                break;
            }
        }
        return first;
    }

    private synchronized void beginAnew(List<Entry> found) {
        entries.clear();
        open.clear();
        lastNumber = 0;
        found.forEach(this::learn);
    }

    private Uni<Void> readOfEarlierBuilds() {
        long now = wallClock.millis();
        boolean whole = Math.abs(now - lookedAtWholeMillis) >= LOOKED_AT_WHOLE.toMillis();
        long latest = byStamp.isEmpty() ? 0 : byStamp.lastKey().time().packed();
        long since = whole ? 0 : Math.max(0, latest - (OVERLAP.toMillis() << HybridTime.COUNTER_BITS));
        return readItems(since)
                .invoke(found -> {
                    found.forEach(this::remember);
                    lookedAtWholeMillis = whole ? now : lookedAtWholeMillis;
                })
                .replaceWithVoid();
    }

    private synchronized void learn(Entry entry) {
        Entry now = entries.merge(entry.number(), entry, Erasures::later);
        lastNumber = Math.max(lastNumber, entry.number());
        if (now.isOpen()) {
            open.computeIfAbsent(now.erasure().device(), device -> new ConcurrentSkipListMap<>())
                    .put(now.number(), now);
        } else {
            open.computeIfPresent(now.erasure().device(), (device, ofDevice) -> {
                ofDevice.remove(now.number());
                return ofDevice.isEmpty() ? null : ofDevice;
            });
        }
        remember(now.erasure());
    }

    /** An answer of the table may be older than what is known. */
    private static Entry later(Entry one, Entry other) {
        boolean isSame = one.erasure().equals(other.erasure());
        return isSame && one.state().compareTo(other.state()) > 0 ? one : other;
    }

    /** Knows an erasure from now on; whether it was not known. */
    private synchronized boolean remember(Erasure erasure) {
        if (byStamp.putIfAbsent(erasure.stamp(), erasure) != null) {
            return false;
        }
        byDevice.computeIfAbsent(erasure.device(), device -> new ConcurrentSkipListMap<>())
                .put(erasure.stamp(), erasure);
        learned.accept(erasure);
        changes.incrementAndGet();
        forgetExpired();
        return true;
    }

    private void forgetExpired() {
        long before = wallClock.millis() - life.toMillis();
        while (!byStamp.isEmpty() && byStamp.firstKey().time().physicalMillis() < before) {
            Erasure expired = byStamp.pollFirstEntry().getValue();
            byDevice.computeIfPresent(expired.device(), (device, ofDevice) -> {
                ofDevice.remove(expired.stamp());
                return ofDevice.isEmpty() ? null : ofDevice;
            });
            entries.values()
                    .removeIf(entry -> !entry.isOpen() && entry.erasure().equals(expired));
        }
    }

    /** A number that grows with every erasure that becomes known. */
    public long changes() {
        return changes.get();
    }

    /** The number of the last entry of the log that is known. */
    public long lastNumber() {
        return lastNumber;
    }

    /**
     * Stores an erasure as one that is pending, so that a crash leaves it either not begun or to be finished. Blocks.
     *
     * @param more to be stored in the same step where that is possible
     * @param numbered is called with the number of the entry before anybody knows it
     */
    Entry begin(Erasure erasure, List<Write> more, LongConsumer numbered) {
        List<Write> writes = new ArrayList<>();
        writes.add(new Write.Put(StoredErasure.item(erasure, life)));
        writes.addAll(more);
        adding.lock();
        try {
            return table.isShared() ? addShared(erasure, writes, numbered) : addAlone(erasure, writes, numbered);
        } finally {
            adding.unlock();
        }
    }

    private Entry addAlone(Erasure erasure, List<Write> writes, LongConsumer numbered) {
        Entry entry = new Entry(nextNumber(), erasure, State.PENDING, 0);
        numbered.accept(entry.number());
        writes.add(new Write.Put(log.item(entry)));
        Blocking.await(table.write(writes));
        learn(entry);
        return entry;
    }

    /** Nobody else gets it, even if the outcome of the write that is to have it will not be known. */
    private synchronized long nextNumber() {
        return ++lastNumber;
    }

    private Entry addShared(Erasure erasure, List<Write> writes, LongConsumer numbered) {
        long number = 0;
        while (true) {
            // Behind one that is taken, too, by an entry that cannot be read.
            number = Math.max(number, lastNumber) + 1;
            Entry entry = new Entry(number, erasure, State.PENDING, 0);
            try {
                Blocking.await(log.add(entry));
            } catch (ConditionFailedException e) {
                Blocking.await(refresh());
                continue;
            }
            numbered.accept(entry.number());
            learn(entry);
            Blocking.await(table.write(writes));
            return entry;
        }
    }

    /** Stores an erasure as other regions see it. Blocks. */
    void storeForPeers(Erasure erasure) {
        Blocking.await(table.write(List.of(new Write.Put(StoredErasure.item(erasure, life)))));
    }

    /** Stores how far an erasure has been carried out. Blocks. */
    void update(Entry entry) {
        Blocking.await(table.write(List.of(new Write.Put(log.item(entry)))));
        learn(entry);
    }

    /**
     * Stores that an erasure has been carried out; where other processes may still store something that it covers, until it has been
     * looked at once more. Blocks.
     */
    void carriedOut(Entry entry) {
        update(table.isShared() ? entry.removed(wallClock.millis()) : entry.done());
    }

    /** Erasures that an earlier build made, and may not have finished. */
    List<Erasure> unlogged() {
        return List.copyOf(unlogged);
    }

    /** Stores that there is nothing to finish of an erasure of an earlier build. Blocks. */
    void finished(Erasure ofEarlierBuild) {
        update(begin(ofEarlierBuild, List.of(), number -> {}).done());
        unlogged.remove(ofEarlierBuild);
    }

    public boolean knows(Erasure erasure) {
        return byStamp.containsKey(erasure.stamp());
    }

    /** What has been erased of a device. */
    public List<Erasure> of(DeviceId device) {
        NavigableMap<WriteStamp, Erasure> ofDevice = byDevice.get(device);
        return ofDevice == null ? List.of() : List.copyOf(ofDevice.values());
    }

    /** The erasures that cover readings of a write between two device times, both included. */
    public List<Erasure> covering(DeviceId device, WriteStamp write, long firstMicros, long lastMicros) {
        NavigableMap<WriteStamp, Erasure> ofDevice = byDevice.get(device);
        if (ofDevice == null) {
            return List.of();
        }
        return ofDevice.tailMap(write, false).values().stream()
                .filter(erasure -> erasure.range().startMicros() <= lastMicros
                        && erasure.range().endMicros() > firstMicros)
                .toList();
    }

    /**
     * Whether a reading was erased after it came in.
     *
     * @param deviceTimeMicros of the reading
     * @param cameInMicros epoch microseconds of the service
     */
    public boolean isErasedSince(DeviceId device, long deviceTimeMicros, long cameInMicros) {
        return of(device).stream()
                .anyMatch(erasure -> erasure.range().contains(deviceTimeMicros)
                        && Math.floorDiv(cameInMicros, 1000L)
                                <= erasure.stamp().time().physicalMillis());
    }

    /** The last erasure of the whole device; null if there was none. */
    @Nullable
    public Erasure lastOfWhole(DeviceId device) {
        NavigableMap<WriteStamp, Erasure> ofDevice = byDevice.get(device);
        if (ofDevice == null) {
            return null;
        }
        for (Erasure erasure : ofDevice.descendingMap().values()) {
            if (erasure.wholeDevice()) {
                return erasure;
            }
        }
        return null;
    }

    /** Those that have not been carried out completely, in the order in which they were stored. */
    List<Entry> open() {
        return open.values().stream()
                .flatMap(ofDevice -> ofDevice.values().stream())
                .sorted(Comparator.comparingLong(Entry::number))
                .toList();
    }

    /** Whether any erasure of a device has not been carried out completely. */
    public boolean isOpen(DeviceId device) {
        return open.containsKey(device);
    }

    /** What no answer may show of a device. */
    public Hidden hidden(DeviceId device) {
        NavigableMap<Long, Entry> ofDevice = open.get(device);
        if (ofDevice == null) {
            return Hidden.NOTHING;
        }
        List<Erasure> pending = new ArrayList<>();
        List<Erasure> removed = new ArrayList<>();
        ofDevice.values().forEach(entry -> (entry.state() == State.PENDING ? pending : removed).add(entry.erasure()));
        return Hidden.of(pending, removed, own);
    }
}
