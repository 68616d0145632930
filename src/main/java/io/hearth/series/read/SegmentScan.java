package io.hearth.series.read;

import io.hearth.bytes.CorruptItemException;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.CorruptChunkException;
import io.hearth.series.chunk.Span;
import io.hearth.series.item.BlockBuilder;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.Hidden;
import io.hearth.series.item.Segment;
import io.hearth.series.item.SeriesKeys;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Walks the readings of a range, in either direction, merging chunks and runs wherever they overlap.
 *
 * <p>Sealing may turn runs into chunks at any moment, and is never seen: for each stretch of time the runs are read first
 * and the chunks after them, so what has left the runs meanwhile is in the chunks, and what is in both is merged.
 *
 * <p>Readings only ever move to greater sort keys: a window is sealed again under a later time, and what an erasure leaves of
 * a run begins later. A walk that ascends meets them there. One that descends may have passed that place already when it
 * asks for its next page; so a window of chunks or a slot of runs that is spread over two pages is read once more, ascending.
 *
 * <p>A segment is valid until the next one is asked for. Blocks until the table answers, so use it on a thread that may.
 */
public final class SegmentScan implements Iterator<Segment> {
    /** Runs of the first page: many callers want only a few readings. Stretches are cut at the slot behind a page. */
    private static final int FIRST_PAGE_ITEMS = 128;

    private static final int PAGE_ITEMS = 2048;

    /** Chunks of the first page: a day has one or two of them, and whoever wants the latest values needs no more. */
    private static final int FIRST_CHUNK_PAGE_ITEMS = 2;

    private static final int CHUNK_PAGE_ITEMS = 256;

    private final Table table;
    private final DeviceId device;
    private final TimeRange range;
    private final Set<String> metrics;
    private final Predicate<String> wanted;
    private final Direction direction;
    private final Consistency consistency;
    private final long nowMicros;
    private final Hidden hidden;
    private final ChunkScratch scratch = new ChunkScratch();

    private final ItemWalk runWalk;
    private int stretchRuns = FIRST_PAGE_ITEMS;
    private long edgeMicros;
    private boolean lastStretch;

    /** The stretch at hand, {@code [startMicros, endMicros)}, with its runs in ascending order and its chunks to come. */
    private long startMicros;

    private long endMicros;
    private List<Item> runs = List.of();
    private @Nullable ItemWalk chunkWalk;

    private final Deque<Segment> ready = new ArrayDeque<>();
    private long shortestKeptMicros = Long.MAX_VALUE;

    public SegmentScan(
            Table table,
            DeviceId device,
            TimeRange range,
            Set<String> metrics,
            Direction direction,
            Consistency consistency,
            long nowMicros,
            Hidden hidden) {
        this.table = table;
        this.device = device;
        this.range = range;
        this.metrics = metrics;
        this.wanted = metrics.isEmpty() ? metric -> true : metrics::contains;
        this.direction = direction;
        this.consistency = consistency;
        this.nowMicros = nowMicros;
        this.hidden = hidden;
        edgeMicros = ascends() ? range.startMicros() : range.endMicros();
        lastStretch = range.isEmpty();
        runWalk = new ItemWalk(
                table,
                query(SeriesKeys.runs(range.startMicros(), range.endMicros()), direction, FIRST_PAGE_ITEMS),
                PAGE_ITEMS);
    }

    /** How long after its device time the shortest-lived reading so far is kept; {@link Long#MAX_VALUE} for ever. */
    public long shortestKeptMicros() {
        return shortestKeptMicros;
    }

    /** The readings of a segment, with the metrics of the scan; valid until the next segment is asked for. */
    public ReadingBlock blockOf(Segment segment) {
        if (segment instanceof Segment.Open open) {
            return open.block();
        }
        Chunk chunk = ((Segment.Sealed) segment).chunk();
        ReadingBlock block = decode(chunk, wanted);
        boolean everyReadingHasOne =
                metrics.isEmpty() || block.columns().stream().anyMatch(column -> column.kinds() == null);
        if (everyReadingHasOne) {
            return block;
        }
        BlockBuilder builder = new BlockBuilder(metrics, range, nowMicros, block.size());
        builder.addChunk(block, chunk.spans());
        return builder.build();
    }

