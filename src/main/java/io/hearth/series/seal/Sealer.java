package io.hearth.series.seal;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.TimeRange;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.erase.Erasures;
import io.hearth.series.item.BlockBuilder;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.RunReader;
import io.hearth.series.item.SealedTransmissions;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.SealResult;
import io.hearth.series.value.Transmission;
import io.hearth.series.window.Reorganisation;
import io.hearth.series.window.RunPlacement;
import io.hearth.series.window.Windows;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Turns the runs of windows that have ended into chunks. Late readings open a window again: they lie in runs beside its
 * chunks, and the next sealing merges both. A crash leaves runs or chunks, and on an engine without a step that replaces the one by the
 * other both, which readers merge to the same. Several processes may do it at once, see {@link Reorganisation}.
 *
 * <p>Sealing gives readings later stamps than they have, by which they would escape an erasure. So what is to be erased is left
 * out; where other processes may be at it, the device is left alone until nothing of the erasure can come back.
 */
public final class Sealer {
    private static final Logger LOG = Logger.getLogger(Sealer.class);

    /** Runs are taken in until they have this many readings; so much of a window is sealed at a time. */
    private static final int PIECE_READINGS = ChunkWriter.MAX_READINGS;

    private static final int MAX_FAILURES_IN_A_ROW = 5;
    private static final int DEVICES_PER_PAGE = 1000;

    private final Table table;
    private final DeviceCatalog catalog;
    private final Windows windows;
    private final Rollups rollups;
    private final Expiry expiry;
    private final Erasures erasures;

    public Sealer(
            Table table, DeviceCatalog catalog, Windows windows, Rollups rollups, Expiry expiry, Erasures erasures) {
        this.table = table;
        this.catalog = catalog;
        this.windows = windows;
        this.rollups = rollups;
        this.expiry = expiry;
        this.erasures = erasures;
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
    public SealResult sealAll(long endedBeforeMicros, long writtenBefore, LongConsumer pause) {
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

    /** Works up the windows that were sealed before the rules for rollups came into force. */
    private SealResult catchUp(DeviceId device) {
        SealResult result = SealResult.NOTHING;
        Reorganisation reorganisation = windows.beginReorganisation(device);
        ItemWalk walk = windows.walk(device, SeriesKeys.chunks(Long.MIN_VALUE, Long.MAX_VALUE));
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
                long hybridTime = windows.timeBehind(chunks);
                keepForLateReadings(device, window, chunks, hybridTime, items, superseded);
                windows.addRollups(device, window, chunks, hybridTime, items, superseded);
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
            DeviceId device,
            long window,
            List<Item> chunks,
            long hybridTime,
            List<Item> items,
            List<Bytes> superseded) {
        for (int i = 0; i < chunks.size(); i++) {
            Item item = chunks.get(i);
            long expiresAt =
                    expiry.ofChunk(device, window, Chunk.open(item.body().array()));
            if (item.expiresAtSeconds() != expiresAt) {
                Key key = item.key();
                if (table.isShared()) {
                    // Under its own key it would be back if another process has erased it meanwhile.
                    key = SeriesKeys.chunk(device, window, hybridTime, i);
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
        return windows.exclusively(() -> sealDeviceAlone(device, endedBeforeMicros, writtenBefore));
    }

    private SealResult sealDeviceAlone(DeviceId device, long endedBeforeMicros, long writtenBefore) {
        SealResult result = SealResult.NOTHING;
        Reorganisation reorganisation = null;
        // Only those of windows that have ended: a device has many runs of today, and none to seal nearly always.
        ItemWalk runs =
                windows.walk(device, SeriesKeys.runs(Long.MIN_VALUE, SeriesKeys.windowStart(endedBeforeMicros)));
        while (runs.hasNext()) {
            long window = SeriesKeys.windowStart(
                    SeriesKeys.runFirstTimeMicros(runs.peek().key().sortKey()));
            if (reorganisation == null) {
                // Nearly always there is nothing to seal, and then the guard need not be asked for.
                reorganisation = windows.beginReorganisation(device);
                if (table.isShared()) {
                    // After the guard: an erasure that becomes known later moves it on.
                    Blocking.await(erasures.refresh());
                    if (erasures.isOpen(device)) {
                        return result;
                    }
                    // What was read before it began does not count.
                    runs = windows.walk(device, SeriesKeys.runs(window, SeriesKeys.windowStart(endedBeforeMicros)));
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
                SealResult sealed = sealPiece(device, window, piece, writtenBefore, isLast, reorganisation);
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
        boolean mustWait = table.isShared() && erasures.isOpen(device);
        return rollups.isBehind(device) && !mustWait ? result.plus(catchUp(device)) : result;
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
        } catch (CorruptItemException | UnsupportedFormatException e) {
            return 1; // its piece cannot be sealed, which is logged then
        }
    }

    /**
     * Null if another process has reorganised the device meanwhile; then nothing has changed.
     *
     * @param isLast whether nothing of the window is left to seal afterwards, so that its rollups can be made
     */
    private @Nullable SealResult sealPiece(
            DeviceId device,
            long window,
            List<Item> runs,
            long writtenBefore,
            boolean isLast,
            Reorganisation reorganisation) {
        List<Item> others = windows.chunks(device, window);
        long hybridTime = windows.timeBehind(others);
        List<Item> stored = chunksToMerge(others, runs, writtenBefore);
        others.removeAll(stored);
        TimeRange range = new TimeRange(window, window + SeriesKeys.WINDOW_MICROS);
        BlockBuilder builder = new BlockBuilder(Set.of(), range, Windows.KEPT, runs.size(), erasures.hidden(device));
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
            transmissions.addAll(0, Windows.transmissionsIn(chunk));
        }
        for (Item item : windows.transmissions(device, window)) {
            List<Transmission> earlier = new ArrayList<>();
            SealedTransmissions.read(item, earlier);
            transmissions.addAll(0, earlier);
            superseded.add(item.key().sortKey());
        }
        List<Item> chunks = windows.chunksOf(device, window, List.of(builder), hybridTime);
        List<Item> items = new ArrayList<>(chunks);
        items.addAll(windows.transmissionItems(device, window, hybridTime, transmissions));
        if (isLast) {
            others.addAll(chunks);
            windows.addRollups(device, window, others, hybridTime, items, superseded);
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

    /**
     * The chunks of a window that overlap the runs; all of them if a single chunk can take everything. One that has younger
     * writes, as another region or an erasure may leave it, is left alone as such runs are.
     */
    private static List<Item> chunksToMerge(List<Item> all, List<Item> runs, long writtenBefore) {
        List<Item> settled = new ArrayList<>();
        List<Item> overlapping = new ArrayList<>();
        long start = SeriesKeys.runFirstTimeMicros(runs.get(0).key().sortKey());
        long lastRun =
                SeriesKeys.runFirstTimeMicros(runs.get(runs.size() - 1).key().sortKey());
        long end = SeriesKeys.slotStart(lastRun) + SeriesKeys.SLOT_MICROS;
        long readings = runs.size();
        for (Item item : all) {
            Chunk chunk = Chunk.open(item.body().array());
            if (chunk.spans().stream().anyMatch(span -> span.stamp().time().packed() >= writtenBefore)) {
                continue;
            }
            settled.add(item);
            readings += chunk.readings();
            if (chunk.firstMicros() < end && chunk.lastMicros() >= start) {
                overlapping.add(item);
            }
        }
        return readings <= ChunkWriter.MAX_READINGS ? settled : overlapping;
    }
}
