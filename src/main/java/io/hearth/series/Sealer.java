package io.hearth.series;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.chunk.Span;
import io.hearth.table.ByteReader;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.CorruptItemException;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reorganises what is stored. Turns the runs of windows that have ended into chunks. Late readings open a window again: they lie in runs beside its
 * chunks, and the next sealing merges both. A crash leaves runs or chunks, and on an engine without a step that replaces the one by the
 * other both, which readers merge to the same. Erasure works alike. Several processes may do either at once, see {@link Reorganisation}.
 */
final class Sealer {
    private static final Logger LOG = Logger.getLogger(Sealer.class);

    /** Runs are taken in until they have this many readings; so much of a window is sealed at a time. */
    private static final int PIECE_READINGS = ChunkWriter.MAX_READINGS;

    /** Earlier builds remembered so many transmissions in each chunk. */
    private static final int TRANSMISSIONS_IN_CHUNK = 64;

    private static final byte[] NO_EXTRAS = {};

    private static final int MAX_FAILURES_IN_A_ROW = 5;

    /**
     * Expired readings stay in a chunk until all of it has expired. Who left them out would believe a wall clock that may be wrong,
     * and rollups are made of them.
     */
    private static final long KEPT = BlockBuilder.BEFORE_EXPIRY;

    private static final int DEVICES_PER_PAGE = 1000;
    private static final int PAGE_ITEMS = 2048;

    private final Table table;
    private final DeviceCatalog catalog;
    private final LongUnaryOperator hybridTimes;
    private final InstantSource wallClock;
    private final Rollups rollups;
    private final ReentrantLock onlyOne = new ReentrantLock();

    /** @param hybridTimes gives out hybrid times, each once, and later than the one it is given */
    Sealer(
            Table table,
            DeviceCatalog catalog,
            LongUnaryOperator hybridTimes,
            InstantSource wallClock,
            Rollups rollups) {
        this.table = table;
        this.catalog = catalog;
        this.hybridTimes = hybridTimes;
        this.wallClock = wallClock;
        this.rollups = rollups;
    }

    /**
     * Seals the windows of all devices that ended before a time. A window that cannot be sealed is left as it is, logged and
     * reported, and the others are sealed all the same.
     *
     * @param writtenBefore {@linkplain HybridTime#packed() packed}; runs that were written later are left alone: sealing may
     *     give a reading a later stamp than it has, which must not pass that of a write that is still to come
     * <p>Stops after the device at hand when the thread is interrupted.
     *
     * @param pause is called with the nanoseconds that a device took, and may make the caller wait so that others get on
     */
    SealResult sealAll(long endedBeforeMicros, long writtenBefore, LongConsumer pause) {
        SealResult result = SealResult.NOTHING;
        int failuresInARow = 0;
        Cursor cursor = null;
        do {
            DevicePage page = catalog.list(DEVICES_PER_PAGE, cursor);
            for (DeviceSummary device : page.devices()) {
                if (Thread.currentThread().isInterrupted()) {
                    return result;
                }
                long startNanos = System.nanoTime();
                try {
                    result = result.plus(sealDevice(device.id(), endedBeforeMicros, writtenBefore));
                    failuresInARow = 0;
                } catch (RuntimeException e) {
                    // Of a table that does nothing at all, the devices behind need no proof.
                    if (++failuresInARow == MAX_FAILURES_IN_A_ROW
                            || Thread.currentThread().isInterrupted()) {
                        throw e;
                    }
                    result = result.plus(unsealed(device.id(), null, e));
                }
                pause.accept(System.nanoTime() - startNanos);
            }
            cursor = page.next();
        } while (cursor != null);
        return result;
    }

    /** Runs something while nothing is sealed or erased. */
    <T> T exclusively(Supplier<T> action) {
        onlyOne.lock();
        try {
            return action.get();
        } finally {
            onlyOne.unlock();
        }
    }

    /**
     * Removes the readings that an erasure covers: whole items where they lie in its range, and where they cross its edges, or
     * hold later writes, too, what is left of them is stored anew.
     */
    void erase(Erasure erasure) {
        DeviceId device = erasure.device();
        TimeRange range = erasure.range();
        onlyOne.lock();
        try {
            rollups.erase(device, range, eraseReadings(erasure));
            if (erasure.wholeDevice()) {
                eraseTransmissions(device);
            }
        } finally {
            onlyOne.unlock();
        }
    }

