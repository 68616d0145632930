package io.hearth.series.chunk;

import io.hearth.model.Value;

/**
 * What a chunk's header knows of one metric. Minimum to squared deviations are over the values that are numbers, first
 * and last over values of any kind.
 *
 * <p>The spread is kept as squared deviations, not as a sum of squares, because the latter loses all its digits where the
 * mean is large beside the spread. Two parts combine as in Chan, Golub and LeVeque, "Updating Formulae and a Pairwise
 * Algorithm for Computing Sample Variances", 1979: {@code M2 = M2a + M2b + (meanB - meanA)² · na · nb / (na + nb)}.
 *
 * @param points readings that have the metric, at least one
 * @param numbers how many of them are numbers
 * @param min positive infinity if there are no numbers
 * @param max negative infinity if there are no numbers
 * @param sum rounded once from the exact sum if all numbers are short decimals, else compensated; infinite on overflow
 * @param squaredDeviations the sum of the squared differences to the mean of the numbers; infinite on overflow
 * @param firstMicros device time of the first value
 * @param lastMicros device time of the last value
 */
public record MetricSummary(
        String metric,
        int points,
        int numbers,
        double min,
        double max,
        double sum,
        double squaredDeviations,
        long firstMicros,
        Value first,
        long lastMicros,
        Value last) {}
