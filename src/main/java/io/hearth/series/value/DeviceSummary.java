package io.hearth.series.value;

import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import java.util.SortedSet;

/**
 * A device that has sent readings.
 *
 * @param firstSeenMicros when a reading of it was first stored, in whichever region; microseconds since 1970-01-01T00:00Z
 * @param metrics every metric it has ever sent
 * @param regions that have written its readings; empty if an earlier build has kept that record, which did not say
 */
public record DeviceSummary(
        DeviceId id, long firstSeenMicros, SortedSet<String> metrics, SortedSet<RegionId> regions) {}