    private void eraseTransmissions(DeviceId device) {
        List<Bytes> sortKeys = new ArrayList<>();
        walk(device, SeriesKeys.transmissionsFrom(Long.MIN_VALUE))
                .forEachRemaining(item -> sortKeys.add(item.key().sortKey()));
        if (!sortKeys.isEmpty()) {
            table.replace(device.value(), List.of(), sortKeys).await().indefinitely();
        }
    }

    /** Returns the windows that had any. */
    private Set<Long> eraseReadings(Erasure erasure) {
        DeviceId device = erasure.device();
        TimeRange range = erasure.range();
        Set<Long> windows = new HashSet<>();
        Reorganisation reorganisation = Reorganisation.begin(table, device, wallClock);
        reorganisation.stopOthers();
        long position = range.startMicros();
        while (position < range.endMicros()) {
            ItemWalk runs = walk(device, SeriesKeys.runs(position, range.endMicros()));
            ItemWalk chunks = walk(device, SeriesKeys.chunks(position, range.endMicros()));
            if (!runs.hasNext() && !chunks.hasNext()) {
                return windows;
            }
            long window = Long.MAX_VALUE;
            if (runs.hasNext()) {
                window = SeriesKeys.windowStart(
                        SeriesKeys.runFirstTimeMicros(runs.peek().key().sortKey()));
            }
            if (chunks.hasNext()) {
                window = Math.min(
                        window, SeriesKeys.chunkWindowStart(chunks.peek().key().sortKey()));
            }
            if (!eraseInWindow(erasure, window, reorganisation)) {
                continue; // another process has changed it meanwhile
            }
            windows.add(window);
            position = Math.max(position, window + SeriesKeys.WINDOW_MICROS);
        }
        return windows;
    }

    /** The latest {@linkplain HybridTime#packed() hybrid time} of what is stored of a device in a range; 0 if nothing is. */
    long latestHybridTime(DeviceId device, TimeRange range) {
        long latest = 0;
        ItemWalk runs = walk(device, SeriesKeys.runs(range.startMicros(), range.endMicros()));
        while (runs.hasNext()) {
            latest = Math.max(latest, SeriesKeys.runHybridTime(runs.next().key().sortKey()));
        }
        ItemWalk chunks = walk(device, SeriesKeys.chunks(range.startMicros(), range.endMicros()));
        while (chunks.hasNext()) {
            for (Span span : Chunk.open(chunks.next().body().array()).spans()) {
                latest = Math.max(latest, span.stamp().time().packed());
            }
        }
        return latest;
    }

    /** Whether anything is stored of a device. */
    boolean hasReadings(DeviceId device) {
        return walk(device, SeriesKeys.runs(Long.MIN_VALUE, Long.MAX_VALUE)).hasNext()
                || walk(device, SeriesKeys.chunks(Long.MIN_VALUE, Long.MAX_VALUE))
                        .hasNext();
    }

