package io.hearth.series.value;

import io.hearth.model.Value;

/** The value of a metric with the latest device time, and that time. */
public record LatestPoint(Value value, long deviceTimeMicros) {}
