package io.hearth.series.catalog;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Bytes;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Key;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The records of devices as they are stored.
 *
 * <p>Format 2: {@code [1] format | varint first seen, µs | varint metrics, each a text | varint regions, each a text}. Format 1, of
 * earlier builds, has no regions. A record never expires.
 */
public final class StoredDevice {
    private static final int FORMAT = 2;
    private static final int FORMAT_WITHOUT_REGIONS = 1;

    private StoredDevice() {}

    /** Whether a key of the table is that of a device's record. */
    public static boolean isDevice(Key key) {
        return SeriesKeys.isDevice(key.sortKey()) && DeviceId.isValid(key.partitionKey());
    }

    /** A record as one of a device that was first seen at a time. */
    public static Item itemSince(DeviceSummary record, long firstSeenMicros) {
        return item(record.id(), firstSeenMicros, record.metrics(), record.regions());
    }

    /** The record of a device. */
    public static Item item(DeviceId device, long firstSeenMicros, Set<String> metrics, Set<RegionId> regions) {
        ByteWriter out = new ByteWriter(64);
        out.writeByte(FORMAT);
        out.writeVarint(firstSeenMicros);
        out.writeVarint(metrics.size());
        new TreeSet<>(metrics).forEach(out::writeText);
        out.writeVarint(regions.size());
        new TreeSet<>(regions).forEach(writer -> out.writeText(writer.value()));
        IndexKey index =
                new IndexKey(Partitions.DEVICES, Bytes.wrap(device.value().getBytes(StandardCharsets.US_ASCII)));
        // Any version but that of the record before, by which a removal of that one finds that this one has come.
        long version = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE / 2);
        return new Item(SeriesKeys.device(device), Bytes.wrap(out.toByteArray()), 0, version, index);
    }

    /** @throws CorruptItemException it is none, or damaged */
    public static DeviceSummary of(Item record) {
        ByteReader in = new ByteReader(record.body().array());
        int format = in.readByte();
        Format.require(format, FORMAT_WITHOUT_REGIONS, FORMAT, "a device record");
        long firstSeenMicros = in.readVarint();
        int count = in.readCount(in.remaining());
        SortedSet<String> metrics = new TreeSet<>();
        for (int i = 0; i < count; i++) {
            metrics.add(in.readText());
        }
        SortedSet<RegionId> regions = new TreeSet<>();
        int writers = format == FORMAT_WITHOUT_REGIONS ? 0 : in.readCount(in.remaining());
        for (int i = 0; i < writers; i++) {
            regions.add(new RegionId(in.readText()));
        }
        return new DeviceSummary(
                new DeviceId(record.key().partitionKey()),
                firstSeenMicros,
                Collections.unmodifiableSortedSet(metrics),
                Collections.unmodifiableSortedSet(regions));
    }
}