    /** False if another process has reorganised the device meanwhile; then nothing has changed. */
    private boolean eraseInWindow(Erasure erasure, long window, Reorganisation reorganisation) {
        DeviceId device = erasure.device();
        long windowEnd = window + SeriesKeys.WINDOW_MICROS;
        long start = Math.max(window, erasure.range().startMicros());
        long end = Math.min(windowEnd, erasure.range().endMicros());
        BlockBuilder left = new BlockBuilder(Set.of(), new TimeRange(window, windowEnd), KEPT, 0, List.of(erasure));
        List<Bytes> superseded = new ArrayList<>();
        List<Item> kept = new ArrayList<>();
        List<Transmission> transmissions = new ArrayList<>();
        ItemWalk runs = walk(device, SeriesKeys.runs(start, end));
        while (runs.hasNext()) {
            Item run = runs.next();
            Bytes sortKey = run.key().sortKey();
            if (!erasure.covers(SeriesKeys.runStamp(sortKey))) {
                continue;
            }
            long first = SeriesKeys.runFirstTimeMicros(sortKey);
            boolean crosses = first < start || SeriesKeys.slotStart(first) + SeriesKeys.SLOT_MICROS > end;
            List<Item> rest = crosses ? StampedPoints.without(erasure, run, rollups::runExpiresAtSeconds) : List.of();
            if (crosses && (table.isShared() || rest.stream().anyMatch(item -> isTaken(item.key(), run, kept)))) {
                // Where others may be at it, too, only chunks can be stored and taken back again.
                superseded.add(sortKey);
                left.addRun(run);
                transmissions.addAll(RunReader.transmissionsOf(run));
                continue;
            }
            kept.addAll(rest);
            if (rest.stream().noneMatch(item -> item.key().equals(run.key()))) {
                superseded.add(sortKey);
            }
        }
        ChunkScratch scratch = new ChunkScratch();
        List<Item> untouched = new ArrayList<>();
        List<Item> allChunks = chunks(device, window);
        for (Item item : allChunks) {
            Chunk chunk = Chunk.open(item.body().array());
            boolean covered = chunk.spans().stream().anyMatch(span -> erasure.covers(span.stamp()));
            if (chunk.firstMicros() >= end || chunk.lastMicros() < start || !covered) {
                untouched.add(item);
                continue;
            }
            superseded.add(item.key().sortKey());
            left.addChunk(chunk.decode(metric -> true, scratch), chunk.spans());
            transmissions.addAll(readTransmissions(chunk));
        }
        if (superseded.isEmpty() && kept.isEmpty()) {
            return true;
        }
        long hybridTime = timeBehind(allChunks);
        List<Item> chunksLeft = chunks(device, window, left, hybridTime);
        kept.addAll(chunksLeft);
        untouched.addAll(chunksLeft);
        if (!erasure.wholeDevice()) {
            kept.addAll(SealedTransmissions.items(device, window, hybridTime, transmissions, wallClock.instant()));
        }
        addRollups(device, window, untouched, kept, superseded);
        return reorganisation.replace(kept, superseded);
    }

    /** Whether a key, by which what is left of a run would be stored, is that of another run. */
    private boolean isTaken(Key key, Item run, List<Item> others) {
        return !key.equals(run.key())
                && (others.stream().anyMatch(other -> other.key().equals(key))
                        || table.get(key, Consistency.STRONG)
                                .await()
                                .indefinitely()
                                .isPresent());
    }

    /**
     * Adds what has to be stored and removed for the rollups of a window.
     *
     * @param chunks all that the window is going to have
     */
    private void addRollups(DeviceId device, long window, List<Item> chunks, List<Item> items, List<Bytes> superseded) {
        long rawUntilSeconds = 0;
        boolean expires = !chunks.isEmpty();
        List<Chunk> opened = new ArrayList<>();
        for (Item item : chunks) {
            expires &= item.expiresAtSeconds() != 0;
            rawUntilSeconds = Math.max(rawUntilSeconds, item.expiresAtSeconds());
            opened.add(Chunk.open(item.body().array()));
        }
        Rollups.Change change = rollups.change(device, window, opened, expires ? rawUntilSeconds : 0);
        items.addAll(change.items());
        superseded.addAll(change.superseded());
    }

    /** Works up the windows that were sealed before the rules for rollups came into force. */
    private SealResult catchUp(DeviceId device) {
        SealResult result = SealResult.NOTHING;
        Reorganisation reorganisation = Reorganisation.begin(table, device, wallClock);
        ItemWalk walk = walk(device, SeriesKeys.chunks(Long.MIN_VALUE, Long.MAX_VALUE));
        while (walk.hasNext()) {
            long window = SeriesKeys.chunkWindowStart(walk.peek().key().sortKey());
            List<Item> chunks = new ArrayList<>();
            while (walk.hasNext()
                    && SeriesKeys.chunkWindowStart(walk.peek().key().sortKey()) == window) {
                chunks.add(walk.next());
            }
            List<Item> items = new ArrayList<>();
            List<Bytes> superseded = new ArrayList<>();
            try {
                keepForLateReadings(device, window, chunks, items, superseded);
                addRollups(device, window, chunks, items, superseded);
            } catch (RuntimeException e) {
                if (RunPlacement.isOfTable(e)) {
                    throw e;
                }
                result = result.plus(unsealed(device, window, e));
                continue;
            }
            if ((!items.isEmpty() || !superseded.isEmpty()) && !reorganisation.replace(items, superseded)) {
                return result; // another process has reorganised the device; the rest is worked up the next time
            }
        }
        rollups.caughtUp(device);
        return result;
    }

