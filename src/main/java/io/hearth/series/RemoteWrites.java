package io.hearth.series;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.chunk.CorruptChunkException;
import io.hearth.series.chunk.Span;
import io.hearth.table.Bytes;
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
import java.util.concurrent.locks.ReentrantReadWriteLock;
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
    private final SeriesStore store;

    /** Held for writing while an erasure becomes known, and for reading from looking for erasures to having stored. */
    private final ReentrantReadWriteLock erasing = new ReentrantReadWriteLock();

    /** What the store is made of. */
    record Parts(
            Table table,
            RegionId region,
            InstantSource wallClock,
            HybridClock clock,
            DeviceCatalog catalog,
            Sealer sealer,
            LatestCache latest,
            Erasures erasures,
            Rollups rollups) {}

    RemoteWrites(Parts parts, SeriesStore store) {
        this.parts = parts;
        this.store = store;
    }

    /** A run as it is stored elsewhere. */
    public record RemoteRun(Key key, Bytes body) {}

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

        void refuse(String why) {
            refused++;
            reason = reason == null ? why : reason;
        }

        Outcome outcome() {
            return new Outcome(readings, known, erased, expired, conflicts, refused, reason);
        }
    }

    /** A run that came in and makes sense. */
    private record Incoming(
            Item item,
            DeviceId device,
            WriteStamp stamp,
            Collection<String> metrics,
            int readings,
            long retentionSeconds,
            long lastMicros) {
        long firstMicros() {
            return SeriesKeys.runFirstTimeMicros(item.key().sortKey());
        }
    }

    /**
     * Takes note of the time of a write that is taken in elsewhere, so that what is written here from now on is later.
     *
     * @throws ClockAheadException as for runs
     */
    public void observe(WriteStamp write, Duration maxClockAhead) {
        parts.clock.observe(write.time().packed(), maxClockAhead);
    }

    /**
     * Stores runs.
     *
     * @param peer who sends them; its own need no looking for what is there already
     * @throws ClockAheadException a stamp is more than {@code maxClockAhead} ahead of the clock here; nothing was stored
     * @throws UnsupportedFormatException one was written by a later build; nothing was stored
     * @throws io.hearth.table.TableException the table failed; some may be stored, and all may come again
     */
    public Outcome apply(List<RemoteRun> runs, RegionId peer, Duration maxClockAhead) {
        Tally tally = new Tally();
        List<Incoming> incoming = new ArrayList<>(runs.size());
        long latestStamp = 0;
        for (RemoteRun run : runs) {
            Incoming one = check(run, tally);
            if (one != null) {
                incoming.add(one);
                latestStamp = Math.max(latestStamp, one.stamp.time().packed());
            }
        }
        if (incoming.isEmpty()) {
            return tally.outcome();
        }
        parts.clock.observe(latestStamp, maxClockAhead);
        parts.erasures.refresh();
        erasing.readLock().lock();
        try {
            store(incoming, peer, tally);
        } finally {
            erasing.readLock().unlock();
        }
        return tally.outcome();
    }

    private @Nullable Incoming check(RemoteRun run, Tally tally) {
        try {
            if (!StoredRun.isRun(run.key)) {
                throw new CorruptItemException("not the key of a run");
            }
            Item item = Item.of(run.key, run.body);
            if (item.body().length() > 0 && item.body().array()[0] != RunWriter.FORMAT) {
                throw new UnsupportedFormatException(
                        "a run has format " + item.body().array()[0], null);
            }
            WriteStamp stamp = SeriesKeys.runStamp(run.key.sortKey());
            RunReader reader = new RunReader(item);
            long[] times = new long[reader.size()];
            reader.readTimes(times, 0);
            reader.skipTransmissions();
            List<String> metrics = new ArrayList<>(4);
            reader.readNames(metrics);
            long last = times[times.length - 1];
            if (last < times[0] || SeriesKeys.slotStart(times[0]) != SeriesKeys.slotStart(last)) {
                throw new CorruptItemException("the readings of a run lie in one slot of time");
            }
            long expiresAt = expiresAtSeconds(last, reader.retentionSeconds());
            if (expiresAt != 0 && expiresAt <= parts.wallClock.instant().getEpochSecond()) {
                tally.expired++;
                return null;
            }
            DeviceId device = new DeviceId(run.key.partitionKey());
            return new Incoming(
                    new Item(
                            run.key,
                            run.body,
                            store.expiresAtSeconds(device, last, reader.retentionSeconds()),
                            0,
                            null),
                    device,
                    stamp,
                    metrics,
                    times.length,
                    reader.retentionSeconds(),
                    last);
        } catch (CorruptItemException | IllegalArgumentException e) {
            tally.refuse("a run of " + run.key.partitionKey() + ": " + e.getMessage());
            return null;
        }
    }

    private void store(List<Incoming> incoming, RegionId peer, Tally tally) {
        Map<DeviceId, Item> records = new LinkedHashMap<>();
        Map<DeviceId, List<Incoming>> contested = new LinkedHashMap<>();
        List<Incoming> plain = new ArrayList<>(incoming.size());
        for (Incoming one : incoming) {
            Incoming left = withoutErased(one);
            if (left == null) {
                tally.erased++;
                continue;
            }
            RegionId writer = left.stamp.region();
            boolean isPlain = writer.equals(peer) && parts.catalog.isWrittenOnlyBy(left.device, writer);
            if (isPlain && !contested.containsKey(left.device)) {
                plain.add(left);
            } else {
                contested
                        .computeIfAbsent(left.device, device -> new ArrayList<>())
                        .add(left);
            }
            recordFor(left.device, left.metrics, left.stamp).ifPresent(record -> records.put(left.device, record));
        }
        writeRecords(records.values());
        if (!plain.isEmpty()) {
            List<Write> writes = new ArrayList<>(plain.size() + 1);
            for (Incoming one : plain) {
                writes.add(new Write.Put(one.item));
                tally.readings += one.readings;
            }
            write(writes);
            plain.forEach(this::offerToLatest);
        }
        contested.forEach((device, runs) -> parts.sealer.exclusively(() -> {
            storeContested(device, runs, tally);
            return null;
        }));
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

    /** Along with the horizon of the clock: what is stored here from now on is later, also after a restart. */
    private void write(List<Write> writes) {
        HybridClock.Tick tick = store.nextTick();
        List<Write> all = new ArrayList<>(writes);
        store.horizonOf(tick).ifPresent(horizon -> all.add(new Write.Put(horizon)));
        long failuresBefore = parts.latest.failures();
        try {
            parts.table.write(all).await().indefinitely();
        } catch (OutcomeUnknownException e) {
            writes.forEach(write -> parts.latest.failed(new DeviceId(write.key().partitionKey())));
            throw e;
        }
        parts.latest.settled(failuresBefore);
        if (tick.horizonMillis() != 0) {
            parts.clock.stored(tick.horizonMillis());
        }
    }

    private void offerToLatest(Incoming one) {
        parts.latest.committed(
                one.device,
                () -> StoredRun.readings(one.item),
                one.stamp,
                BlockBuilder.keptMicros(one.retentionSeconds));
    }

    /** The run without readings that have been erased; null if none is left. */
    private @Nullable Incoming withoutErased(Incoming run) {
        List<Erasure> covering = parts.erasures.of(run.device).stream()
                .filter(erasure -> erasure.covers(run.stamp))
                .filter(erasure -> erasure.range().startMicros() <= run.lastMicros
                        && erasure.range().endMicros() > run.firstMicros())
                .toList();
        if (covering.isEmpty()) {
            return run;
        }
        List<Item> left = StampedPoints.without(covering, run.item);
        return left.isEmpty()
                ? null
                : check(new RemoteRun(left.get(0).key(), left.get(0).body()), new Tally());
    }

    /** Runs of a device that several regions write, or that may have come before. */
    private void storeContested(DeviceId device, List<Incoming> runs, Tally tally) {
        List<Write> writes = new ArrayList<>();
        StampedPoints again = new StampedPoints();
        List<Incoming> stored = new ArrayList<>();
        for (Incoming run : runs) {
            LocalReadings local = LocalReadings.read(parts.table, device, run.firstMicros(), run.lastMicros);
            Item same = local.run(run.item.key().sortKey());
            // One of the same key may hold less, or other points, where either comes from the chunk of a third region.
            Item item = same == null ? run.item : StampedPoints.union(same, run.item);
            if (item == null) {
                tally.known++;
                continue;
            }
            ReadingBlock block = StoredRun.readings(run.item);
            boolean brings = false;
            for (Column column : block.columns()) {
                for (int row = 0; row < block.size(); row++) {
                    Value value = column.valueAt(row);
                    if (value != null) {
                        long time = block.timesMicros()[row];
                        brings |= bringsAnything(local, time, column.metric(), value, run.stamp, again);
                        tally.conflicts += isConflict(local, time, column.metric(), value, run.stamp) ? 1 : 0;
                    }
                }
            }
            if (brings) {
                writes.add(new Write.Put(item));
                stored.add(run);
                tally.readings += run.readings;
            } else {
                tally.known++;
            }
        }
        sayAgain(device, again, writes);
        if (!writes.isEmpty()) {
            write(writes);
            if (again.isEmpty()) {
                stored.forEach(this::offerToLatest);
            } else {
                // What is sealed has won by a later stamp than that of its write, which is the one that the cache
                // knows.
                parts.latest.forget(device);
            }
        }
    }

    /** Whether no chunk has the point with as late a stamp; if one wins with another value, it has to say so again. */
    private boolean bringsAnything(
            LocalReadings local, long time, String metric, Value value, WriteStamp stamp, StampedPoints again) {
        LocalReadings.Point sealed = local.sealed(time, metric);
        if (sealed == null || sealed.stamp().compareTo(stamp) < 0) {
            return true;
        }
        boolean differs = !sealed.value().equals(value);
        LocalReadings.Point latest = local.latest(time, metric);
        if (differs
                && latest != null
                && latest.equals(sealed)
                && !sealed.stamp().equals(stamp)) {
            again.add(
                    time,
                    metric,
                    sealed.value(),
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

    private void sayAgain(DeviceId device, StampedPoints again, List<Write> writes) {
        if (!again.isEmpty()) {
            for (Item run : again.runs(parts.table, device)) {
                WriteStamp stamp = SeriesKeys.runStamp(run.key().sortKey());
                parts.clock.observe(stamp.time().packed(), Duration.ofDays(365));
                writes.add(new Write.Put(run));
                writeRecords(recordFor(device, Set.of(), stamp).stream().toList());
            }
        }
    }

    /**
     * Stores a chunk: as it is where nothing else is stored of its time, else what of it is not there yet.
     *
     * @throws ClockAheadException as for runs
     * @throws UnsupportedFormatException as for runs
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
        } catch (CorruptChunkException | CorruptItemException e) {
            tally.refuse("a chunk of " + device + ": " + e.getMessage());
            return tally.outcome();
        }
        long expiresAt = parts.sealer.expiresAtSeconds(device, SeriesKeys.windowStart(chunk.firstMicros()), chunk);
        if (expiresAt != 0 && expiresAt <= parts.wallClock.instant().getEpochSecond()) {
            tally.expired++;
            return tally.outcome();
        }
        long latestStamp = chunk.spans().stream()
                .mapToLong(span -> span.stamp().time().packed())
                .max()
                .orElse(0);
        parts.clock.observe(latestStamp, maxClockAhead);
        parts.erasures.refresh();
        erasing.readLock().lock();
        try {
            parts.sealer.exclusively(() -> {
                store(device, chunk, block, tally);
                return null;
            });
        } finally {
            erasing.readLock().unlock();
        }
        return tally.outcome();
    }

    private void store(DeviceId device, Chunk chunk, ReadingBlock whole, Tally tally) {
        BlockBuilder builder = new BlockBuilder(
                Set.of(),
                TimeRange.ALL,
                EpochMicros.of(parts.wallClock.instant()),
                whole.size(),
                parts.erasures.of(device));
        builder.addChunk(whole, chunk.spans());
        ReadingBlock block = builder.build();
        if (block.size() == 0) {
            tally.erased++;
            return;
        }
        List<Span> spans = builder.spans();
        LocalReadings local =
                LocalReadings.read(parts.table, device, block.timesMicros()[0], block.timesMicros()[block.size() - 1]);
        List<Write> writes = new ArrayList<>();
        // Rollups are made of what is sealed here.
        if (local.isEmpty() && !parts.rollups.areMadeOf(device)) {
            long window = SeriesKeys.windowStart(block.timesMicros()[0]);
            for (byte[] body : ChunkWriter.encode(block, spans, chunk.extras())) {
                writes.add(new Write.Put(new Item(
                        SeriesKeys.chunk(device, window, store.nextTick().hybridTime(), 0),
                        Bytes.wrap(body),
                        parts.sealer.expiresAtSeconds(device, window, Chunk.open(body)),
                        0,
                        null)));
            }
            tally.readings += block.size();
        } else {
            writes.addAll(missing(device, block, spans, local, tally));
        }
        if (writes.isEmpty()) {
            tally.known++;
            return;
        }
        List<String> metrics = block.columns().stream().map(Column::metric).toList();
        for (Span span : spans) {
            writeRecords(recordFor(device, metrics, span.stamp()).stream().toList());
        }
        write(writes);
        parts.latest.forget(device);
    }

    private List<Write> missing(
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
                        bringsAnything(local, time, column.metric(), value, span.stamp(), again);
                    }
                    tally.conflicts += isConflict(local, time, column.metric(), value, span.stamp()) ? 1 : 0;
                }
                tally.readings += isMissing ? 1 : 0;
            }
        }
        List<Write> writes = new ArrayList<>();
        sayAgain(device, again, writes);
        missing.runs(parts.table, device).forEach(run -> writes.add(new Write.Put(run)));
        return writes;
    }

    /** Takes note of what another region knows of a device. */
    public void apply(DeviceSummary other) {
        erasing.readLock().lock();
        try {
            Erasure erased = parts.erasures.lastOfWhole(other.id());
            boolean isOfBefore = erased != null && other.firstSeenMicros() < behindMicros(erased);
            if (!isOfBefore) {
                writeRecords(parts.catalog.recordMergedWith(other).stream().toList());
            }
        } finally {
            erasing.readLock().unlock();
        }
    }

    /**
     * Erases what another region has erased; nothing is done if that is known.
     *
     * @return whether it was news
     * @throws ClockAheadException as for runs
     */
    public boolean apply(Erasure erasure, Duration maxClockAhead) {
        parts.erasures.refresh();
        if (parts.erasures.knows(erasure)) {
            return false;
        }
        parts.clock.observe(erasure.stamp().time().packed(), maxClockAhead);
        erase(erasure, store.nextTick(), () -> {});
        return true;
    }

    /**
     * Erases, so that a crash at any moment leaves an erasure that is either not begun or will be {@linkplain #finishErasures
     * finished}.
     *
     * @param tick the time of the erasure, or one behind it
     * @param awaitEarlier returns when what was written here before is stored
     */
    void erase(Erasure erasure, HybridClock.Tick tick, Runnable awaitEarlier) {
        List<Write> writes = new ArrayList<>();
        writes.add(new Write.Put(parts.erasures.item(erasure)));
        store.horizonOf(tick).ifPresent(horizon -> writes.add(new Write.Put(horizon)));
        erasing.writeLock().lock();
        try {
            parts.table.write(writes).await().indefinitely();
            parts.erasures.remember(erasure);
        } finally {
            erasing.writeLock().unlock();
        }
        if (tick.horizonMillis() != 0) {
            parts.clock.stored(tick.horizonMillis());
        }
        awaitEarlier.run();
        remove(erasure);
    }

    /** Removes what erasures cover and a crash may have left. To be called once, when the store has been opened. */
    public void finishErasures() {
        parts.erasures.all().forEach(this::remove);
    }

    private void remove(Erasure erasure) {
        parts.sealer.erase(erasure);
        if (erasure.wholeDevice()) {
            parts.sealer.exclusively(() -> {
                removeRecord(erasure);
                return null;
            });
        }
        parts.latest.forget(erasure.device());
    }

    /** A device that has been written since stays, as one that was first seen when it was erased. */
    private void removeRecord(Erasure erasure) {
        DeviceId device = erasure.device();
        Optional<DeviceSummary> record = parts.catalog.find(device);
        if (record.isEmpty() || record.get().firstSeenMicros() >= behindMicros(erasure)) {
            return;
        }
        parts.catalog.forget(device);
        if (parts.sealer.hasReadings(device)) {
            // In place of the one before, not merged with it.
            Item since = DeviceCatalog.recordSince(record.get(), behindMicros(erasure));
            parts.table.write(List.of(new Write.Put(since))).await().indefinitely();
            parts.catalog.stored(since);
        } else {
            parts.rollups.eraseRecord(device);
            parts.table
                    .write(List.of(new Write.Delete(SeriesKeys.device(device))))
                    .await()
                    .indefinitely();
            parts.catalog.forget(device);
        }
    }

    /** A device that was first seen from then on was seen after the erasure. */
    private static long behindMicros(Erasure erasure) {
        return (erasure.stamp().time().physicalMillis() + 1) * 1000;
    }

    /** Rounded up: the item must not vanish before its last reading, which reads judge by the microsecond. */
    static long expiresAtSeconds(long lastTimeMicros, long retentionSeconds) {
        return retentionSeconds == 0
                ? 0
                : Math.max(1, Math.floorDiv(lastTimeMicros, 1_000_000L) + 1 + retentionSeconds);
    }
}
