package io.hearth.series.rollup;

import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.RollupBuilder;
import io.hearth.series.aggregate.RollupCell;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.Span;
import io.hearth.series.item.BlockBuilder;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.RollupLevel;
import io.hearth.series.item.SeriesKeys;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The readings of a window, of which rollups are made. */
final class WindowReadings {
    /** Of all metrics that are added up at a time. */
    private static final int CELLS_AT_A_TIME = 50_000;

    private final long window;
    private final List<Readings> blocks;

    private WindowReadings(long window, List<Readings> blocks) {
        this.window = window;
        this.blocks = blocks;
    }

    /** Readings with the stamps of their writes. */
    private record Readings(ReadingBlock block, List<Span> spans) {}

    /** The readings of chunks in order of time, expired ones included. */
    static WindowReadings of(long window, List<Chunk> chunks) {
        List<Chunk> ordered = new ArrayList<>(chunks);
        ordered.sort(Comparator.comparingLong(Chunk::firstMicros));
        boolean overlap = false;
        for (int i = 1; i < ordered.size(); i++) {
            overlap |= ordered.get(i).firstMicros() <= ordered.get(i - 1).lastMicros();
        }
        List<Readings> blocks = new ArrayList<>();
        if (!overlap) {
            ordered.forEach(
                    chunk -> blocks.add(new Readings(chunk.decode(metric -> true, new ChunkScratch()), chunk.spans())));
            return new WindowReadings(window, blocks);
        }
        TimeRange range = new TimeRange(window, window + SeriesKeys.WINDOW_MICROS);
        BlockBuilder builder = new BlockBuilder(Set.of(), range, Expiry.BEFORE_EXPIRY, 0);
        ChunkScratch scratch = new ChunkScratch();
        ordered.forEach(chunk -> builder.addChunk(chunk.decode(metric -> true, scratch), chunk.spans()));
        ReadingBlock merged = builder.build();
        blocks.add(new Readings(merged, builder.spans()));
        return new WindowReadings(window, blocks);
    }

    /** What the readings come to at a level. */
    WindowRollup rollup(RollupRules rules, DeviceId device, RollupLevel level, long rawUntilSeconds) {
        TimeRange range = new TimeRange(window, window + SeriesKeys.WINDOW_MICROS);
        BucketGrid grid = BucketGrid.of(range, level.every(), rules.zone());
        Set<String> metrics = new TreeSet<>();
        blocks.forEach(its -> its.block.columns().forEach(column -> metrics.add(column.metric())));
        Set<String> notKept = rules.notKept(device, level, metrics);
        metrics.removeAll(notKept);
        SortedMap<String, @Nullable RollupCell[]> cells = new TreeMap<>();
        int atATime = Math.max(1, CELLS_AT_A_TIME / grid.size());
        List<String> left = List.copyOf(metrics);
        while (!left.isEmpty()) {
            Set<String> some = Set.copyOf(left.subList(0, Math.min(atATime, left.size())));
            RollupBuilder builder = new RollupBuilder(grid, some::contains);
            blocks.forEach(its -> builder.add(its.block));
            cells.putAll(builder.cells());
            left = left.subList(some.size(), left.size());
        }
        long[] bounds = new long[grid.size() + 1];
        for (int bucket = 0; bucket < grid.size(); bucket++) {
            bounds[bucket] = Math.max(window, grid.startMicros(bucket));
        }
        bounds[grid.size()] = range.endMicros();
        return new WindowRollup(0, rawUntilSeconds, notKept, new TreeSet<>(), earliest(grid), bounds, cells);
    }

    /** By bucket, the hybrid time of the earliest write. */
    private long[] earliest(BucketGrid grid) {
        long[] earliest = new long[grid.size()];
        Arrays.fill(earliest, WindowRollup.NO_READINGS);
        for (Readings its : blocks) {
            int row = 0;
            for (Span span : its.spans) {
                long time = span.stamp().time().packed();
                for (int end = row + span.readings(); row < end; row++) {
                    int bucket = grid.indexOf(its.block.timesMicros()[row]);
                    if (bucket >= 0) {
                        earliest[bucket] = Math.min(earliest[bucket], time);
                    }
                }
            }
        }
        return earliest;
    }
}
