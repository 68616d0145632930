package io.hearth.series.replicate;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.SeriesStore;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.chunk.Span;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.erase.Eraser;
import io.hearth.series.erase.ErasurePass;
import io.hearth.series.erase.Erasures;
import io.hearth.series.item.BlockBuilder;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.Hidden;
import io.hearth.series.item.IncomingRun;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.item.StampedPoints;
import io.hearth.series.read.LatestCache;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.value.ClockAheadException;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Takes in what other regions have written, with the stamps that it has there. Everything may come twice and in any order, and
 * what is stored in the end is the same: readings are a union by device, time and metric, of which the latest write wins, less
 * what an erasure covers.
 *
 * <p>In a chunk a reading may have a stamp later than that of its write. Where such a reading wins against one that comes in,
 * other regions could see it the other way round; so it is written once more, as a run with that later stamp, which they get.
 *
 * <p>Safe for several threads. Blocks until the table answers; what is returned is durable.
 */
public final class RemoteWrites {
    private final Parts parts;
    private final RemoteStorage storage;
    private final Comparison comparison;

    /** Held for reading from looking for erasures to having stored; whoever gets it for writing has waited for all of that. */
    private final ReentrantReadWriteLock storing = new ReentrantReadWriteLock();

    /** What the store is made of. */
    public record Parts(
            Table table,
            RegionId region,
            InstantSource wallClock,
            WriteClock clock,
            DeviceCatalog catalog,
            Expiry expiry,
            LatestCache latest,
            Erasures erasures,
            ErasurePass pass,
            Eraser eraser,
            Rollups rollups) {}

    public RemoteWrites(Parts parts) {
        this.parts = parts;
        this.storage = new RemoteStorage(parts.table, parts.clock, parts.catalog, parts.expiry, parts.latest);
        this.comparison = new Comparison(parts.table, parts.region);
    }

    /**
     * Takes note of the time of a write that is taken in elsewhere, so that what is written here from now on is later.
     *
     * @throws ClockAheadException as for runs
     */
    public void observe(WriteStamp write, Duration maxClockAhead) {
        parts.clock.observe(write.time(), maxClockAhead);
    }

    /**
     * Stores runs. Those that are damaged are refused by name, and the others are stored.
     *
     * @param peer who sends them; its own need no comparing with what others have written
     * @throws ClockAheadException a stamp is more than {@code maxClockAhead} ahead of the clock here; nothing was stored
     * @throws UnsupportedFormatException one was written by a later build; nothing was stored
     * @throws IllegalStateException what is stored here beside one was written by a later build; some may be stored
     * @throws IllegalArgumentException a device has more metrics than can be stored; some may be stored, and all may come again
     * @throws io.hearth.table.TableException the table failed; some may be stored, and all may come again
     */
    public ApplyResult apply(List<RemoteRun> runs, RegionId peer, Duration maxClockAhead) {
        ApplyTally tally = new ApplyTally();
        List<IncomingRun> incoming = new ArrayList<>(runs.size());
        long latestStamp = 0;
        for (RemoteRun run : runs) {
            IncomingRun one = parse(run, tally);
            if (one != null) {
                incoming.add(one);
                latestStamp = Math.max(latestStamp, one.stamp().time().packed());
            }
        }
        if (incoming.isEmpty()) {
            return tally.result();
        }
        parts.clock.observe(new HybridTime(latestStamp), maxClockAhead);
        Blocking.await(parts.erasures.refresh());
        long erased = parts.erasures.changes();
        storing.readLock().lock();
        try {
            store(incoming, peer, tally);
        } catch (UnsupportedFormatException e) {
            throw storedByALaterBuild(e);
        } finally {
            storing.readLock().unlock();
        }
        lookAgain(incoming.stream().map(IncomingRun::device).collect(Collectors.toSet()), erased);
        return tally.result();
    }

    /** What is stored here, and not what came in, has a format that this build does not know. */
    private static IllegalStateException storedByALaterBuild(UnsupportedFormatException e) {
        return new IllegalStateException("what is stored here beside it cannot be read: " + e.getMessage(), e);
    }

    /** Returns when what has been looked for among erasures, and was let pass, is stored. */
    public void awaitStores() {
        storing.writeLock().lock();
        try {
            return; // those who held it for reading are through
        } finally {
            storing.writeLock().unlock();
        }
    }

