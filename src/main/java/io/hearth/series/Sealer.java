package io.hearth.series;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.chunk.CorruptChunkException;
import io.hearth.series.chunk.Span;
import io.hearth.table.ByteReader;
import io.hearth.table.ByteWriter;
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
import io.hearth.table.UnsupportedFormatException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Reorganises what is stored. Turns the runs of windows that have ended into chunks. Late readings open a window again: they lie in runs beside its
 * chunks, and the next sealing merges both. A crash leaves runs or chunks, and on an engine without a step that replaces the one by the
 * other both, which readers merge to the same. Erasure works alike. Several processes may do either at once, see {@link Reorganisation}.
 */
final class Sealer {
    private static final Logger LOG = Logger.getLogger(Sealer.class);

    /** How long after its window a transmission may still come again. */
    private static final Duration REDELIVERY = Duration.ofDays(2);

    /** Runs are taken in until they have this many readings; so much of a window is sealed at a time. */
    private static final int PIECE_READINGS = ChunkWriter.MAX_READINGS;

    /** The last transmissions that could come again are remembered in the chunk: more than a device has in flight. */
    private static final int KEPT_TRANSMISSIONS = 64;

    private static final int DEVICES_PER_PAGE = 1000;
    private static final int PAGE_ITEMS = 2048;

    private final Table table;
    private final DeviceCatalog catalog;
    private final LongSupplier hybridTimes;
    private final InstantSource wallClock;
    private final Rollups rollups;
    private final ReentrantLock onlyOne = new ReentrantLock();

    /** @param hybridTimes gives out hybrid times, each once */
    Sealer(Table table, DeviceCatalog catalog, LongSupplier hybridTimes, InstantSource wallClock, Rollups rollups) {
        this.table = table;
        this.catalog = catalog;
        this.hybridTimes = hybridTimes;
        this.wallClock = wallClock;
        this.rollups = rollups;
    }

    /**
     * Seals the windows of all devices that ended before a time. A window that cannot be read is left alone and logged.
     *
     * <p>Stops after the device at hand when the thread is interrupted.
     *
     * @param pause is called with the nanoseconds that a device took, and may make the caller wait so that others get on
     */
    SealResult sealAll(long endedBeforeMicros, LongConsumer pause) {
        SealResult result = SealResult.NOTHING;
        Cursor cursor = null;
        do {
            DevicePage page = catalog.list(DEVICES_PER_PAGE, cursor);
            for (DeviceSummary device : page.devices()) {
                if (Thread.currentThread().isInterrupted()) {
                    return result;
                }
                long startNanos = System.nanoTime();
                result = result.plus(sealDevice(device.id(), endedBeforeMicros));
                pause.accept(System.nanoTime() - startNanos);
            }
            cursor = page.next();
        } while (cursor != null);
        return result;
    }

    /**
     * Removes the readings of a device in a range: whole items where they lie in it, and where they cross its edges what is
     * left of them is stored anew.
     */
    void erase(DeviceId device, TimeRange range) {
        onlyOne.lock();
        try {
            rollups.erase(device, range, eraseReadings(device, range));
        } finally {
            onlyOne.unlock();
        }
    }

