package io.hearth.series.aggregate;

import io.hearth.model.Column;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that is kept of one metric: per bucket and as far as the functions need it. */
final class MetricBuckets {
    /** What a metric takes beside its buckets. */
    static final long BYTES = 300;

    private final Moments moments;
    private final @Nullable CounterSteps steps;
    private final @Nullable Sketches sketches;
    /** Only for the cells of rollups. */
    private final @Nullable CellSteps cellSteps;

    private final @Nullable EdgeValues firsts;
    private final @Nullable EdgeValues lasts;
    private final AnswerBudget budget;
    private final int size;
    /** Null until there is a text. */
    private long @Nullable [] textCounts;

    /** @param budget of {@link #bytesPerBucket} its caller has told it; of sketches and texts, which come later, this does */
    MetricBuckets(int buckets, Collection<Function> functions, AnswerBudget budget) {
        this(buckets, functions, budget, null);
    }

    private MetricBuckets(
            int buckets, Collection<Function> functions, AnswerBudget budget, @Nullable CellSteps cellSteps) {
        this.cellSteps = cellSteps;
        this.budget = budget;
        size = buckets;
        moments = new Moments(buckets, functions);
        steps = functions.stream().anyMatch(Function::needsSteps) ? new CounterSteps(buckets) : null;
        sketches = functions.stream().anyMatch(Function::isPercentile) ? new Sketches(buckets, budget) : null;
        firsts = functions.contains(Function.FIRST) ? new EdgeValues(buckets, false, budget) : null;
        lasts = functions.contains(Function.LAST) ? new EdgeValues(buckets, true, budget) : null;
    }

    /** Buckets that become cells of rollups. */
    static MetricBuckets forCells(int buckets) {
        return new MetricBuckets(
                buckets,
                List.of(Function.SUM, Function.STDDEV, Function.P50, Function.FIRST, Function.LAST),
                AnswerBudget.UNBOUNDED,
                new CellSteps(buckets));
    }

    /** What a bucket takes as soon as there are any: the elements of its arrays. */
    static long bytesPerBucket(Collection<Function> functions) {
        long edges = functions.stream()
                .filter(function -> function == Function.FIRST || function == Function.LAST)
                .count();
        return Moments.bytesPerBucket(functions)
                + (functions.stream().anyMatch(Function::needsSteps) ? CounterSteps.BYTES_PER_BUCKET : 0)
                + (functions.stream().anyMatch(Function::isPercentile) ? Sketches.BYTES_PER_BUCKET : 0)
                + edges * EdgeValues.BYTES_PER_BUCKET;
    }

    /**
     * Adds a column's points.
     *
     * @param scratch as long as the longest segment
     */
    void add(Segments segments, long[] times, Column column, double[] scratch) {
        byte[] kinds = column.kinds();
        for (int s = 0; s < segments.size(); s++) {
            int from = segments.start(s);
            int to = segments.end(s);
            int bucket = segments.bucket(s);
            if (kinds != null) {
                from = nextPresent(kinds, from, to);
                to = lastPresent(kinds, from, to) + 1;
                if (from == to) {
                    continue;
                }
            }
            if (kinds == null || areNumeric(kinds, from, to)) {
                addNumbers(bucket, column.numbers(), from, to, times[from], times[to - 1]);
            } else {
                addMixed(bucket, kinds, column.numbers(), from, to, times, scratch);
            }
            if (firsts != null) {
                firsts.offer(
                        bucket, times[from], column.kindAt(from), column.numbers()[from], textOrNull(column, from));
            }
            if (lasts != null) {
                int at = to - 1;
                lasts.offer(bucket, times[at], column.kindAt(at), column.numbers()[at], textOrNull(column, at));
            }
        }
    }

    @SuppressWarnings("ShortCircuitBoolean") // A branch on the kind would often be guessed wrong.
    private void addMixed(
            int bucket, byte[] kinds, double[] numbers, int from, int to, long[] times, double[] scratch) {
        int count = 0;
        int textCount = 0;
        int first = to;
        int last = from;
        for (int i = from; i < to; i++) {
            // Without branches, as gaps come at random and the processor would often guess wrong.
            byte kind = kinds[i];
            boolean numeric = kind == Column.NUMBER | kind == Column.BOOL;
            scratch[count] = numbers[i];
            count += numeric ? 1 : 0;
            textCount += kind == Column.TEXT ? 1 : 0;
            first = Math.min(first, numeric ? i : to);
            last = numeric ? i : last;
        }
        if (count > 0) {
            addNumbers(bucket, scratch, 0, count, times[first], times[last]);
        }
        addTexts(bucket, textCount);
    }

    private void addNumbers(int bucket, double[] numbers, int from, int to, long firstMicros, long lastMicros) {
        if (steps != null) {
            steps.add(bucket, numbers, from, to, firstMicros, lastMicros);
        }
        if (cellSteps != null) {
            cellSteps.add(bucket, numbers, from, to, firstMicros, lastMicros);
        }
        moments.add(bucket, numbers, from, to);
        if (sketches != null) {
            sketches.add(bucket, numbers, from, to);
        }
    }

    private void addTexts(int bucket, long count) {
        if (count > 0) {
            if (textCounts == null) {
                budget.hold((long) Long.BYTES * size);
                textCounts = new long[size];
            }
            textCounts[bucket] += count;
        }
    }

