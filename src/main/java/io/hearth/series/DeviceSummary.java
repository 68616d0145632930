package io.hearth.series;

import io.hearth.model.DeviceId;
import java.util.SortedSet;

/**
 * A device that has sent readings.
 *
 * @param firstSeenMicros when the service first stored one, microseconds since 1970-01-01T00:00Z
 * @param metrics every metric it has ever sent
 */
public record DeviceSummary(DeviceId id, long firstSeenMicros, SortedSet<String> metrics) {}
