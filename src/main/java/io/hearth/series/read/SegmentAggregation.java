package io.hearth.series.read;

import io.hearth.model.Column;
import io.hearth.model.Value;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.ChunkSummary;
import io.hearth.series.aggregate.Function;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.MetricSummary;
import io.hearth.series.item.Segment;
import java.util.HashSet;
import java.util.Set;

/** Adds the segments of a scan to an aggregation, from the headers of chunks where these answer what is asked. */
public final class SegmentAggregation {
    private SegmentAggregation() {}

    /** @param metrics the metrics of the aggregation; empty means all */
    public static void add(Aggregation aggregation, Set<String> metrics, SegmentScan scan) {
        boolean summaries = Function.canUseSummary(aggregation.functions());
        while (scan.hasNext()) {
            aggregation.requireClient();
            Segment segment = scan.next();
            if (summaries && segment instanceof Segment.Sealed sealed) {
                Set<String> unanswered = addSummaries(sealed.chunk(), aggregation, metrics);
                if (!unanswered.isEmpty()) {
                    aggregation.add(scan.decode(sealed.chunk(), unanswered::contains));
                }
            } else {
                aggregation.add(scan.blockOf(segment));
            }
        }
    }

    /** Adds what the header of a chunk answers, and returns the metrics that have to be decoded. */
    private static Set<String> addSummaries(Chunk chunk, Aggregation aggregation, Set<String> metrics) {
        Set<String> unanswered = new HashSet<>();
        for (MetricSummary summary : chunk.metrics()) {
            boolean wanted = metrics.isEmpty() || metrics.contains(summary.metric());
            if (wanted && !addSummary(summary, aggregation)) {
                unanswered.add(summary.metric());
            }
        }
        return unanswered;
    }

    private static boolean addSummary(MetricSummary summary, Aggregation aggregation) {
        if (summary.numbers() != summary.points()
                || !(summary.first() instanceof Value.Num first)
                || !(summary.last() instanceof Value.Num last)) {
            return false;
        }
        double sumOfSquares = summary.squaredDeviations() + summary.sum() * summary.sum() / summary.numbers();
        if (!Double.isFinite(summary.sum()) || !Double.isFinite(sumOfSquares)) {
            return false;
        }
        return aggregation.addSummary(
                summary.metric(),
                new ChunkSummary(
                        Column.NUMBER,
                        summary.numbers(),
                        summary.min(),
                        summary.max(),
                        summary.sum(),
                        sumOfSquares,
                        summary.firstMicros(),
                        first.number(),
                        summary.lastMicros(),
                        last.number()));
    }
}
