package io.hearth.series.catalog;

import io.hearth.bytes.CorruptItemException;
import io.hearth.model.DeviceId;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Item;
import io.hearth.table.Key;

/** Reads records of devices where they turn up outside of the store. */
public final class StoredDevice {
    private StoredDevice() {}

    /** Whether a key of the table is that of a device's record. */
    public static boolean isDevice(Key key) {
        return SeriesKeys.isDevice(key.sortKey()) && DeviceId.isValid(key.partitionKey());
    }

    /** @throws CorruptItemException it is none, or damaged */
    public static DeviceSummary of(Item item) {
        return DeviceCatalog.decode(item);
    }
}
