package io.hearth.promql;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalDouble;

/**
 * What PromQL's functions of a window are by their definitions, computed from all samples of a series anew for each instant;
 * rate and its kin as Prometheus' documentation and its code comments describe the extrapolation.
 */
final class Definition {
    private Definition() {}

    /** The last sample of {@code (at - lookback, at]}. */
    static OptionalDouble last(NavigableMap<Long, Double> samples, long atMicros, long lookbackMicros) {
        NavigableMap<Long, Double> window = samples.subMap(atMicros - lookbackMicros, false, atMicros, true);
        return window.isEmpty()
                ? OptionalDouble.empty()
                : OptionalDouble.of(window.lastEntry().getValue());
    }

    static OptionalDouble window(String function, NavigableMap<Long, Double> samples, long atMicros, long rangeMicros) {
        NavigableMap<Long, Double> window = samples.subMap(atMicros - rangeMicros, false, atMicros, true);
        List<Double> values = List.copyOf(window.values());
        List<Long> times = List.copyOf(window.keySet());
        int n = values.size();
        boolean two = List.of("rate", "increase", "delta", "irate", "idelta").contains(function);
        if (n < (two ? 2 : 1)) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(
                switch (function) {
                    case "avg_over_time" -> sum(values) / n;
                    case "sum_over_time" -> sum(values);
                    case "count_over_time" -> n;
                    case "last_over_time" -> values.get(n - 1);
                    case "min_over_time" ->
                        values.stream().mapToDouble(v -> v).min().orElseThrow();
                    case "max_over_time" ->
                        values.stream().mapToDouble(v -> v).max().orElseThrow();
                    case "stdvar_over_time" -> variance(values);
                    case "stddev_over_time" -> Math.sqrt(variance(values));
                    case "idelta" -> values.get(n - 1) - values.get(n - 2);
                    case "irate" ->
                        (values.get(n - 1) < values.get(n - 2)
                                        ? values.get(n - 1)
                                        : values.get(n - 1) - values.get(n - 2))
                                / seconds(times.get(n - 1) - times.get(n - 2));
                    case "rate" -> extrapolated(times, values, atMicros, rangeMicros, true) / seconds(rangeMicros);
                    case "increase" -> extrapolated(times, values, atMicros, rangeMicros, true);
                    case "delta" -> extrapolated(times, values, atMicros, rangeMicros, false);
                    default -> throw new IllegalArgumentException(function);
                });
    }

    /** The quantile by linear interpolation between closest ranks. */
    static double quantile(double q, Collection<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        sorted.sort(null);
        double rank = q * (sorted.size() - 1);
        int below = (int) rank;
        double above = sorted.get(Math.min(below + 1, sorted.size() - 1));
        return sorted.get(below) + (rank - below) * (above - sorted.get(below));
    }

    static double sum(Collection<Double> values) {
        java.math.BigDecimal sum = java.math.BigDecimal.ZERO;
        for (double value : values) {
            sum = sum.add(new java.math.BigDecimal(value));
        }
        return sum.doubleValue();
    }

    static double variance(Collection<Double> values) {
        double mean = sum(values) / values.size();
        return sum(values.stream().map(v -> (v - mean) * (v - mean)).toList()) / values.size();
    }

    private static double extrapolated(
            List<Long> times, List<Double> values, long atMicros, long rangeMicros, boolean counter) {
        int last = values.size() - 1;
        double change = 0;
        for (int i = 1; i <= last; i++) {
            double step = values.get(i) - values.get(i - 1);
            change += counter && step < 0 ? values.get(i) : step;
        }
        double sampled = seconds(times.get(last) - times.get(0));
        double mean = sampled / last;
        double toStart = seconds(times.get(0) - (atMicros - rangeMicros));
        double toEnd = seconds(atMicros - times.get(last));
        double before = toStart < 1.1 * mean ? toStart : mean / 2;
        double after = toEnd < 1.1 * mean ? toEnd : mean / 2;
        if (counter && change > 0 && values.get(0) >= 0) {
            before = Math.min(before, sampled * values.get(0) / change);
        }
        return change / sampled * (before + sampled + after);
    }

    private static double seconds(long micros) {
        return micros / 1e6;
    }
}