    /** Gives chunks that were made without rollups in mind the time to live that they have with them. */
    private void keepForLateReadings(
            DeviceId device, long window, List<Item> chunks, List<Item> items, List<Bytes> superseded) {
        long latest = latestTime(chunks);
        for (int i = 0; i < chunks.size(); i++) {
            Item item = chunks.get(i);
            long expiresAt =
                    expiresAtSeconds(device, window, Chunk.open(item.body().array()));
            if (item.expiresAtSeconds() != expiresAt) {
                Key key = item.key();
                if (table.isShared()) {
                    // Under its own key it would be back if another process has erased it meanwhile.
                    key = SeriesKeys.chunk(device, window, hybridTimes.applyAsLong(latest), i);
                    superseded.add(item.key().sortKey());
                }
                chunks.set(i, new Item(key, item.body(), expiresAt, 0, null));
                items.add(chunks.get(i));
            }
        }
    }

    private static SealResult unsealed(DeviceId device, @Nullable Long window, RuntimeException e) {
        LOG.errorf(
                "%s of device %s cannot be sealed and is left as it is: %s",
                window == null ? "A window" : "The window from " + EpochMicros.toInstant(window) + " on", device, e);
        return SealResult.of(new SealResult.Unsealed(device, window, String.valueOf(e.getMessage())));
    }

    private SealResult sealDevice(DeviceId device, long endedBeforeMicros, long writtenBefore) {
        onlyOne.lock();
        try {
            SealResult result = SealResult.NOTHING;
            Reorganisation reorganisation = null;
            // Only those of windows that have ended: a device has many runs of today, and none to seal nearly always.
            ItemWalk runs = walk(device, SeriesKeys.runs(Long.MIN_VALUE, SeriesKeys.windowStart(endedBeforeMicros)));
            while (runs.hasNext()) {
                long window = SeriesKeys.windowStart(
                        SeriesKeys.runFirstTimeMicros(runs.peek().key().sortKey()));
                if (reorganisation == null) {
                    // Nearly always there is nothing to seal, and then the guard need not be asked for.
                    reorganisation = Reorganisation.begin(table, device, wallClock);
                    if (table.isShared()) {
                        // What was read before it began does not count.
                        runs = walk(device, SeriesKeys.runs(window, SeriesKeys.windowStart(endedBeforeMicros)));
                        continue;
                    }
                }
                try {
                    List<Item> piece = takePiece(runs, window, writtenBefore);
                    boolean isLast = !runs.hasNext()
                            || SeriesKeys.runFirstTimeMicros(runs.peek().key().sortKey())
                                    >= window + SeriesKeys.WINDOW_MICROS;
                    if (piece.isEmpty()) {
                        continue;
                    }
                    SealResult sealed = sealPiece(device, window, piece, isLast, reorganisation);
                    if (sealed == null) {
                        LOG.debugf("Another process has reorganised device %s, which is left to it", device);
                        return result;
                    }
                    result = result.plus(sealed);
                } catch (RuntimeException e) {
                    if (RunPlacement.isOfTable(e)) {
                        throw e;
                    }
                    result = result.plus(unsealed(device, window, e));
                }
            }
            return rollups.isBehind(device) ? result.plus(catchUp(device)) : result;
        } finally {
            onlyOne.unlock();
        }
    }

