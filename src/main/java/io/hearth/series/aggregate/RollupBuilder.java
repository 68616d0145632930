package io.hearth.series.aggregate;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Adds up readings of one device into {@link RollupCell}s, one for each bucket and metric. Memory is proportional to metrics
 * × buckets, so whoever has many metrics takes some at a time. Not safe for use by several threads.
 */
public final class RollupBuilder {
    private final BucketGrid grid;
    private final Predicate<String> metrics;
    private final SortedMap<String, MetricBuckets> buckets = new TreeMap<>();
    private final Segments segments = new Segments();
    private double[] scratch = {};

    /** @param metrics which metrics to take */
    public RollupBuilder(BucketGrid grid, Predicate<String> metrics) {
        this.grid = grid;
        this.metrics = metrics;
    }

    /** Adds what of a block lies in the grid's range. Blocks must come in ascending order of time. */
    public void add(ReadingBlock block) {
        segments.cut(grid, block);
        if (segments.size() == 0) {
            return;
        }
        for (Column column : block.columns()) {
            if (metrics.test(column.metric())) {
                if (column.kinds() != null && scratch.length < block.size()) {
                    scratch = new double[block.size()];
                }
                buckets.computeIfAbsent(column.metric(), metric -> MetricBuckets.forCells(grid.size()))
                        .add(segments, block.timesMicros(), column, scratch);
            }
        }
    }

    /** By metric, a cell for each bucket of the grid; null where the metric has no points. */
    public SortedMap<String, @Nullable RollupCell[]> cells() {
        SortedMap<String, @Nullable RollupCell[]> cells = new TreeMap<>();
        for (Map.Entry<String, MetricBuckets> entry : buckets.entrySet()) {
            @Nullable RollupCell[] ofMetric = new RollupCell[grid.size()];
            boolean any = false;
            for (int bucket = 0; bucket < ofMetric.length; bucket++) {
                ofMetric[bucket] = entry.getValue().cell(bucket);
                any |= ofMetric[bucket] != null;
            }
            if (any) {
                cells.put(entry.getKey(), ofMetric);
            }
        }
        return cells;
    }
}
