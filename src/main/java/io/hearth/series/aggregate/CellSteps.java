package io.hearth.series.aggregate;

import io.hearth.model.Column;
import io.hearth.series.aggregate.RollupCell.Edge;
import org.jspecify.annotations.Nullable;

/** Per bucket, the first and the last number, and how far a counter rose between them: what {@link CounterSteps} can go on from. */
final class CellSteps {
    private final double[] increases;
    private final @Nullable Edge[] firsts;
    private final @Nullable Edge[] lasts;

    CellSteps(int buckets) {
        increases = new double[buckets];
        firsts = new Edge[buckets];
        lasts = new Edge[buckets];
    }

    /** As {@link CounterSteps#add}, but for steps from bucket to bucket. */
    void add(int bucket, double[] numbers, int from, int to, long startMicros, long endMicros) {
        Edge last = lasts[bucket];
        if (last == null) {
            firsts[bucket] = new Edge(startMicros, Column.NUMBER, numbers[from], null);
        }
        double before = last == null ? numbers[from] : last.number();
        increases[bucket] += CounterSteps.increase(before, numbers, last == null ? from + 1 : from, to);
        lasts[bucket] = new Edge(endMicros, Column.NUMBER, numbers[to - 1], null);
    }

    double increase(int bucket) {
        return increases[bucket];
    }

    @Nullable
    Edge first(int bucket) {
        return firsts[bucket];
    }

    @Nullable
    Edge last(int bucket) {
        return lasts[bucket];
    }
}
