package io.hearth.series.erase;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.CorruptChunkException;
import io.hearth.series.chunk.MetricSummary;
import io.hearth.series.chunk.Span;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.Hidden;
import io.hearth.series.item.RunReader;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.item.StampedPoints;
import io.hearth.series.item.StoredRun;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.Transmission;
import io.hearth.series.window.Reorganisation;
import io.hearth.series.window.RunPlacement;
import io.hearth.series.window.Windows;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.Table;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Removes the readings that an erasure covers: whole items where they lie in its range, and where they cross its edges, or
 * hold later writes, too, what is left of them is stored anew. Rollups of a window change in the same step.
 *
 * <p>A window that cannot be read is left alone, and the others are erased all the same.
 */
public final class ErasurePass {
    /** What becomes of runs that this region has written. */
    private enum OwnRuns {
        REMOVED,
        LEFT,
        STAMPED_ANEW
    }

    private final Table table;
    private final RegionId own;
    private final Windows windows;
    private final Rollups rollups;
    private final Expiry expiry;
    private final RunPlacement placement;

    public ErasurePass(Table table, RegionId own, Windows windows, Rollups rollups, Expiry expiry) {
        this.table = table;
        this.own = own;
        this.windows = windows;
        this.rollups = rollups;
        this.expiry = expiry;
        this.placement = new RunPlacement(table, expiry);
    }

    /**
     * Removes everything that is covered.
     *
     * @throws RuntimeException something could not be read, the rest has been removed; or the table failed
     */
    void removeAll(Erasure erasure) {
        remove(erasure, OwnRuns.REMOVED);
    }

    /**
     * Removes what another region has written, or what has been sealed.
     *
     * @throws RuntimeException as above
     */
    public void removeForeign(Erasure erasure) {
        remove(erasure, OwnRuns.LEFT);
    }

    /**
     * Removes what has come back since. A run of this region was not acknowledged when the erasure was carried out, as it would
     * have been found then: it is kept, and gets a stamp behind the erasure, so that other regions take it in, too.
     *
     * @throws RuntimeException as above
     */
    void removeRest(Erasure erasure) {
        remove(erasure, OwnRuns.STAMPED_ANEW);
    }

    /** Removes the readings that are covered, and leaves rollups of those that have expired as they are. */
    void removeReadings(Erasure erasure) {
        windows.exclusively(() -> {
            Walk walk = new Walk(erasure, OwnRuns.REMOVED);
            walk.run();
            walk.throwFailure();
            return null;
        });
    }

    private void remove(Erasure erasure, OwnRuns ownRuns) {
        windows.exclusively(() -> {
            Walk walk = new Walk(erasure, ownRuns);
            walk.run();
            rollups.erase(erasure, walk.changed);
            if (erasure.wholeDevice()) {
                removeTransmissions(erasure.device());
            }
            walk.throwFailure();
            return null;
        });
    }

    private void removeTransmissions(DeviceId device) {
        List<Bytes> sortKeys = windows.all(device, SeriesKeys.transmissionsFrom(Long.MIN_VALUE)).stream()
                .map(item -> item.key().sortKey())
                .toList();
        if (!sortKeys.isEmpty()) {
            Blocking.await(table.replace(device.value(), List.of(), sortKeys));
        }
    }

    /** The latest {@linkplain HybridTime#packed() hybrid time} of what is stored of a device in a range; 0 if nothing is. */
    public long latestHybridTime(DeviceId device, TimeRange range) {
        long latest = 0;
        ItemWalk runs = windows.walk(device, SeriesKeys.runs(range.startMicros(), range.endMicros()));
        while (runs.hasNext()) {
            latest = Math.max(latest, SeriesKeys.runHybridTime(runs.next().key().sortKey()));
        }
        ItemWalk chunks = windows.walk(device, SeriesKeys.chunks(range.startMicros(), range.endMicros()));
        while (chunks.hasNext()) {
            Item item = chunks.next();
            latest = Math.max(latest, SeriesKeys.chunkHybridTime(item.key().sortKey()));
            try {
                for (Span span : Chunk.open(item.body().array()).spans()) {
                    latest = Math.max(latest, span.stamp().time().packed());
                }
            } catch (CorruptChunkException e) {
                // It was sealed later than its readings were written.
            }
        }
        return latest;
    }