    /** Takes the runs of a window, whole slots of them, until they have enough readings for a chunk; younger ones are left. */
    private static List<Item> takePiece(ItemWalk runs, long window, long writtenBefore) {
        List<Item> piece = new ArrayList<>();
        int readings = 0;
        long slot = 0;
        while (runs.hasNext()) {
            Item run = runs.peek();
            long time = SeriesKeys.runFirstTimeMicros(run.key().sortKey());
            boolean full = readings >= PIECE_READINGS && SeriesKeys.slotStart(time) != slot;
            if (full || time >= window + SeriesKeys.WINDOW_MICROS) {
                break;
            }
            runs.next();
            if (SeriesKeys.runHybridTime(run.key().sortKey()) < writtenBefore) {
                slot = SeriesKeys.slotStart(time);
                readings += sizeOf(run);
                piece.add(run);
            }
        }
        return piece;
    }

    private static int sizeOf(Item run) {
        try {
            return new RunReader(run).size();
        } catch (CorruptItemException e) {
            return 1; // its piece cannot be sealed, which is logged then
        }
    }

    /**
     * Null if another process has reorganised the device meanwhile; then nothing has changed.
     *
     * @param isLast whether nothing of the window is left to seal afterwards, so that its rollups can be made
     */
    private @Nullable SealResult sealPiece(
            DeviceId device, long window, List<Item> runs, boolean isLast, Reorganisation reorganisation) {
        List<Item> others = chunks(device, window);
        long hybridTime = timeBehind(others);
        List<Item> stored = chunksToMerge(others, runs);
        others.removeAll(stored);
        TimeRange range = new TimeRange(window, window + SeriesKeys.WINDOW_MICROS);
        BlockBuilder builder = new BlockBuilder(Set.of(), range, KEPT, runs.size());
        List<Transmission> transmissions = new ArrayList<>();
        List<Bytes> superseded = new ArrayList<>();
        long bytesBefore = 0;
        for (Item run : runs) {
            builder.addRun(run);
            superseded.add(run.key().sortKey());
            bytesBefore += run.body().length();
            transmissions.addAll(RunReader.transmissionsOf(run));
        }
        ChunkScratch scratch = new ChunkScratch();
        for (Item item : stored) {
            Chunk chunk = Chunk.open(item.body().array());
            builder.addChunk(chunk.decode(metric -> true, scratch), chunk.spans());
            superseded.add(item.key().sortKey());
            bytesBefore += item.body().length();
            transmissions.addAll(0, readTransmissions(chunk));
        }
        for (Item item : transmissionsOf(device, window)) {
            List<Transmission> earlier = new ArrayList<>();
            SealedTransmissions.read(item, earlier);
            transmissions.addAll(0, earlier);
            superseded.add(item.key().sortKey());
        }
        List<Item> chunks = chunks(device, window, builder, hybridTime);
        List<Item> items = new ArrayList<>(chunks);
        items.addAll(SealedTransmissions.items(device, window, hybridTime, transmissions, wallClock.instant()));
        if (isLast) {
            others.addAll(chunks);
            addRollups(device, window, others, items, superseded);
        }
        if (!reorganisation.replace(items, superseded)) {
            return null;
        }
        long readings = 0;
        long bytesAfter = 0;
        for (Item item : chunks) {
            readings += Chunk.open(item.body().array()).readings();
            bytesAfter += item.body().length();
        }
        return new SealResult(readings, chunks.size(), bytesBefore, bytesAfter, List.of(), 0);
    }

    private List<Item> chunks(DeviceId device, long window) {
        List<Item> chunks = new ArrayList<>();
        walk(device, SeriesKeys.chunksOfWindow(window)).forEachRemaining(chunks::add);
        return chunks;
    }

    /** A time to store chunks under, so that they sort behind all that are there: see {@link SegmentScan}. */
    private long timeBehind(List<Item> chunks) {
        return hybridTimes.applyAsLong(latestTime(chunks));
    }

    private static long latestTime(List<Item> chunks) {
        long latest = 0;
        for (Item chunk : chunks) {
            latest = Math.max(latest, SeriesKeys.chunkHybridTime(chunk.key().sortKey()));
        }
        return latest;
    }

    private List<Item> transmissionsOf(DeviceId device, long window) {
        List<Item> items = new ArrayList<>();
        if (SealedTransmissions.areKeptOf(window, wallClock.instant())) {
            walk(device, SeriesKeys.transmissionsOfWindow(window)).forEachRemaining(items::add);
        }
        return items;
    }

