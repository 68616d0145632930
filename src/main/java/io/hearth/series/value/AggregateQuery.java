package io.hearth.series.value;

import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.BucketLimitException;
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

    /**
     * Checks what is known without any reading.
     *
     * @throws BucketLimitException if the answer would have more buckets than it may
     */
    public void check() {
        Aggregation.check(grid, functions, metrics);
    }

    /** An aggregation for the answer, empty so far; fails as its constructor does. */
    public Aggregation newAggregation(AnswerBudget budget) {
        return new Aggregation(grid, functions, metrics, budget);
    }
}
