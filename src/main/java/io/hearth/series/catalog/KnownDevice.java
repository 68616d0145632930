package io.hearth.series.catalog;

import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Item;
import java.util.Set;

/**
 * What is known of a device; immutable.
 *
 * @param firstSeenMicros 0 if it has never been seen
 * @param regions that have written its readings; empty if nobody knows, as an earlier build has kept the record
 * @param isStored whether exactly this is durable
 */
record KnownDevice(long firstSeenMicros, Set<String> metrics, Set<RegionId> regions, boolean isStored) {
    static final KnownDevice NOTHING = new KnownDevice(0, Set.of(), Set.of(), false);

    boolean isSomething() {
        return firstSeenMicros != 0 || !metrics.isEmpty() || !regions.isEmpty();
    }

    /** Whether all that a record says is durable. */
    boolean covers(DeviceSummary record) {
        return isStored
                && firstSeenMicros <= record.firstSeenMicros()
                && regions.containsAll(record.regions())
                && metrics.containsAll(record.metrics());
    }

    /** Whether a record says all that is known. */
    boolean isCoveredBy(DeviceSummary record) {
        return record.metrics().containsAll(metrics)
                && record.regions().containsAll(regions)
                && record.firstSeenMicros() <= firstSeenMicros;
    }

    /** The record that says this of a device. */
    Item record(DeviceId device) {
        return StoredDevice.item(device, firstSeenMicros, metrics, regions);
    }
}