    void add(int bucket, ChunkSummary summary) {
        moments.add(bucket, summary);
        if (firsts != null) {
            firsts.offer(bucket, summary.firstMicros(), summary.kind(), summary.first(), null);
        }
        if (lasts != null) {
            lasts.offer(bucket, summary.lastMicros(), summary.kind(), summary.last(), null);
        }
    }

    /** Adds what a rollup has kept of points that all lie in a bucket. */
    void add(int bucket, RollupCell cell) {
        RollupCell.Edge firstNumber = cell.firstNumber();
        RollupCell.Edge lastNumber = cell.lastNumber();
        if (firstNumber != null && lastNumber != null) {
            if (steps != null) {
                steps.add(bucket, firstNumber, cell.increase(), lastNumber);
            }
            moments.add(bucket, cell);
            if (sketches != null) {
                sketches.add(bucket, cell.bins());
            }
        }
        addTexts(bucket, cell.texts());
        if (firsts != null) {
            firsts.offer(bucket, cell.first());
        }
        if (lasts != null) {
            lasts.offer(bucket, cell.last());
        }
    }

    /** What a bucket of {@link #forCells} comes to; null if it has no points. */
    @Nullable
    RollupCell cell(int bucket) {
        if (cellSteps == null || sketches == null || firsts == null || lasts == null) {
            throw new IllegalStateException("these buckets were not made for cells");
        }
        if (firsts.kind(bucket) == Column.ABSENT) {
            return null;
        }
        boolean numeric = moments.count(bucket) > 0;
        return new RollupCell(
                moments.count(bucket),
                numeric ? moments.min(bucket) : 0,
                numeric ? moments.max(bucket) : 0,
                numeric ? moments.sum(bucket) : 0,
                numeric ? moments.squaredDeviations(bucket) : 0,
                numeric ? cellSteps.increase(bucket) : 0,
                cellSteps.first(bucket),
                cellSteps.last(bucket),
                sketches.bins(bucket),
                textCounts == null ? 0 : textCounts[bucket],
                firsts.edge(bucket),
                lasts.edge(bucket));
    }

    void nextDevice() {
        if (steps != null) {
            steps.nextDevice();
        }
    }

    /** Adds another's points, for the same buckets and functions. */
    void merge(MetricBuckets other) {
        moments.merge(other.moments);
        if (steps != null && other.steps != null) {
            steps.merge(other.steps);
        }
        if (sketches != null && other.sketches != null) {
            sketches.merge(other.sketches);
        }
        if (firsts != null && other.firsts != null) {
            firsts.merge(other.firsts);
        }
        if (lasts != null && other.lasts != null) {
            lasts.merge(other.lasts);
        }
        if (other.textCounts != null) {
            for (int b = 0; b < size; b++) {
                addTexts(b, other.textCounts[b]);
            }
        }
    }

    /** What each bucket comes to, before filling. */
    ResultColumn result(Function function, BucketGrid grid) {
        if (function == Function.FIRST && firsts != null) {
            return ResultColumn.ofEdges(size, firsts);
        }
        if (function == Function.LAST && lasts != null) {
            return ResultColumn.ofEdges(size, lasts);
        }
        double[] values = new double[size];
        for (int b = 0; b < size; b++) {
            double value = number(function, grid, b);
            values[b] = Double.isFinite(value) ? value : Double.NaN;
        }
        return ResultColumn.ofNumbers(values);
    }

    private double number(Function function, BucketGrid grid, int bucket) {
        long count = moments.count(bucket);
        if (function == Function.COUNT) {
            long all = count + (textCounts == null ? 0 : textCounts[bucket]);
            return all == 0 ? Double.NaN : all;
        }
        if (count == 0) {
            return Double.NaN;
        }
        return switch (function) {
            case AVG -> moments.sum(bucket) / count;
            case SUM -> moments.sum(bucket);
            case MIN -> moments.min(bucket);
            case MAX -> moments.max(bucket);
            case STDDEV -> moments.standardDeviation(bucket);
            case P50, P95, P99 -> percentile(function, bucket);
            case INCREASE -> increase(bucket);
            case RATE -> increase(bucket) / (grid.coveredMicros(bucket) / 1e6);
            case COUNT, FIRST, LAST -> throw new IllegalStateException(function + " is no function of numbers");
        };
    }

    private double percentile(Function function, int bucket) {
        double value = sketches == null ? Double.NaN : sketches.valueAt(function.quantile(), bucket);
        return Math.max(moments.min(bucket), Math.min(moments.max(bucket), value));
    }

    private double increase(int bucket) {
        return steps == null ? Double.NaN : steps.increase(bucket);
    }

    private static int nextPresent(byte[] kinds, int from, int to) {
        int at = from;
        while (at < to && kinds[at] == Column.ABSENT) {
            at++;
        }
        return at;
    }

    private static int lastPresent(byte[] kinds, int from, int to) {
        int at = to - 1;
        while (at >= from && kinds[at] == Column.ABSENT) {
            at--;
        }
        return at;
    }

    @SuppressWarnings("ShortCircuitBoolean") // A branch on the kind would often be guessed wrong.
    private static boolean areNumeric(byte[] kinds, int from, int to) {
        boolean numeric = true;
        for (int i = from; i < to; i++) {
            byte kind = kinds[i];
            numeric &= kind == Column.NUMBER | kind == Column.BOOL;
        }
        return numeric;
    }

    private static @Nullable String textOrNull(Column column, int index) {
        return column.kindAt(index) == Column.TEXT ? column.textAt(index) : null;
    }
}
