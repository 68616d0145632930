package io.hearth.series.replicate;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.SeriesStore;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.chunk.Span;
import io.hearth.series.clock.HybridClock;
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
import io.hearth.series.window.RunPlacement;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.CorruptItemException;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.hearth.table.UnsupportedFormatException;
import io.hearth.table.Write;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
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
    private static final Logger LOG = Logger.getLogger(RemoteWrites.class);

    private final Parts parts;
    private final RunPlacement placement;

    /** Held by who stores runs, where this process is the only one. */
    private final ReentrantLock placing = new ReentrantLock();

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
        this.placement = new RunPlacement(parts.table, parts.expiry);
    }

    /**
     * What became of runs or a chunk that came in.
     *
     * @param readings that were stored
     * @param known runs or chunks that brought nothing new
     * @param erased runs or chunks of which nothing is left after erasures
     * @param expired runs or chunks that have expired
     * @param conflicts points that two regions had written differently
     * @param refused runs or chunks that are damaged
     * @param reason why the first one was refused
     */
    public record Outcome(
            int readings,
            int known,
            int erased,
            int expired,
            int conflicts,
            int refused,
            @Nullable String reason) {
        public Outcome plus(Outcome other) {
            return new Outcome(
                    readings + other.readings,
                    known + other.known,
                    erased + other.erased,
                    expired + other.expired,
                    conflicts + other.conflicts,
                    refused + other.refused,
                    reason == null ? other.reason : reason);
        }

        public static final Outcome NOTHING = new Outcome(0, 0, 0, 0, 0, 0, null);
    }

    private static final class Tally {
        private int readings;
        private int known;
        private int erased;
        private int expired;
        private int conflicts;
        private int refused;
        private @Nullable String reason;

        void refuse(String what, RuntimeException why) {
            refused++;
            reason = reason == null ? what + ": " + why.getMessage() : reason;
        }

        Outcome outcome() {
            return new Outcome(readings, known, erased, expired, conflicts, refused, reason);
        }
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
     * @throws IllegalArgumentException a device has more metrics than can be stored; some may be stored, and all may come again
     * @throws io.hearth.table.TableException the table failed; some may be stored, and all may come again
     */
    public Outcome apply(List<RemoteRun> runs, RegionId peer, Duration maxClockAhead) {
        Tally tally = new Tally();
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
            return tally.outcome();
        }
        parts.clock.observe(new HybridTime(latestStamp), maxClockAhead);
        parts.erasures.refresh().await().indefinitely();
        long erased = parts.erasures.changes();
        storing.readLock().lock();
        try {
            store(incoming, peer, tally);
        } finally {
            storing.readLock().unlock();
        }
        lookAgain(incoming.stream().map(IncomingRun::device).collect(Collectors.toSet()), erased);
        return tally.outcome();
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
        parts.erasures.refresh().await().indefinitely();
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

    private @Nullable IncomingRun parse(RemoteRun run, Tally tally) {
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

    private void store(List<IncomingRun> incoming, RegionId peer, Tally tally) {
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
                recordFor(run.device(), run.metrics(), run.stamp())
                        .ifPresent(record -> records.put(run.device(), record));
                (isPlain ? plain : contested).add(run);
            }
        }
        writeRecords(records.values());
        if (parts.table.isShared()) {
            place(plain, List.of(), tally);
            storeContested(contested, tally);
        } else {
            // So that no other thread puts a run between looking for its key and storing it.
            placing.lock();
            try {
                storePlain(plain, contested, tally);
                storeContested(contested, tally);
            } finally {
                placing.unlock();
            }
        }
    }

    private Optional<Item> recordFor(DeviceId device, Collection<String> metrics, WriteStamp stamp) {
        return parts.catalog.recordFor(
                device, metrics, stamp.region(), stamp.time().physicalMillis() * 1000);
    }

    private void writeRecords(Collection<Item> records) {
        if (!records.isEmpty() && parts.table.isShared()) {
            parts.catalog.merge(List.copyOf(records)).await().indefinitely();
        } else if (!records.isEmpty()) {
            List<Write> writes = new ArrayList<>(records.size());
            records.forEach(record -> writes.add(new Write.Put(record)));
            parts.table.write(writes).await().indefinitely();
            records.forEach(parts.catalog::stored);
        }
    }

    /** Stores what nobody else can have written, in one batch; what is there already in another form is contested all the same. */
    private void storePlain(List<IncomingRun> plain, List<IncomingRun> contested, Tally tally) {
        Map<Key, IncomingRun> absent = new LinkedHashMap<>();
        for (IncomingRun run : plain) {
            Key key = run.item().key();
            IncomingRun before = absent.get(key);
            Bytes stored = before != null
                    ? before.item().body()
                    : parts.table
                            .get(key, Consistency.STRONG)
                            .await()
                            .indefinitely()
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
    private void place(List<IncomingRun> runs, List<Item> more, Tally tally) {
        write(List.of());
        List<Item> all = new ArrayList<>(more);
        runs.forEach(run -> all.add(run.item()));
        long failuresBefore = parts.latest.failures();
        Map<Key, RunPlacement.Placed> placed;
        try {
            placed = placement.place(all);
        } catch (RuntimeException e) {
            // Those that did not fail may still be under way.
            all.forEach(run -> parts.latest.failed(new DeviceId(run.key().partitionKey())));
            throw e;
        }
        parts.latest.settled(failuresBefore);
        for (IncomingRun run : runs) {
            RunPlacement.Placed its = placed.get(run.item().key());
            if (its == RunPlacement.Placed.KNOWN) {
                tally.known++;
                continue;
            }
            tally.readings += run.readings();
            if (its == RunPlacement.Placed.BESIDE) {
                parts.latest.forget(run.device()); // some of it has another stamp now
            } else {
                offerToLatest(run);
            }
        }
        // What is sealed has won by a later stamp than that of its write, which is the one that the cache knows.
        more.forEach(run -> parts.latest.forget(new DeviceId(run.key().partitionKey())));
    }

    /** Along with the horizon of the clock: what is stored here from now on is later, also after a restart. */
    private void write(List<Write> writes) {
        HybridClock.Tick tick = parts.clock.awaitNext();
        List<Write> all = new ArrayList<>(writes);
        parts.clock.horizonOf(tick).ifPresent(horizon -> all.add(new Write.Put(horizon)));
        if (!all.isEmpty()) {
            long failuresBefore = parts.latest.failures();
            try {
                parts.table.write(all).await().indefinitely();
            } catch (OutcomeUnknownException e) {
                writes.forEach(
                        write -> parts.latest.failed(new DeviceId(write.key().partitionKey())));
                throw e;
            }
            parts.latest.settled(failuresBefore);
        }
        parts.clock.stored(tick);
    }

    private void offerToLatest(IncomingRun one) {
        parts.latest.committed(one.device(), one::block, one.stamp(), Expiry.keptMicros(one.retentionSeconds()));
    }

    /** The run without readings that have been erased; empty if none is left. */
    private List<IncomingRun> withoutErased(IncomingRun run) {
        List<Erasure> covering =
                parts.erasures.covering(run.device(), run.stamp(), run.firstMicros(), run.lastMicros());
        if (covering.isEmpty()) {
            return List.of(run);
        }
        return StampedPoints.without(covering, run.item(), parts.expiry).stream()
                .map(left ->
                        IncomingRun.parse(new RemoteRun(left.key(), left.body()), parts.expiry))
                .toList();
    }

    /** Runs of devices that several regions write, or that may have come before. */
    private void storeContested(List<IncomingRun> runs, Tally tally) {
        List<IncomingRun> stored = new ArrayList<>();
        Map<DeviceId, StampedPoints> again = new LinkedHashMap<>();
        for (IncomingRun run : runs) {
            LocalReadings local = readLocal(run.device(), run.firstMicros(), run.lastMicros());
            StampedPoints rewritten = again.computeIfAbsent(run.device(), device -> new StampedPoints());
            if (changesAnything(run, local, rewritten, tally)) {
                stored.add(run);
            } else {
                tally.known++;
            }
        }
        List<Item> rewrittenRuns = new ArrayList<>();
        again.forEach((device, points) -> rewrittenRuns.addAll(rewrite(device, points)));
        if (!stored.isEmpty() || !rewrittenRuns.isEmpty()) {
            place(stored, rewrittenRuns, tally);
        }
    }

    /** What is stored of a stretch; nothing if it cannot be read, as the run or chunk is then stored beside it. */
    private LocalReadings readLocal(DeviceId device, long firstMicros, long lastMicros) {
        try {
            return LocalReadings.read(parts.table, device, firstMicros, lastMicros);
        } catch (RuntimeException e) {
            if (RunPlacement.isOfTable(e)) {
                throw e;
            }
            LOG.errorf(
                    "What is stored of device %s cannot be compared with another region: %s", device, e.getMessage());
            return LocalReadings.UNREADABLE;
        }
    }

    /** Whether a run has a point that no run has, and no chunk with as late a stamp. */
    private boolean changesAnything(IncomingRun run, LocalReadings local, StampedPoints again, Tally tally) {
        Item same = local.run(run.item().key().sortKey());
        RunPlacement.RunPoints ofSame = same == null ? null : RunPlacement.RunPoints.of(same);
        boolean brings = false;
        ReadingBlock block = run.block();
        for (Column column : block.columns()) {
            for (int row = 0; row < block.size(); row++) {
                Value value = column.valueAt(row);
                if (value != null) {
                    long time = block.timesMicros()[row];
                    LocalReadings.Point inRun = local.inRun(time, column.metric());
                    boolean isStored = ofSame != null && ofSame.has(time, column.metric());
                    isStored |= inRun != null
                            && inRun.stamp().compareTo(run.stamp()) >= 0
                            && inRun.value().equals(value);
                    brings |= beatsSealed(local, time, column.metric(), value, run.stamp(), again) && !isStored;
                    tally.conflicts += isConflict(local, time, column.metric(), value, run.stamp()) ? 1 : 0;
                }
            }
        }
        return brings;
    }

    /** Whether no chunk has the point with as late a stamp; if one wins with another value, that has to be said again. */
    private boolean beatsSealed(
            LocalReadings local, long time, String metric, Value value, WriteStamp stamp, StampedPoints again) {
        LocalReadings.Point sealed = local.sealed(time, metric);
        if (sealed == null || sealed.stamp().compareTo(stamp) < 0) {
            return true;
        }
        boolean differs = !sealed.value().equals(value);
        LocalReadings.Point latest = local.latest(time, metric);
        if (differs && latest != null && latest.equals(sealed)) {
            // Two regions may have sealed different values beside one later write, whose stamp both have now: the
            // greater one
            // wins, in every region.
            boolean isTie = sealed.stamp().equals(stamp);
            again.add(
                    time,
                    metric,
                    isTie && Value.ORDER.compare(value, sealed.value()) > 0 ? value : sealed.value(),
                    StampedPoints.behind(sealed.stamp(), parts.region),
                    sealed.retentionSeconds());
        }
        return false;
    }

    private static boolean isConflict(LocalReadings local, long time, String metric, Value value, WriteStamp stamp) {
        LocalReadings.Point latest = local.latest(time, metric);
        return latest != null
                && !latest.value().equals(value)
                && !latest.stamp().region().equals(stamp.region());
    }

    /** The runs that say again what wins here, and the records for them. */
    private List<Item> rewrite(DeviceId device, StampedPoints again) {
        List<Item> runs = again.runs(device, parts.expiry);
        for (Item run : runs) {
            WriteStamp stamp = SeriesKeys.runStamp(run.key().sortKey());
            parts.clock.follow(stamp.time().packed());
            writeRecords(recordFor(device, Set.of(), stamp).stream().toList());
        }
        return runs;
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
    public Outcome apply(DeviceId device, Bytes chunkBody, Duration maxClockAhead) {
        Tally tally = new Tally();
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
            return tally.outcome();
        }
        if (parts.expiry.hasPassed(parts.expiry.ofChunk(device, SeriesKeys.windowStart(chunk.firstMicros()), chunk))) {
            tally.expired++;
            return tally.outcome();
        }
        long latestStamp = chunk.spans().stream()
                .mapToLong(span -> span.stamp().time().packed())
                .max()
                .orElse(0);
        parts.clock.observe(new HybridTime(latestStamp), maxClockAhead);
        parts.erasures.refresh().await().indefinitely();
        long erased = parts.erasures.changes();
        storing.readLock().lock();
        try {
            store(device, chunk, block, tally);
        } finally {
            storing.readLock().unlock();
        }
        lookAgain(Set.of(device), erased);
        return tally.outcome();
    }

    private void store(DeviceId device, Chunk chunk, ReadingBlock whole, Tally tally) {
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
        LocalReadings local = readLocal(device, block.timesMicros()[0], block.timesMicros()[block.size() - 1]);
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
            write(writes);
            tally.readings += block.size();
        } else {
            List<Item> missing = missing(device, block, spans, local, tally);
            if (missing.isEmpty()) {
                tally.known++;
                return;
            }
            writeRecordsFor(device, metrics, spans);
            if (parts.table.isShared()) {
                place(List.of(), missing, tally);
            } else {
                placing.lock();
                try {
                    place(List.of(), missing, tally);
                } finally {
                    placing.unlock();
                }
            }
        }
        parts.latest.forget(device);
    }

    private void writeRecordsFor(DeviceId device, List<String> metrics, List<Span> spans) {
        for (Span span : spans) {
            writeRecords(recordFor(device, metrics, span.stamp()).stream().toList());
        }
    }

    private List<Item> missing(
            DeviceId device, ReadingBlock block, List<Span> spans, LocalReadings local, Tally tally) {
        StampedPoints missing = new StampedPoints();
        StampedPoints again = new StampedPoints();
        int row = 0;
        for (Span span : spans) {
            for (int end = row + span.readings(); row < end; row++) {
                long time = block.timesMicros()[row];
                boolean isMissing = false;
                for (Column column : block.columns()) {
                    Value value = column.valueAt(row);
                    if (value == null) {
                        continue;
                    }
                    LocalReadings.Point latest = local.latest(time, column.metric());
                    if (latest == null || latest.stamp().compareTo(span.stamp()) < 0) {
                        missing.add(time, column.metric(), value, span.stamp(), span.retentionSeconds());
                        isMissing = true;
                    } else {
                        beatsSealed(local, time, column.metric(), value, span.stamp(), again);
                    }
                    tally.conflicts += isConflict(local, time, column.metric(), value, span.stamp()) ? 1 : 0;
                }
                tally.readings += isMissing ? 1 : 0;
            }
        }
        List<Item> runs = new ArrayList<>(missing.runs(device, parts.expiry));
        runs.addAll(rewrite(device, again));
        return runs;
    }

    /** Takes note of what another region knows of a device. */
    public void apply(DeviceSummary other) {
        long erased = parts.erasures.changes();
        storing.readLock().lock();
        try {
            Erasure last = parts.erasures.lastOfWhole(other.id());
            boolean isOfBefore = last != null && other.firstSeenMicros() < last.behindMicros();
            if (!isOfBefore) {
                writeRecords(parts.catalog.recordMergedWith(other).stream().toList());
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
        parts.erasures.refresh().await().indefinitely();
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