    /** The chunks of a window that overlap the runs; all of them if a single chunk can take everything. */
    private static List<Item> chunksToMerge(List<Item> all, List<Item> runs) {
        List<Item> overlapping = new ArrayList<>();
        long start = SeriesKeys.runFirstTimeMicros(runs.get(0).key().sortKey());
        long lastRun =
                SeriesKeys.runFirstTimeMicros(runs.get(runs.size() - 1).key().sortKey());
        long end = SeriesKeys.slotStart(lastRun) + SeriesKeys.SLOT_MICROS;
        long readings = runs.size();
        for (Item item : all) {
            Chunk chunk = Chunk.open(item.body().array());
            readings += chunk.readings();
            if (chunk.firstMicros() < end && chunk.lastMicros() >= start) {
                overlapping.add(item);
            }
        }
        return readings <= ChunkWriter.MAX_READINGS ? List.copyOf(all) : overlapping;
    }

    /** The chunks that hold what a builder has merged; none if that is nothing. */
    private List<Item> chunks(DeviceId device, long window, BlockBuilder builder, long hybridTime) {
        ReadingBlock block = builder.build();
        if (block.size() == 0) {
            return List.of();
        }
        List<Item> items = new ArrayList<>();
        for (byte[] body : ChunkWriter.encode(block, builder.spans(), NO_EXTRAS)) {
            items.add(new Item(
                    SeriesKeys.chunk(device, window, hybridTime, items.size()),
                    Bytes.wrap(body),
                    expiresAtSeconds(device, window, Chunk.open(body)),
                    0,
                    null));
        }
        return items;
    }

    /** A chunk goes with the reading that is kept longest; reads judge each reading by itself. */
    long expiresAtSeconds(DeviceId device, long window, Chunk chunk) {
        long retentionSeconds = 0;
        for (Span span : chunk.spans()) {
            if (span.retentionSeconds() == 0) {
                return 0;
            }
            retentionSeconds = Math.max(retentionSeconds, span.retentionSeconds());
        }
        // Where rollups are made, as long as a reading of the same window can still come late.
        long lastSeconds = rollups.areMadeOf(device)
                ? (window + SeriesKeys.WINDOW_MICROS) / 1_000_000 + Rollups.GRACE.toSeconds()
                : Math.floorDiv(chunk.lastMicros(), 1_000_000L);
        return Math.max(1, lastSeconds + 1 + retentionSeconds);
    }

    /*
     * Extras of a chunk of an earlier build: varint transmissions, each [8] client hash | [2] packet id | [4] payload hash.
     */
    private static List<Transmission> readTransmissions(Chunk chunk) {
        ByteReader in = new ByteReader(chunk.extras());
        List<Transmission> transmissions = new ArrayList<>();
        int count = in.remaining() == 0 ? 0 : in.readCount(TRANSMISSIONS_IN_CHUNK);
        for (int i = 0; i < count; i++) {
            transmissions.add(new Transmission(in.readLong(), in.readShort(), in.readInt(), true));
        }
        return transmissions;
    }

    /** Whether sealed windows remember a transmission as the last of its client with its packet id. */
    boolean isStored(DeviceId device, Transmission transmission, long sinceMicros) {
        List<Transmission> sealed = new ArrayList<>();
        walk(device, SeriesKeys.chunks(sinceMicros, Long.MAX_VALUE))
                .forEachRemaining(item ->
                        sealed.addAll(readTransmissions(Chunk.open(item.body().array()))));
        walk(device, SeriesKeys.transmissionsFrom(sinceMicros))
                .forEachRemaining(item -> SealedTransmissions.read(item, sealed));
        boolean stored = false;
        for (Transmission kept : sealed) {
            if (kept.clientHash() == transmission.clientHash() && kept.packetId() == transmission.packetId()) {
                stored = kept.payloadHash() == transmission.payloadHash();
            }
        }
        return stored;
    }

    private ItemWalk walk(DeviceId device, SortRange range) {
        return new ItemWalk(
                table,
                new Query(device.value(), range, Direction.ASCENDING, PAGE_ITEMS, null, Consistency.STRONG),
                PAGE_ITEMS);
    }
}