    /** Some columns of a chunk, with all of its readings; valid until the next decoding. */
    public ReadingBlock decode(Chunk chunk, Predicate<String> columns) {
        return decodeBefore(Long.MAX_VALUE, chunk, columns);
    }

    private ReadingBlock decodeBefore(long beforeMicros, Chunk chunk, Predicate<String> columns) {
        try {
            return chunk.decodeBefore(beforeMicros, columns, scratch);
        } catch (CorruptChunkException e) {
            throw corrupt(chunk.firstMicros(), e);
        }
    }

    private CorruptItemException corrupt(long timeMicros, CorruptChunkException e) {
        return new CorruptItemException(
                "the chunk of device " + device + " from " + EpochMicros.toInstant(timeMicros) + " on is corrupt: "
                        + e.getMessage(),
                e);
    }

    @Override
    public boolean hasNext() {
        while (ready.isEmpty()) {
            if (chunkWalk == null) {
                if (lastStretch) {
                    return false;
                }
                nextStretch();
            }
            nextWindow();
        }
        return true;
    }

    @Override
    public Segment next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return ready.remove();
    }

    private boolean ascends() {
        return direction == Direction.ASCENDING;
    }

    /** Reads about a page of runs, whole slots of them, as no run crosses a slot; then opens the chunks of the same time. */
    private void nextStretch() {
        List<Item> stretch = new ArrayList<>();
        long slot = 0;
        int slotFrom = 0;
        int slotPage = 0;
        long cut = ascends() ? range.endMicros() : range.startMicros();
        lastStretch = true;
        while (runWalk.hasNext()) {
            long runSlot = slotOf(runWalk.peek());
            if (stretch.isEmpty() || runSlot != slot) {
                readAgainIfSplit(stretch, slotFrom, slotPage);
                if (stretch.size() >= stretchRuns) {
                    cut = ascends() ? runSlot : runSlot + SeriesKeys.SLOT_MICROS;
                    lastStretch = false;
                    break;
                }
                slot = runSlot;
                slotFrom = stretch.size();
                slotPage = runWalk.pages();
            }
            stretch.add(runWalk.next());
        }
        if (lastStretch) {
            readAgainIfSplit(stretch, slotFrom, slotPage);
        }
        stretchRuns = PAGE_ITEMS;
        if (!ascends()) {
            Collections.reverse(stretch);
        }
        runs = stretch;
        startMicros = ascends() ? edgeMicros : cut;
        endMicros = ascends() ? cut : edgeMicros;
        edgeMicros = cut;
        chunkWalk = new ItemWalk(
                table,
                query(SeriesKeys.chunks(startMicros, endMicros), direction, FIRST_CHUNK_PAGE_ITEMS),
                CHUNK_PAGE_ITEMS);
    }

    private static long slotOf(Item run) {
        return SeriesKeys.slotStart(SeriesKeys.runFirstTimeMicros(run.key().sortKey()));
    }

    /**
     * Reads the last slot of a descending stretch again if it is spread over pages.
     *
     * @param from where its runs begin in the stretch
     * @param firstPage the page that its first run was on
     */
    private void readAgainIfSplit(List<Item> stretch, int from, int firstPage) {
        if (ascends() || from == stretch.size() || runWalk.pages() == firstPage) {
            return;
        }
        long slot = slotOf(stretch.get(from));
        List<Item> again = new ArrayList<>();
        ItemWalk walk =
                new ItemWalk(table, query(SeriesKeys.runsOfSlot(slot), Direction.ASCENDING, PAGE_ITEMS), PAGE_ITEMS);
        walk.forEachRemaining(again::add);
        Collections.reverse(again);
        stretch.subList(from, stretch.size()).clear();
        stretch.addAll(again);
    }

    private Query query(SortRange keys, Direction order, int limit) {
        return new Query(device.value(), keys, order, limit, null, consistency);
    }

    /** Prepares the next window of the stretch that has chunks, and the runs on the way to it. */
    private void nextWindow() {
        ItemWalk walk = chunkWalk;
        if (walk == null || !walk.hasNext()) {
            open(List.of(), takeRuns(ascends() ? Long.MAX_VALUE : Long.MIN_VALUE));
            chunkWalk = null;
            return;
        }
        long window = SeriesKeys.chunkWindowStart(walk.peek().key().sortKey());
        List<Item> onTheWay = takeRuns(ascends() ? window : window + SeriesKeys.WINDOW_MICROS);
        int firstPage = walk.pages();
        List<Chunk> chunks = chunksOf(window, walk);
        if (!ascends() && walk.pages() != firstPage) {
            Query again = query(SeriesKeys.chunksOfWindow(window), Direction.ASCENDING, CHUNK_PAGE_ITEMS);
            chunks = chunksOf(window, new ItemWalk(table, again, CHUNK_PAGE_ITEMS));
        }
        open(List.of(), onTheWay);
        mergeWindow(chunks, takeRuns(ascends() ? window + SeriesKeys.WINDOW_MICROS : window));
    }

    private List<Chunk> chunksOf(long window, ItemWalk walk) {
        List<Chunk> chunks = new ArrayList<>();
        while (walk.hasNext() && SeriesKeys.chunkWindowStart(walk.peek().key().sortKey()) == window) {
            chunks.add(open(walk.next()));
        }
        return chunks;
    }

    private Chunk open(Item item) {
        try {
            return Chunk.open(item.body().array());
        } catch (CorruptChunkException e) {
            throw corrupt(SeriesKeys.chunkWindowStart(item.key().sortKey()), e);
        }
    }

    /** Takes the runs of the stretch on this side of a time: before it ascending, from it on descending. */
    private List<Item> takeRuns(long timeMicros) {
        int split = 0;
        while (split < runs.size()
                && SeriesKeys.runFirstTimeMicros(runs.get(split).key().sortKey()) < timeMicros) {
            split++;
        }
        if (timeMicros == Long.MAX_VALUE) {
            split = runs.size();
        }
        List<Item> before = runs.subList(0, split);
        List<Item> behind = runs.subList(split, runs.size());
        runs = ascends() ? behind : before;
        return ascends() ? before : behind;
    }

    private void mergeWindow(List<Chunk> chunks, List<Item> windowRuns) {
        chunks.removeIf(chunk -> chunk.lastMicros() < startMicros || chunk.firstMicros() >= endMicros);
        chunks.sort(Comparator.comparingLong(Chunk::firstMicros));
        boolean overlap = !windowRuns.isEmpty() || hidden.reaches(startMicros, endMicros);
        for (int i = 1; i < chunks.size() && !overlap; i++) {
            overlap = chunks.get(i).firstMicros() <= chunks.get(i - 1).lastMicros();
        }
        if (overlap) {
            open(chunks, windowRuns);
            return;
        }
        if (!ascends()) {
            Collections.reverse(chunks);
        }
        for (Chunk chunk : chunks) {
            if (chunk.firstMicros() >= startMicros && chunk.lastMicros() < endMicros && !hasExpired(chunk)) {
                ready.add(new Segment.Sealed(chunk));
            } else {
                open(List.of(chunk), List.of());
            }
        }
    }

    private boolean hasExpired(Chunk chunk) {
        for (Span span : chunk.spans()) {
            long keptMicros = Expiry.keptMicros(span.retentionSeconds());
            shortestKeptMicros = Math.min(shortestKeptMicros, keptMicros);
            if (chunk.firstMicros() <= Expiry.expiredUpTo(keptMicros, nowMicros)) {
                return true;
            }
        }
        return false;
    }

    /** Merges chunks and runs of this stretch into one block. */
    private void open(List<Chunk> chunks, List<Item> windowRuns) {
        if (chunks.isEmpty() && windowRuns.isEmpty()) {
            return;
        }
        BlockBuilder builder =
                new BlockBuilder(metrics, new TimeRange(startMicros, endMicros), nowMicros, windowRuns.size(), hidden);
        for (Chunk chunk : chunks) {
            builder.addChunk(decodeBefore(endMicros, chunk, wanted), chunk.spans());
        }
        for (Item run : windowRuns) {
            builder.addRun(run);
        }
        shortestKeptMicros = Math.min(shortestKeptMicros, builder.shortestKeptMicros());
        ReadingBlock block = builder.build();
        if (block.size() > 0) {
            ready.add(new Segment.Open(block, builder));
        }
    }
}
