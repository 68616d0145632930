package io.hearth.series.replicate;

import io.hearth.model.DeviceId;
import io.hearth.model.WriteStamp;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.clock.HybridClock;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.IncomingRun;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.item.StampedPoints;
import io.hearth.series.read.LatestCache;
import io.hearth.series.window.RunPlacement;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Stores what comes from other regions, records of devices and runs, and tells the cache of latest values. Safe for several
 * threads. Blocks; what is returned from is durable.
 */
final class RemoteStorage {
    private final Table table;
    private final WriteClock clock;
    private final DeviceCatalog catalog;
    private final Expiry expiry;
    private final LatestCache latest;
    private final RunPlacement placement;

    /** Held by who stores runs, where this process is the only one. */
    private final ReentrantLock placing = new ReentrantLock();

    RemoteStorage(Table table, WriteClock clock, DeviceCatalog catalog, Expiry expiry, LatestCache latest) {
        this.table = table;
        this.clock = clock;
        this.catalog = catalog;
        this.expiry = expiry;
        this.latest = latest;
        this.placement = new RunPlacement(table, expiry);
    }

    /**
     * Runs what stores runs. Where this process is the only one, no other thread puts a run between looking for its key and
     * storing it.
     */
    void whilePlacing(Runnable action) {
        if (table.isShared()) {
            action.run();
            return;
        }
        placing.lock();
        try {
            action.run();
        } finally {
            placing.unlock();
        }
    }

    /**
     * Stores what nobody else can have written. To be called {@linkplain #whilePlacing while placing}.
     *
     * @param contested takes those of which something else is stored under their key
     */
    void storePlain(List<IncomingRun> plain, List<IncomingRun> contested, ApplyTally tally) {
        if (table.isShared()) {
            place(plain, List.of(), tally);
        } else {
            storePlainAlone(plain, contested, tally);
        }
    }

    Optional<Item> recordFor(DeviceId device, Collection<String> metrics, WriteStamp stamp) {
        return catalog.recordFor(device, metrics, stamp.region(), stamp.time().physicalMillis() * 1000);
    }

    void writeRecords(Collection<Item> records) {
        if (!records.isEmpty()) {
            Blocking.await(catalog.store(List.copyOf(records)));
        }
    }

    /** Stores what nobody else can have written, in one batch; what is there already in another form is contested all the same. */
    private void storePlainAlone(List<IncomingRun> plain, List<IncomingRun> contested, ApplyTally tally) {
        Map<Key, IncomingRun> absent = new LinkedHashMap<>();
        for (IncomingRun run : plain) {
            Key key = run.item().key();
            IncomingRun before = absent.get(key);
            Bytes stored = before != null
                    ? before.item().body()
                    : Blocking.await(table.get(key, Consistency.STRONG))
                            .map(Item::body)
                            .orElse(null);
            if (stored == null) {
                absent.put(key, run);
                tally.readings += run.readings();
            } else if (stored.equals(run.item().body())) {
                tally.known++;
            } else {
                contested.add(run);
            }
        }
        if (!absent.isEmpty()) {
            List<Write> writes = new ArrayList<>(absent.size() + 1);
            absent.values().forEach(run -> writes.add(new Write.Put(run.item())));
            write(writes);
            absent.values().forEach(this::offerToLatest);
        }
    }

    /**
     * Stores runs, whoever has stored others under their keys. The horizon of the clock comes first: when they are durable, nothing
     * may fail any more before the latest values know of them.
     */
    void place(List<IncomingRun> runs, List<Item> more, ApplyTally tally) {
        write(List.of());
        List<Item> all = new ArrayList<>(more);
        runs.forEach(run -> all.add(run.item()));
        long failuresBefore = latest.failures();
        Map<Key, RunPlacement.Placed> placed;
        try {
            placed = placement.place(all);
        } catch (RuntimeException e) {
            // Those that did not fail may still be under way.
            all.forEach(run -> latest.failed(new DeviceId(run.key().partitionKey())));
            throw e;
        }
        latest.settled(failuresBefore);
        for (IncomingRun run : runs) {
            RunPlacement.Placed its = placed.get(run.item().key());
            if (its == RunPlacement.Placed.KNOWN) {
                tally.known++;
                continue;
            }
            tally.readings += run.readings();
            if (its == RunPlacement.Placed.BESIDE) {
                latest.forget(run.device()); // some of it has another stamp now
            } else {
                offerToLatest(run);
            }
        }
        // What is sealed has won by a later stamp than that of its write, which is the one that the cache knows.
        more.forEach(run -> latest.forget(new DeviceId(run.key().partitionKey())));
    }

    /** Along with the horizon of the clock: what is stored here from now on is later, also after a restart. */
    void write(List<Write> writes) {
        HybridClock.Tick tick = clock.awaitNext();
        List<Write> all = new ArrayList<>(writes);
        clock.horizonOf(tick).ifPresent(horizon -> all.add(new Write.Put(horizon)));
        if (!all.isEmpty()) {
            long failuresBefore = latest.failures();
            try {
                Blocking.await(table.write(all));
            } catch (OutcomeUnknownException e) {
                writes.forEach(write -> latest.failed(new DeviceId(write.key().partitionKey())));
                throw e;
            }
            latest.settled(failuresBefore);
        }
        clock.stored(tick);
    }

    private void offerToLatest(IncomingRun one) {
        latest.committed(one.device(), one::block, one.stamp(), Expiry.keptMicros(one.retentionSeconds()));
    }

    /** The runs that say again what wins here, and the records for them. */
    List<Item> rewrite(DeviceId device, StampedPoints again) {
        List<Item> runs = again.runs(device, expiry);
        for (Item run : runs) {
            WriteStamp stamp = SeriesKeys.runStamp(run.key().sortKey());
            clock.follow(stamp.time().packed());
            writeRecords(recordFor(device, Set.of(), stamp).stream().toList());
        }
        return runs;
    }
}
