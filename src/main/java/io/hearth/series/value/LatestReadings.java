package io.hearth.series.value;

import io.hearth.model.DeviceId;
import java.util.SortedMap;

/** What is last known of a device, by metric; a metric whose last value has expired is not in it. */
public record LatestReadings(DeviceId device, SortedMap<String, LatestPoint> points) {}