    /** Whether anything is stored of a device. */
    boolean hasReadings(DeviceId device) {
        return windows.walk(device, SeriesKeys.runs(Long.MIN_VALUE, Long.MAX_VALUE))
                        .hasNext()
                || windows.walk(device, SeriesKeys.chunks(Long.MIN_VALUE, Long.MAX_VALUE))
                        .hasNext();
    }

    /** The metrics and regions of what is stored of a device. Reads all of it. */
    void describe(DeviceId device, Set<String> metrics, Set<RegionId> regions) {
        windows.walk(device, SeriesKeys.runs(Long.MIN_VALUE, Long.MAX_VALUE)).forEachRemaining(run -> {
            regions.add(SeriesKeys.runStamp(run.key().sortKey()).region());
            StoredRun.readings(run).columns().stream().map(Column::metric).forEach(metrics::add);
        });
        windows.walk(device, SeriesKeys.chunks(Long.MIN_VALUE, Long.MAX_VALUE)).forEachRemaining(item -> {
            Chunk chunk = Chunk.open(item.body().array());
            chunk.spans().forEach(span -> regions.add(span.stamp().region()));
            chunk.metrics().stream().map(MetricSummary::metric).forEach(metrics::add);
        });
    }

    /** One walk through the windows of an erasure. */
    private final class Walk {
        private final Erasure erasure;
        private final DeviceId device;
        private final OwnRuns ownRuns;
        private final Reorganisation reorganisation;
        private final Set<Long> changed = new HashSet<>();
        private @Nullable RuntimeException failure;

        Walk(Erasure erasure, OwnRuns ownRuns) {
            this.erasure = erasure;
            this.device = erasure.device();
            this.ownRuns = ownRuns;
            this.reorganisation = windows.beginReorganisation(device);
        }

        void throwFailure() {
            if (failure != null) {
                throw failure;
            }
        }

        /** Notes the windows that had any readings and could be read. */
        void run() {
            reorganisation.stopOthers();
            TimeRange range = erasure.range();
            long position = range.startMicros();
            while (position < range.endMicros()) {
                ItemWalk runs = windows.walk(device, SeriesKeys.runs(position, range.endMicros()));
                ItemWalk chunks = windows.walk(device, SeriesKeys.chunks(position, range.endMicros()));
                if (!runs.hasNext() && !chunks.hasNext()) {
                    return;
                }
                long window = Long.MAX_VALUE;
                if (runs.hasNext()) {
                    window = SeriesKeys.windowStart(
                            SeriesKeys.runFirstTimeMicros(runs.peek().key().sortKey()));
                }
                if (chunks.hasNext()) {
                    window = Math.min(
                            window,
                            SeriesKeys.chunkWindowStart(chunks.peek().key().sortKey()));
                }
                try {
                    if (!new Window(window).remove()) {
                        continue; // another process has changed it meanwhile
                    }
                    changed.add(window);
                } catch (RuntimeException e) {
                    if (RunPlacement.isOfTable(e)) {
                        throw e;
                    }
                    failure = failure == null ? e : failure;
                }
                if (window > range.endMicros() - SeriesKeys.WINDOW_MICROS) {
                    return;
                }
                position = Math.max(position, window + SeriesKeys.WINDOW_MICROS);
            }
        }

        /** A window in which something may be covered. */
        private final class Window {
            private final long window;
            private final long end;
            private final long rangeStart;
            private final long rangeEnd;
            private final Remainders left;
            private final List<Bytes> superseded = new ArrayList<>();
            private final List<Item> kept = new ArrayList<>();
            private final List<Transmission> transmissions = new ArrayList<>();
            private final TreeMap<WriteStamp, List<Item>> toStampAnew = new TreeMap<>();

            Window(long window) {
                this.window = window;
                end = window > Long.MAX_VALUE - SeriesKeys.WINDOW_MICROS
                        ? Long.MAX_VALUE
                        : window + SeriesKeys.WINDOW_MICROS;
                rangeStart = Math.max(window, erasure.range().startMicros());
                rangeEnd = Math.min(end, erasure.range().endMicros());
                left = new Remainders(new TimeRange(window, end), Hidden.of(List.of(erasure)));
            }

