package io.hearth.series.aggregate;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Adds up readings into buckets. Fed block by block, or with a {@link ChunkSummary} for a metric's points that all lie in one
 * bucket; both in any order, but for {@link Function#RATE} and {@link Function#INCREASE}, which need each device's
 * blocks in ascending order of time. Points outside the grid's range do not count.
 *
 * <p>Several devices come together in one aggregation, with {@link #nextDevice} between them, or by {@link #merge}. Results do
 * not depend on the order, save for how sums round.
 *
 * <p>Memory is proportional to metrics × buckets, and bounded by {@link #MAX_CELLS}. Not safe for use by several threads.
 */
public final class Aggregation {
    /**
     * The most metrics × buckets of one aggregation. With all functions such a cell takes about 200 bytes, the result
     * included; percentiles, whose sketches take about 1 KiB, weigh {@link #PERCENTILE_CELLS} times as much.
     */
    public static final long MAX_CELLS = 1_000_000;

    /** What a bucket of a metric weighs for its sketch. */
    public static final int PERCENTILE_CELLS = 8;

    /** What a value of the result takes: a number; first and last also have a kind and a reference to a text. */
    private static final long RESULT_BYTES = 8;

    private static final long RESULT_EDGE_BYTES = 13;

    private final BucketGrid grid;
    private final List<Function> functions;
    private final Set<String> metrics;
    private final AnswerBudget budget;
    private final boolean usesSummaries;
    private final long cellsPerMetric;
    private final Map<String, MetricBuckets> buckets = new TreeMap<>();
    private final Segments segments = new Segments();
    private double[] scratch = {};

    /**
     * An aggregation of some metrics, or of all.
     *
     * @param functions at least one; repetitions count once
     * @param metrics those that count and that the answer lists even if they have no points; if empty, all count, and the
     *     answer lists those that have points in the range
     * @throws BucketLimitException if the metrics exceed {@link #MAX_CELLS}
     * @throws IllegalArgumentException if there is no function
     */
    public Aggregation(BucketGrid grid, Collection<Function> functions, Collection<String> metrics) {
        this(grid, functions, metrics, AnswerBudget.UNBOUNDED);
    }

    /**
     * As {@link #Aggregation(BucketGrid, Collection, Collection)}; it and its result hold no more than {@code budget} allows,
     * whose exceptions leave an aggregation behind that is of no use.
     */
    public Aggregation(
            BucketGrid grid, Collection<Function> functions, Collection<String> metrics, AnswerBudget budget) {
        this.budget = budget;
        this.grid = grid;
        this.functions = functions.stream().distinct().toList();
        this.metrics = Set.copyOf(metrics);
        if (this.functions.isEmpty()) {
            throw new IllegalArgumentException("no function is asked");
        }
        usesSummaries = Function.canUseSummary(this.functions);
        cellsPerMetric = cellsPerMetric(grid, this.functions);
        requireCells(this.metrics.size());
        this.metrics.forEach(this::bucketsOf);
    }

    /**
     * Checks what is known of an aggregation before it is made.
     *
     * @throws BucketLimitException if the metrics exceed {@link #MAX_CELLS}
     */
    public static void check(BucketGrid grid, Collection<Function> functions, Collection<String> metrics) {
        requireCells(metrics.size(), cellsPerMetric(grid, functions));
    }

    private static long cellsPerMetric(BucketGrid grid, Collection<Function> functions) {
        boolean percentiles = functions.stream().anyMatch(Function::isPercentile);
        return (long) grid.size() * (percentiles ? PERCENTILE_CELLS : 1);
    }

    public BucketGrid grid() {
        return grid;
    }

    /** The functions asked, in order. */
    public List<Function> functions() {
        return functions;
    }

    /**
     * Adds the points of one device's block that lie in the range.
     *
     * @throws BucketLimitException if there are so many metrics that {@link #MAX_CELLS} is exceeded; the aggregation is of no
     *     use then
     * @throws IllegalArgumentException if rate or increase is asked and the block does not begin after the one before; the
     *     aggregation is of no use then
     */
    public void add(ReadingBlock block) {
        segments.cut(grid, block);
        if (segments.size() == 0) {
            return;
        }
        for (Column column : block.columns()) {
            if (!counts(column.metric())) {
                continue;
            }
            if (column.kinds() != null && scratch.length < block.size()) {
                scratch = new double[block.size()];
            }
            if (hasPoint(column)) {
                bucketsOf(column.metric()).add(segments, block.timesMicros(), column, scratch);
            }
        }
    }

    /**
     * Adds a metric's points as a summary, if that answers all that is asked: no function needs the points themselves
     * ({@link Function#canUseSummary}), they all lie in one bucket and in the range, and, for {@link Function#STDDEV}, their
     * sum of squares is exact enough.
     *
     * @return whether the points are dealt with, which those of a metric that does not count are, too; if not, nothing was
     *     added, and they have to come in a block
     * @throws BucketLimitException if there are so many metrics that {@link #MAX_CELLS} is exceeded
     */
    public boolean addSummary(String metric, ChunkSummary summary) {
        if (!counts(metric)) {
            return true;
        }
        if (!usesSummaries || (functions.contains(Function.STDDEV) && !summary.tellsDeviation())) {
            return false;
        }
        int bucket = grid.indexOf(summary.firstMicros());
        if (bucket < 0 || grid.indexOf(summary.lastMicros()) != bucket) {
            return false;
        }
        bucketsOf(metric).add(bucket, summary);
        return true;
    }

    /**
     * Adds what a rollup has kept of a metric's points, which all lie in one bucket and in the range. All functions can be
     * computed from it; for counters it must come in order of time, as blocks must.
     *
     * @param bucket as {@link BucketGrid#holding} tells
     * @throws BucketLimitException if there are so many metrics that {@link #MAX_CELLS} is exceeded
     */
    public void addCell(String metric, int bucket, RollupCell cell) {
        if (counts(metric)) {
            bucketsOf(metric).add(bucket, cell);
        }
    }

    /** Ends the aggregation if nobody waits for it any more. */
    public void requireClient() {
        budget.requireClient();
    }

    /** Says that the blocks to come are another device's: counters do not step from one device to the next. */
    public void nextDevice() {
        buckets.values().forEach(MetricBuckets::nextDevice);
    }

    /**
     * Adds what {@code other} has added up, of other devices or, save for rate and increase, of other points of the same.
     *
     * @param other with an equal grid, the same functions and metrics; it is not changed
     * @throws BucketLimitException if there are so many metrics that {@link #MAX_CELLS} is exceeded
     * @throws IllegalArgumentException if they differ
     */
    public void merge(Aggregation other) {
        if (!grid.equals(other.grid)
                || !Set.copyOf(functions).equals(Set.copyOf(other.functions))
                || !metrics.equals(other.metrics)) {
            throw new IllegalArgumentException("only aggregations of the same question can be merged");
        }
        other.buckets.forEach((metric, theirs) -> bucketsOf(metric).merge(theirs));
    }

    /** What the buckets come to so far. */
    public BucketSeries result(Fill fill) {
        budget.hold(resultBytes());
        @Nullable ResultColumn[][] columns = new ResultColumn[buckets.size()][];
        int metric = 0;
        for (MetricBuckets ofMetric : buckets.values()) {
            @Nullable ResultColumn[] byFunction = new ResultColumn[Function.values().length];
            for (Function function : functions) {
                ResultColumn column = ofMetric.result(function, grid);
                fill(column, function, fill);
                byFunction[function.ordinal()] = column;
            }
            columns[metric++] = byFunction;
        }
        return new BucketSeries(grid, functions, fill, List.copyOf(buckets.keySet()), columns);
    }

    private long resultBytes() {
        long perBucket = 0;
        for (Function function : functions) {
            boolean edge = function == Function.FIRST || function == Function.LAST;
            perBucket += edge ? RESULT_EDGE_BYTES : RESULT_BYTES;
        }
        return perBucket * buckets.size() * grid.size();
    }

    private void fill(ResultColumn column, Function function, Fill fill) {
        if (function == Function.COUNT) {
            if (fill != Fill.NONE) {
                column.fillZero();
            }
        } else if (fill == Fill.PREVIOUS) {
            column.fillPrevious();
        } else if (fill == Fill.LINEAR) {
            column.fillLinear(grid);
        }
    }

    private boolean counts(String metric) {
        return metrics.isEmpty() || metrics.contains(metric);
    }

    private boolean hasPoint(Column column) {
        byte[] kinds = column.kinds();
        int end = segments.end(segments.size() - 1);
        for (int i = segments.start(0); i < end; i++) {
            if (kinds == null || kinds[i] != Column.ABSENT) {
                return true;
            }
        }
        return false;
    }

    private MetricBuckets bucketsOf(String metric) {
        MetricBuckets known = buckets.get(metric);
        if (known != null) {
            return known;
        }
        requireCells(buckets.size() + 1);
        budget.hold(MetricBuckets.BYTES + MetricBuckets.bytesPerBucket(functions) * grid.size());
        MetricBuckets created = new MetricBuckets(grid.size(), functions, budget);
        buckets.put(metric, created);
        return created;
    }

    private void requireCells(int ofMetrics) {
        requireCells(ofMetrics, cellsPerMetric);
    }

    private static void requireCells(int ofMetrics, long cellsPerMetric) {
        if (ofMetrics * cellsPerMetric > MAX_CELLS) {
            throw new BucketLimitException("too many buckets for " + ofMetrics
                    + " metrics: choose wider buckets, a shorter range or fewer metrics");
        }
    }
}
