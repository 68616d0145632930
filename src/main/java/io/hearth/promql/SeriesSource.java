package io.hearth.promql;

import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import java.util.Collections;
import java.util.Iterator;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** Where the samples come from. */
public interface SeriesSource {
    /**
     * A device that has sent readings.
     *
     * @param metrics the names of every metric that it has ever sent
     */
    record Device(DeviceId id, SortedSet<String> metrics) {
        public Device {
            metrics = Collections.unmodifiableSortedSet(new TreeSet<>(metrics));
        }
    }

    /** All devices, by id ascending; read as they are asked for. */
    Iterator<Device> devices();

    /** One device; empty if it has sent nothing. */
    Optional<Device> device(DeviceId id);

    /** The readings of a device that have any of these metrics, ascending, with these metrics only. */
    Iterator<ReadingBlock> scan(DeviceId device, TimeRange range, Set<String> metrics);
}
