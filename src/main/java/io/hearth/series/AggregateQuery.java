package io.hearth.series;

import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.Fill;
import io.hearth.series.aggregate.Function;
import io.hearth.table.Consistency;
import java.util.List;
import java.util.Set;

/**
 * What is asked of the buckets of any device.
 *
 * @param functions at least one
 * @param metrics which metrics; empty asks for all
 */
public record AggregateQuery(
        BucketGrid grid, List<Function> functions, Fill fill, Set<String> metrics, Consistency consistency) {
    public AggregateQuery {
        functions = List.copyOf(functions);
        metrics = Set.copyOf(metrics);
    }

    /** An aggregation for the answer, empty so far; fails as its constructor does. */
    public Aggregation newAggregation() {
        return new Aggregation(grid, functions, metrics);
    }
}
