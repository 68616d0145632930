package io.hearth.series.catalog;

import com.github.benmanes.caffeine.cache.Ticker;
import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import io.hearth.model.RegionId;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.table.Blocking;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which devices there are, which metrics each has sent, and which regions have written its readings. A record is written when
 * any of that is new, before the readings are, so the catalog is never behind them.
 */
public final class DeviceCatalog {
    /** The most metrics a device may have, over all of its readings, so that its record fits an item. */
    static final int MAX_METRICS = 2048;

    /** All names of a device's metrics together, so that its record fits an item. */
    private static final int MAX_METRIC_BYTES = 350_000;

    /** How much of the records is kept in memory where nothing else is said. */
    public static final long CACHED_BYTES = 40L << 20;

    /** How many records of a table that others write to are read at the start. */
    private static final int CACHED_DEVICES = 200_000;

    private final Table table;
    private final RegionId region;
    private final KnownDevices devices;
    private final DeviceList list;
    private final DeviceRecords records;

    /**
     * @param region whose readings {@link #knows} and {@link #recordWith} are about
     * @param erasedUntilMicros {@link Erasure#behindMicros} of the last erasure of the whole device, 0 if there was none: an
     *     earlier record is going to be removed, so the next reading has to bring a new one
     * @param maxCachedBytes memory for records, two bytes a character, 200 a device and 96 a metric; those that are used least are
     *     read from the table again
     */
    public DeviceCatalog(
            Table table,
            RegionId region,
            ToLongFunction<DeviceId> erasedUntilMicros,
            long maxCachedBytes,
            Ticker ticker) {
        this.table = table;
        this.region = region;
        devices = new KnownDevices(table, erasedUntilMicros, maxCachedBytes, ticker);
        list = new DeviceList(table);
        records = new DeviceRecords(table, devices, list, MAX_METRICS);
    }

    /** Whether the catalog holds, durably, the device with every metric of a reading of this region. */
    public boolean knows(DeviceId device, PointBuffer points, int reading) {
        KnownDevice known = devices.get(device);
        if (!known.isStored() || !known.regions().contains(region)) {
            return false;
        }
        int end = points.firstPoint(reading + 1);
        for (int point = points.firstPoint(reading); point < end; point++) {
            if (!known.metrics().contains(points.metric(point))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Takes note of the metrics of a reading that is going to be stored.
     *
     * @return false if the device would have too many of them; nothing was noted
     */
    public boolean learn(DeviceId device, PointBuffer points, int reading) {
        Set<String> metrics = new HashSet<>();
        int end = points.firstPoint(reading + 1);
        for (int point = points.firstPoint(reading); point < end; point++) {
            metrics.add(points.metric(point));
        }
        Set<String> all = new HashSet<>(devices.get(device).metrics());
        all.addAll(metrics);
        if (all.size() > MAX_METRICS) {
            return false;
        }
        devices.grow(device, metrics, Set.of(), 0);
        return true;
    }

    /** The record to {@link #store} before readings that have these metrics; until it is durable, with each batch. */
    public Item recordWith(DeviceId device, Set<String> metrics, long nowMicros) {
        return devices.grow(device, metrics, Set.of(region), nowMicros).record(device);
    }

    /** The record to store before readings that a region wrote; empty if what is durable covers them. */
    public Optional<Item> recordFor(
            DeviceId device, Collection<String> metrics, RegionId writer, long firstSeenMicros) {
        KnownDevice known = devices.get(device);
        if (known.isStored()
                && known.regions().contains(writer)
                && known.metrics().containsAll(metrics)) {
            return Optional.empty();
        }
        requireItem(device, known, metrics);
        return Optional.of(
                devices.grow(device, metrics, Set.of(writer), firstSeenMicros).record(device));
    }

    /**
     * Other regions may have filled up a device's metrics with others. Beyond what a record can hold the first ones count; from
     * then on this would fail whenever the device sends anything, so nothing of it is noted.
     */
    private static void requireItem(DeviceId device, KnownDevice known, Collection<String> metrics) {
        long bytes = 0;
        Set<String> all = new HashSet<>(known.metrics());
        all.addAll(metrics);
        for (String metric : all) {
            bytes += 2 + metric.getBytes(StandardCharsets.UTF_8).length;
        }
        if (bytes > MAX_METRIC_BYTES) {
            throw new IllegalArgumentException(
                    "device " + device + " has more metrics than its record can hold: " + all.size());
        }
    }

    /** The record to store so that everything another region knows of a device is known here; empty if it is. */
    public Optional<Item> recordMergedWith(DeviceSummary other) {
        KnownDevice known = devices.get(other.id());
        if (known.covers(other)) {
            return Optional.empty();
        }
        requireItem(other.id(), known, other.metrics());
        return Optional.of(devices.grow(other).record(other.id()));
    }

    /** Whether no other region has written readings of a device, as far as is known here; also if nobody has. */
    public boolean isWrittenOnlyBy(DeviceId device, RegionId writer) {
        KnownDevice known = devices.get(device);
        return (known.firstSeenMicros() == 0 && known.metrics().isEmpty())
                || known.regions().equals(Set.of(writer));
    }

    /**
     * Stores records of {@link #recordWith}, together with what has become known of their devices since they were made; where other
     * processes write to the table, too, with what they have put into them.
     *
     * @return completes when all are durable; fails as the table does, and may then be subscribed to again
     */
    public Uni<Void> store(List<Item> records) {
        return this.records.store(records);
    }

    /** Memory that records take, about. */
    public long cachedBytes() {
        return devices.bytes();
    }

    /** Whether a device has a record, as far as can be told without the table. */
    public boolean isKnown(DeviceId device) {
        KnownDevice known = devices.inMemory(device);
        return known == null ? list.contains(device) : known.firstSeenMicros() > 0;
    }

    /** Has the record of a device read anew, as it may have been removed. */
    public void forget(DeviceId device) {
        devices.forget(device);
    }

    /** Tells that the record of a device has been removed. */
    public void gone(DeviceId device) {
        devices.forget(device);
        list.removed(device);
        if (item(device).isPresent()) {
            list.added(device); // it has been written again meanwhile
        }
    }

    /** The record of a device as it is stored. */
    public Optional<Item> item(DeviceId device) {
        return Blocking.await(table.get(SeriesKeys.device(device), Consistency.STRONG));
    }

    /** Stores a record in place of another one; whether the condition held. */
    public boolean put(Item record, Condition condition) {
        return records.put(record, condition);
    }

    public Optional<DeviceSummary> find(DeviceId device) {
        return item(device).map(StoredDevice::of);
    }

    public DevicePage list(int limit, @Nullable Cursor cursor) {
        return list.page(limit, cursor);
    }

    /**
     * Reads the ids of all devices, so that {@link #idsAfter} need not ask the table any more; on a table that others write to,
     * what is known of them, so that ingest need not ask for each one.
     */
    public void readIds() {
        if (table.isShared()) {
            list.all().limit(CACHED_DEVICES).forEach(devices::putIfAbsent);
            return;
        }
        list.readIds();
    }

    /** Every device, by id; reads a page at a time while it is consumed. */
    public Stream<DeviceSummary> all() {
        return list.all();
    }

    /** The ids of the first devices behind {@code after}, ascending. */
    public List<DeviceId> idsAfter(@Nullable DeviceId after, int limit) {
        return list.idsAfter(after, limit);
    }
}
