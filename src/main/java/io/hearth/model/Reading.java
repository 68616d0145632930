package io.hearth.model;

import java.util.Map;

/**
 * What one device measured at one instant.
 *
 * @param deviceTimeMicros device clock, microseconds since 1970-01-01T00:00Z; negative before it
 * @param values by valid {@linkplain MetricName metric name}, at least one; not copied, so the caller must not change it
 */
public record Reading(long deviceTimeMicros, Map<String, Value> values) {
    public Reading {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("a reading has at least one value");
        }
    }
}
