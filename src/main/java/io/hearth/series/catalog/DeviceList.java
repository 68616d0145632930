package io.hearth.series.catalog;

import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.series.item.DeviceIds;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which devices there are, by id: from the table, or from memory once their ids are read. Safe for several threads. */
final class DeviceList {
    /** About 100 bytes each. */
    private static final int LISTED_DEVICES = 500_000;

    private static final int PAGE_DEVICES = 1000;

    private final Table table;
    private final DeviceIds ids = new DeviceIds(LISTED_DEVICES);

    DeviceList(Table table) {
        this.table = table;
    }

    /** Reads the ids of all devices, so that {@link #idsAfter} need not ask the table any more. Only for a table of one process. */
    void readIds() {
        ids.fill(all().map(DeviceSummary::id).iterator());
    }

    /** A record has become durable. */
    void added(DeviceId device) {
        ids.added(device);
    }

    /** A record is gone. */
    void removed(DeviceId device) {
        ids.removed(device);
    }

    /** Whether a device is known to be there without the table. */
    boolean contains(DeviceId device) {
        return ids.contains(device);
    }

    DevicePage page(int limit, @Nullable Cursor cursor) {
        Page page = Blocking.await(table.queryIndex(
                new Query(Partitions.DEVICES, SortRange.ALL, Direction.ASCENDING, limit, cursor, Consistency.STRONG)));
        List<DeviceSummary> devices =
                page.items().stream().map(StoredDevice::of).toList();
        return new DevicePage(devices, page.next());
    }

    /** Every device, by id; reads a page at a time while it is consumed. */
    Stream<DeviceSummary> all() {
        return Stream.iterate(
                        page(PAGE_DEVICES, null),
                        Objects::nonNull,
                        page -> page.next() == null ? null : page(PAGE_DEVICES, page.next()))
                .flatMap(page -> page.devices().stream());
    }

    /** The ids of the first devices behind {@code after}, ascending. */
    List<DeviceId> idsAfter(@Nullable DeviceId after, int limit) {
        List<DeviceId> known = ids.after(after, limit);
        if (known != null) {
            return known;
        }
        SortRange range = after == null ? SortRange.ALL : new SortRange(behind(after), null);
        List<DeviceId> found = new ArrayList<>();
        Cursor cursor = null;
        do {
            Page page = Blocking.await(table.queryIndex(new Query(
                    Partitions.DEVICES, range, Direction.ASCENDING, limit - found.size(), cursor, Consistency.STRONG)));
            page.items().forEach(item -> found.add(new DeviceId(item.key().partitionKey())));
            cursor = page.next();
        } while (cursor != null && found.size() < limit);
        return found;
    }

    /** The least index key behind a device's. */
    private static Bytes behind(DeviceId device) {
        return Bytes.wrap((device.value() + '\0').getBytes(StandardCharsets.US_ASCII));
    }
}
