package io.hearth.series;

import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.table.Item;
import io.hearth.table.Key;
import java.util.Set;

/** Reads runs where they turn up outside of the store, as in the table's change feed. */
public final class StoredRun {
    private StoredRun() {}

    /** Whether a key of the table is that of a run. */
    public static boolean isRun(Key key) {
        return SeriesKeys.isRun(key.sortKey()) && DeviceId.isValid(key.partitionKey());
    }

    /**
     * The readings of a run as they were written, also those that have expired since.
     *
     * @throws io.hearth.table.CorruptItemException it is none, or damaged
     */
    public static ReadingBlock readings(Item run) {
        // Half of the smallest time, so that no retention added to it goes over the edge.
        BlockBuilder block = new BlockBuilder(Set.of(), TimeRange.ALL, Long.MIN_VALUE / 2, 0);
        block.addRun(run);
        return block.build();
    }
}