            /** False if another process has reorganised the device meanwhile; then nothing has changed. */
            boolean remove() {
                windows.walk(device, SeriesKeys.runs(rangeStart, rangeEnd)).forEachRemaining(this::remove);
                List<Item> chunks = windows.chunks(device, window);
                List<Item> others = removeChunks(chunks);
                stampAnew();
                if (superseded.isEmpty() && kept.isEmpty() && ownRuns != OwnRuns.STAMPED_ANEW) {
                    return true;
                }
                long hybridTime = windows.timeBehind(chunks);
                List<Item> chunksLeft = windows.chunksOf(device, window, left.builders(), hybridTime);
                kept.addAll(chunksLeft);
                others.addAll(chunksLeft);
                if (!erasure.wholeDevice()) {
                    kept.addAll(windows.transmissionItems(device, window, hybridTime, transmissions));
                }
                // What came back may have left rollups, too.
                windows.addRollups(device, window, others, hybridTime, kept, superseded);
                return (kept.isEmpty() && superseded.isEmpty()) || reorganisation.replace(kept, superseded);
            }

            private void remove(Item run) {
                Bytes sortKey = run.key().sortKey();
                WriteStamp stamp = SeriesKeys.runStamp(sortKey);
                boolean isOwn = stamp.region().equals(own);
                if (!erasure.covers(stamp) || (isOwn && ownRuns == OwnRuns.LEFT)) {
                    return;
                }
                long first = SeriesKeys.runFirstTimeMicros(sortKey);
                boolean crosses = first < rangeStart || SeriesKeys.slotStart(first) + SeriesKeys.SLOT_MICROS > rangeEnd;
                if (isOwn && ownRuns == OwnRuns.STAMPED_ANEW) {
                    toStampAnew.computeIfAbsent(stamp, its -> new ArrayList<>()).add(run);
                }
                List<Item> rest = crosses ? StampedPoints.without(erasure, run, expiry) : List.of();
                if (crosses && (table.isShared() || rest.stream().anyMatch(item -> isTaken(item.key(), run)))) {
                    // Where others may be at it, too, only chunks can be stored and taken back again.
                    superseded.add(sortKey);
                    left.addRun(run);
                    transmissions.addAll(RunReader.transmissionsOf(run));
                    return;
                }
                kept.addAll(rest);
                if (rest.stream().noneMatch(item -> item.key().equals(run.key()))) {
                    superseded.add(sortKey);
                }
            }

            /** Whether a key, by which what is left of a run would be stored, is that of another run. */
            private boolean isTaken(Key key, Item run) {
                return !key.equals(run.key())
                        && (kept.stream().anyMatch(other -> other.key().equals(key))
                                || Blocking.await(table.get(key, Consistency.STRONG))
                                        .isPresent());
            }

            /** Returns those that are not touched. */
            private List<Item> removeChunks(List<Item> chunks) {
                ChunkScratch scratch = new ChunkScratch();
                List<Item> others = new ArrayList<>();
                for (Item item : chunks) {
                    try {
                        Chunk chunk = Chunk.open(item.body().array());
                        boolean covered = chunk.spans().stream().anyMatch(span -> erasure.covers(span.stamp()));
                        if (chunk.firstMicros() >= rangeEnd || chunk.lastMicros() < rangeStart || !covered) {
                            others.add(item);
                            continue;
                        }
                        left.addChunk(chunk.decode(metric -> true, scratch), chunk.spans());
                        transmissions.addAll(Windows.transmissionsIn(chunk));
                    } catch (CorruptChunkException e) {
                        if (!isCoveredWhole(item)) {
                            throw e;
                        }
                    }
                    superseded.add(item.key().sortKey());
                }
                return others;
            }

            /** Whether all that a damaged chunk can have is covered: it was sealed after its readings were written. */
            private boolean isCoveredWhole(Item chunk) {
                return rangeStart == window
                        && rangeEnd == end
                        && SeriesKeys.chunkHybridTime(chunk.key().sortKey())
                                < erasure.stamp().time().packed();
            }

            /** Stores what is kept of runs of this region, in the order of their writes, right behind the erasure. */
            private void stampAnew() {
                List<Item> anew = new ArrayList<>();
                long time = erasure.stamp().time().packed();
                for (List<Item> ofStamp : toStampAnew.values()) {
                    time++;
                    WriteStamp stamp = new WriteStamp(new HybridTime(time), own);
                    for (Item run : ofStamp) {
                        anew.addAll(StampedPoints.anew(run, new TimeRange(rangeStart, rangeEnd), stamp, expiry));
                    }
                }
                placement.place(anew);
            }
        }
    }
}