    /**
     * Another process may have erased what has just been stored, and looked for it before it was: whichever of the two came first,
     * one of them now sees the other.
     *
     * @param erased what {@link Erasures#changes} answered before the devices were looked for among erasures
     */
    private void lookAgain(Set<DeviceId> devices, long erased) {
        if (!parts.table.isShared()) {
            return; // the eraser has waited
        }
        Blocking.await(parts.erasures.refresh());
        if (parts.erasures.changes() == erased) {
            return;
        }
        for (DeviceId device : devices) {
            for (Erasure erasure : parts.erasures.of(device)) {
                parts.pass.removeForeign(erasure);
                parts.eraser.removeRecord(erasure);
            }
            parts.latest.forget(device);
        }
    }

    private @Nullable IncomingRun parse(RemoteRun run, ApplyTally tally) {
        try {
            IncomingRun parsed = IncomingRun.parse(run, parts.expiry);
            if (parts.expiry.hasPassed(Expiry.ofReadings(parsed.lastMicros(), parsed.retentionSeconds()))) {
                tally.expired++;
                return null;
            }
            return parsed;
        } catch (UnsupportedFormatException e) {
            throw e;
        } catch (RuntimeException e) {
            // Whatever is wrong with it: nothing else may have to wait for it.
            tally.refuse("a run of " + run.key().partitionKey(), e);
            return null;
        }
    }

    private void store(List<IncomingRun> incoming, RegionId peer, ApplyTally tally) {
        Map<DeviceId, Item> records = new LinkedHashMap<>();
        List<IncomingRun> contested = new ArrayList<>();
        List<IncomingRun> plain = new ArrayList<>(incoming.size());
        for (IncomingRun one : incoming) {
            List<IncomingRun> left = withoutErased(one);
            if (left.isEmpty()) {
                tally.erased++;
            }
            for (IncomingRun run : left) {
                RegionId writer = run.stamp().region();
                boolean isPlain = writer.equals(peer) && parts.catalog.isWrittenOnlyBy(run.device(), writer);
                storage.recordFor(run.device(), run.metrics(), run.stamp())
                        .ifPresent(record -> records.put(run.device(), record));
                (isPlain ? plain : contested).add(run);
            }
        }
        storage.writeRecords(records.values());
        storage.whilePlacing(() -> {
            storage.storePlain(plain, contested, tally);
            storeContested(contested, tally);
        });
    }

    /** The run without readings that have been erased; empty if none is left. */
    private List<IncomingRun> withoutErased(IncomingRun run) {
        List<Erasure> covering =
                parts.erasures.covering(run.device(), run.stamp(), run.firstMicros(), run.lastMicros());
        if (covering.isEmpty()) {
            return List.of(run);
        }
        return StampedPoints.without(covering, run.item(), parts.expiry).stream()
                .map(left -> IncomingRun.parse(new RemoteRun(left.key(), left.body()), parts.expiry))
                .toList();
    }

    /** Runs of devices that several regions write, or that may have come before. */
    private void storeContested(List<IncomingRun> runs, ApplyTally tally) {
        List<IncomingRun> stored = new ArrayList<>();
        Map<DeviceId, StampedPoints> again = new LinkedHashMap<>();
        for (IncomingRun run : runs) {
            LocalReadings local = comparison.read(run.device(), run.firstMicros(), run.lastMicros());
            StampedPoints rewritten = again.computeIfAbsent(run.device(), device -> new StampedPoints());
            if (comparison.changesAnything(run, local, rewritten, tally)) {
                stored.add(run);
            } else {
                tally.known++;
            }
        }
        List<Item> rewrittenRuns = new ArrayList<>();
        again.forEach((device, points) -> rewrittenRuns.addAll(storage.rewrite(device, points)));
        if (!stored.isEmpty() || !rewrittenRuns.isEmpty()) {
            storage.place(stored, rewrittenRuns, tally);
        }
    }