    /** Returns the windows that had any. */
    private Set<Long> eraseReadings(DeviceId device, TimeRange range) {
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
            if (!eraseInWindow(device, window, range, reorganisation)) {
                continue; // another process has changed it meanwhile
            }
            windows.add(window);
            position = Math.max(position, window + SeriesKeys.WINDOW_MICROS);
        }
        return windows;
    }

    /** False if another process has reorganised the device meanwhile; then nothing has changed. */
    private boolean eraseInWindow(DeviceId device, long window, TimeRange range, Reorganisation reorganisation) {
        long windowEnd = window + SeriesKeys.WINDOW_MICROS;
        long start = Math.max(window, range.startMicros());
        long end = Math.min(windowEnd, range.endMicros());
        long nowMicros = expiryFrom(device);
        BlockBuilder before = new BlockBuilder(Set.of(), new TimeRange(window, start), nowMicros, 0);
        BlockBuilder behind = new BlockBuilder(Set.of(), new TimeRange(end, windowEnd), nowMicros, 0);
        List<Bytes> superseded = new ArrayList<>();
        List<Transmission> transmissions = new ArrayList<>();
        ItemWalk runs = walk(device, SeriesKeys.runs(start, end));
        while (runs.hasNext()) {
            Item run = runs.next();
            superseded.add(run.key().sortKey());
            long first = SeriesKeys.runFirstTimeMicros(run.key().sortKey());
            if (first < start || SeriesKeys.slotStart(first) + SeriesKeys.SLOT_MICROS > end) {
                before.addRun(run);
                behind.addRun(run);
                transmissions.addAll(RunReader.transmissionsOf(run));
            }
        }
        ChunkScratch scratch = new ChunkScratch();
        List<Item> untouched = new ArrayList<>();
        ItemWalk chunks = walk(device, SeriesKeys.chunks(window, windowEnd));
        while (chunks.hasNext()) {
            Item item = chunks.next();
            Chunk chunk = Chunk.open(item.body().array());
            if (chunk.firstMicros() >= end || chunk.lastMicros() < start) {
                untouched.add(item);
                continue;
            }
            superseded.add(item.key().sortKey());
            if (chunk.firstMicros() < start || chunk.lastMicros() >= end) {
                ReadingBlock block = chunk.decode(metric -> true, scratch);
                before.addChunk(block, chunk.spans());
                behind.addChunk(block, chunk.spans());
                transmissions.addAll(readTransmissions(chunk));
            }
        }
        List<Item> left = new ArrayList<>(chunks(device, window, before, transmissions));
        left.addAll(chunks(device, window, behind, transmissions));
        if (superseded.isEmpty()) {
            return true;
        }
        untouched.addAll(left);
        addRollups(device, window, untouched, left, superseded);
        return reorganisation.replace(left, superseded);
    }

    /** What expiry is judged by: expired readings stay in a device's chunks as long as rollups are made of these. */
    private long expiryFrom(DeviceId device) {
        return rollups.areMadeOf(device) ? BlockBuilder.BEFORE_EXPIRY : EpochMicros.of(wallClock.instant());
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
    private void catchUp(DeviceId device) {
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
            } catch (CorruptItemException | CorruptChunkException | UnsupportedFormatException e) {
                logUnreadable(device, window, e);
                continue;
            }
            if ((!items.isEmpty() || !superseded.isEmpty()) && !reorganisation.replace(items, superseded)) {
                return; // another process has reorganised the device; the rest is worked up the next time
            }
        }
        rollups.caughtUp(device);
    }

    /** Gives chunks that were made without rollups in mind the time to live that they have with them. */
    private void keepForLateReadings(
            DeviceId device, long window, List<Item> chunks, List<Item> items, List<Bytes> superseded) {
        for (int i = 0; i < chunks.size(); i++) {
            Item item = chunks.get(i);
            long expiresAt =
                    expiresAtSeconds(device, window, Chunk.open(item.body().array()));
            if (item.expiresAtSeconds() != expiresAt) {
                Key key = item.key();
                if (table.isShared()) {
                    // Under its own key it would be back if another process has erased it meanwhile.
                    key = SeriesKeys.chunk(device, window, hybridTimes.getAsLong(), i);
                    superseded.add(item.key().sortKey());
                }
                chunks.set(i, new Item(key, item.body(), expiresAt, 0, null));
                items.add(chunks.get(i));
            }
        }
    }

    private static void logUnreadable(DeviceId device, long window, RuntimeException e) {
        LOG.errorf(
                "The window of device %s from %s on cannot be sealed: %s",
                device, EpochMicros.toInstant(window), e.getMessage());
    }

    private SealResult sealDevice(DeviceId device, long endedBeforeMicros) {
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
                List<Item> piece = takePiece(runs, window);
                boolean isLast = !runs.hasNext()
                        || SeriesKeys.runFirstTimeMicros(runs.peek().key().sortKey())
                                >= window + SeriesKeys.WINDOW_MICROS;
                try {
                    SealResult sealed = sealPiece(device, window, piece, isLast, reorganisation);
                    if (sealed == null) {
                        LOG.debugf("Another process has reorganised device %s, which is left to it", device);
                        return result;
                    }
                    result = result.plus(sealed);
                } catch (CorruptItemException | CorruptChunkException | UnsupportedFormatException e) {
                    logUnreadable(device, window, e);
                }
            }
            if (rollups.isBehind(device)) {
                catchUp(device);
            }
            return result;
        } finally {
            onlyOne.unlock();
        }
    }

    /** Takes the runs of a window, whole slots of them, until they have enough readings for a chunk. */
    private static List<Item> takePiece(ItemWalk runs, long window) {
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
            slot = SeriesKeys.slotStart(time);
            readings += new RunReader(run).size();
            piece.add(runs.next());
        }
        return piece;
    }

    /**
     * Null if another process has reorganised the device meanwhile; then nothing has changed.
     *
     * @param isLast whether nothing of the window is left to seal afterwards, so that its rollups can be made
     */
    private @Nullable SealResult sealPiece(
            DeviceId device, long window, List<Item> runs, boolean isLast, Reorganisation reorganisation) {
        List<Item> others = chunks(device, window);
        List<Item> stored = chunksToMerge(others, runs);
        others.removeAll(stored);
        TimeRange range = new TimeRange(window, window + SeriesKeys.WINDOW_MICROS);
        BlockBuilder builder = new BlockBuilder(Set.of(), range, expiryFrom(device), runs.size());
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
        List<Item> chunks = chunks(device, window, builder, transmissions);
        List<Item> items = new ArrayList<>(chunks);
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
        return new SealResult(readings, chunks.size(), bytesBefore, bytesAfter);
    }

    private List<Item> chunks(DeviceId device, long window) {
        List<Item> chunks = new ArrayList<>();
        walk(device, SeriesKeys.chunks(window, window + SeriesKeys.WINDOW_MICROS))
                .forEachRemaining(chunks::add);
        return chunks;
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
    private List<Item> chunks(DeviceId device, long window, BlockBuilder builder, List<Transmission> transmissions) {
        ReadingBlock block = builder.build();
        if (block.size() == 0) {
            return List.of();
        }
        long hybridTime = hybridTimes.getAsLong();
        List<Item> items = new ArrayList<>();
        for (byte[] body : ChunkWriter.encode(block, builder.spans(), extras(window, transmissions))) {
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
    private long expiresAtSeconds(DeviceId device, long window, Chunk chunk) {
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
     * Extras of a chunk: varint transmissions, each [8] client hash | [2] packet id | [4] payload hash; none once the window is
     * so old that nobody sends them again.
     */
    private byte[] extras(long window, List<Transmission> transmissions) {
        long keptFrom = EpochMicros.of(wallClock.instant().minus(REDELIVERY));
        List<Transmission> timeless =
                transmissions.stream().filter(Transmission::timeless).toList();
        if (timeless.isEmpty() || window + SeriesKeys.WINDOW_MICROS < keptFrom) {
            return new byte[0];
        }
        List<Transmission> last = timeless.subList(Math.max(0, timeless.size() - KEPT_TRANSMISSIONS), timeless.size());
        ByteWriter out = new ByteWriter(16 * last.size());
        out.writeVarint(last.size());
        for (Transmission transmission : last) {
            out.writeLong(transmission.clientHash());
            out.writeShort(transmission.packetId());
            out.writeInt(transmission.payloadHash());
        }
        return out.toByteArray();
    }

    private static List<Transmission> readTransmissions(Chunk chunk) {
        ByteReader in = new ByteReader(chunk.extras());
        List<Transmission> transmissions = new ArrayList<>();
        int count = in.remaining() == 0 ? 0 : in.readCount(KEPT_TRANSMISSIONS);
        for (int i = 0; i < count; i++) {
            transmissions.add(new Transmission(in.readLong(), in.readShort(), in.readInt(), true));
        }
        return transmissions;
    }

    /** Whether the chunks remember a transmission as the last of its client with its packet id. */
    boolean isStored(DeviceId device, Transmission transmission, long sinceMicros) {
        boolean stored = false;
        ItemWalk chunks = walk(device, SeriesKeys.chunks(sinceMicros, Long.MAX_VALUE));
        while (chunks.hasNext()) {
            for (Transmission kept :
                    readTransmissions(Chunk.open(chunks.next().body().array()))) {
                if (kept.clientHash() == transmission.clientHash() && kept.packetId() == transmission.packetId()) {
                    stored = kept.payloadHash() == transmission.payloadHash();
                }
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
