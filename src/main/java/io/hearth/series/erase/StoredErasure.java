package io.hearth.series.erase;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.Erasure;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import io.hearth.table.Key;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Erasures as they are stored.
 *
 * <p>An item of the partition {@code !erasures}: sort key {@code [8] hybrid time | region}; body, format 1:
 * {@code [1] format | text device | [8] from, µs | [8] to, µs | [1] 1 if the whole device}.
 */
public final class StoredErasure {
    private static final int FORMAT = 1;

    private StoredErasure() {}

    /** Whether a key of the table is that of an erasure. */
    public static boolean isErasure(Key key) {
        return key.partitionKey().equals(Partitions.ERASURES);
    }

    /**
     * The item of an erasure.
     *
     * @param life how long it is kept after it was made
     */
    static Item item(Erasure erasure, Duration life) {
        ByteWriter body = new ByteWriter(64);
        body.writeByte(FORMAT);
        body.writeText(erasure.device().value());
        body.writeLong(erasure.range().startMicros());
        body.writeLong(erasure.range().endMicros());
        body.writeByte(erasure.wholeDevice() ? 1 : 0);
        return new Item(
                key(erasure.stamp()),
                Bytes.wrap(body.toByteArray()),
                erasure.stamp().time().physicalMillis() / 1000 + life.toSeconds(),
                0,
                null);
    }

    /** The key of the erasure that was made at a stamp. */
    public static Key key(WriteStamp stamp) {
        byte[] region = stamp.region().value().getBytes(StandardCharsets.US_ASCII);
        byte[] sortKey = ByteBuffer.allocate(Long.BYTES + region.length)
                .putLong(stamp.time().packed())
                .put(region)
                .array();
        return new Key(Partitions.ERASURES, Bytes.wrap(sortKey));
    }

    /** @throws CorruptItemException it is none, or damaged */
    public static Erasure of(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), FORMAT, "an erasure");
        ByteBuffer key = ByteBuffer.wrap(item.key().sortKey().array());
        HybridTime time = new HybridTime(key.getLong());
        RegionId region = new RegionId(StandardCharsets.US_ASCII.decode(key).toString());
        DeviceId device = new DeviceId(in.readText());
        TimeRange range = new TimeRange(in.readLong(), in.readLong());
        return new Erasure(device, range, in.readByte() != 0, new WriteStamp(time, region));
    }
}