    /**
     * Stores a chunk: as it is where nothing else is stored of its time, else what of it is not there yet. One that is damaged
     * is refused by name.
     *
     * @throws ClockAheadException as for runs
     * @throws UnsupportedFormatException as for runs
     * @throws IllegalArgumentException as for runs
     * @throws io.hearth.table.TableException as for runs
     */
    public ApplyResult apply(DeviceId device, Bytes chunkBody, Duration maxClockAhead) {
        ApplyTally tally = new ApplyTally();
        Chunk chunk;
        ReadingBlock block;
        try {
            chunk = Chunk.open(chunkBody.array());
            block = chunk.decode(metric -> true, new ChunkScratch());
            if (SeriesKeys.windowStart(chunk.firstMicros()) != SeriesKeys.windowStart(chunk.lastMicros())) {
                throw new CorruptItemException("the readings of a chunk lie in one window");
            }
            IncomingRun.check(block);
        } catch (UnsupportedFormatException e) {
            throw e;
        } catch (RuntimeException e) {
            tally.refuse("a chunk of " + device, e);
            return tally.result();
        }
        if (parts.expiry.hasPassed(parts.expiry.ofChunk(device, SeriesKeys.windowStart(chunk.firstMicros()), chunk))) {
            tally.expired++;
            return tally.result();
        }
        long latestStamp = chunk.spans().stream()
                .mapToLong(span -> span.stamp().time().packed())
                .max()
                .orElse(0);
        parts.clock.observe(new HybridTime(latestStamp), maxClockAhead);
        Blocking.await(parts.erasures.refresh());
        long erased = parts.erasures.changes();
        storing.readLock().lock();
        try {
            store(device, chunk, block, tally);
        } catch (UnsupportedFormatException e) {
            throw storedByALaterBuild(e);
        } finally {
            storing.readLock().unlock();
        }
        lookAgain(Set.of(device), erased);
        return tally.result();
    }

    private void store(DeviceId device, Chunk chunk, ReadingBlock whole, ApplyTally tally) {
        BlockBuilder builder = new BlockBuilder(
                Set.of(),
                TimeRange.ALL,
                EpochMicros.of(parts.wallClock.instant()),
                whole.size(),
                Hidden.of(parts.erasures.of(device)));
        builder.addChunk(whole, chunk.spans());
        ReadingBlock block = builder.build();
        if (block.size() == 0) {
            tally.erased++;
            return;
        }
        List<Span> spans = builder.spans();
        LocalReadings local = comparison.read(device, block.timesMicros()[0], block.timesMicros()[block.size() - 1]);
        List<String> metrics = block.columns().stream().map(Column::metric).toList();
        // Rollups are made of what is sealed here.
        if (local.isEmpty() && !parts.rollups.areKeptFor(device)) {
            List<Write> writes = new ArrayList<>();
            long window = SeriesKeys.windowStart(block.timesMicros()[0]);
            for (byte[] body : ChunkWriter.encode(block, spans, chunk.extras())) {
                writes.add(new Write.Put(new Item(
                        SeriesKeys.chunk(device, window, parts.clock.awaitNext().hybridTime(), 0),
                        Bytes.wrap(body),
                        parts.expiry.ofChunk(device, window, Chunk.open(body)),
                        0,
                        null)));
            }
            writeRecordsFor(device, metrics, spans);
            storage.write(writes);
            tally.readings += block.size();
        } else {
            StampedPoints missing = new StampedPoints();
            StampedPoints again = new StampedPoints();
            comparison.addMissing(block, spans, local, missing, again, tally);
            List<Item> runs = new ArrayList<>(missing.runs(device, parts.expiry));
            runs.addAll(storage.rewrite(device, again));
            if (runs.isEmpty()) {
                tally.known++;
                return;
            }
            writeRecordsFor(device, metrics, spans);
            storage.whilePlacing(() -> storage.place(List.of(), runs, tally));
        }
        parts.latest.forget(device);
    }

    private void writeRecordsFor(DeviceId device, List<String> metrics, List<Span> spans) {
        for (Span span : spans) {
            storage.writeRecords(
                    storage.recordFor(device, metrics, span.stamp()).stream().toList());
        }
    }

    /** Takes note of what another region knows of a device. */
    public void apply(DeviceSummary other) {
        long erased = parts.erasures.changes();
        storing.readLock().lock();
        try {
            Erasure last = parts.erasures.lastOfWhole(other.id());
            boolean isOfBefore = last != null && other.firstSeenMicros() < last.behindMicros();
            if (!isOfBefore) {
                storage.writeRecords(
                        parts.catalog.recordMergedWith(other).stream().toList());
            }
        } finally {
            storing.readLock().unlock();
        }
        lookAgain(Set.of(other.id()), erased);
    }

    /**
     * Erases what another region has erased; nothing is done if that is known.
     *
     * @return whether it was news
     * @throws ClockAheadException as for runs
     * @throws RuntimeException something could not be removed; it is in no answer any more, and tried again
     */
    public boolean apply(Erasure erasure, Duration maxClockAhead) {
        Blocking.await(parts.erasures.refresh());
        if (parts.erasures.knows(erasure)) {
            return false;
        }
        parts.clock.observe(erasure.stamp().time(), maxClockAhead);
        parts.eraser.takeIn(erasure, parts.clock.awaitNext());
        return true;
    }

    /** As {@link SeriesStore#finishErasures}. */
    public void finishErasures() {
        parts.eraser.finish();
    }
}
