package io.hearth.series;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.table.ByteReader;
import io.hearth.table.ByteWriter;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.CorruptItemException;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What has been erased, so that what other regions wrote before is not taken in afterwards. Held in memory, by device; there
 * are few, and each is kept until everything that was written before it has expired everywhere.
 *
 * <p>An erasure is an item of the partition {@code !erasures}: sort key {@code [8] hybrid time | region}; body, format 1:
 * {@code [1] format | text device | [8] from, µs | [8] to, µs | [1] 1 if the whole device}.
 */
final class Erasures {
    static final String PARTITION = "!erasures";

    private static final int FORMAT = 1;

    /** Beyond the retention, as clocks of devices and regions differ. */
    private static final Duration MARGIN = Duration.ofDays(1);

    /** Where readings are kept for ever, a region that was away for longer must be built anew. */
    private static final Duration LONGEST = Duration.ofDays(366);

    /** How far back processes that share a table look for what the others have erased. */
    private static final Duration OVERLAP = Duration.ofMinutes(10);

    private final Table table;
    private final long lifeSeconds;
    private final Map<DeviceId, List<Erasure>> byDevice = new ConcurrentHashMap<>();
    private volatile long latest;

    /** @param retention how long readings are kept; zero for ever */
    Erasures(Table table, Duration retention) {
        this.table = table;
        this.lifeSeconds = (retention.isZero() ? LONGEST : retention.plus(MARGIN)).toSeconds();
        read(0);
    }

    private void read(long sinceHybridTime) {
        byte[] start = ByteBuffer.allocate(Long.BYTES).putLong(sinceHybridTime).array();
        ItemWalk walk = new ItemWalk(
                table,
                new Query(
                        PARTITION,
                        new SortRange(Bytes.wrap(start), null),
                        Direction.ASCENDING,
                        1000,
                        null,
                        Consistency.STRONG),
                1000);
        while (walk.hasNext()) {
            remember(decode(walk.next()));
        }
    }

    /** Takes in what other processes have erased on a table that is shared. */
    void refresh() {
        if (table.isShared()) {
            read(Math.max(0, latest - (OVERLAP.toMillis() << HybridTime.COUNTER_BITS)));
        }
    }

    /** A number that grows with every erasure. */
    long latest() {
        return latest;
    }

    Item item(Erasure erasure) {
        ByteWriter body = new ByteWriter(64);
        body.writeByte(FORMAT);
        body.writeText(erasure.device().value());
        body.writeLong(erasure.range().startMicros());
        body.writeLong(erasure.range().endMicros());
        body.writeByte(erasure.wholeDevice() ? 1 : 0);
        return new Item(
                key(erasure.stamp()),
                Bytes.wrap(body.toByteArray()),
                erasure.stamp().time().physicalMillis() / 1000 + lifeSeconds,
                0,
                null);
    }

    static Key key(WriteStamp stamp) {
        byte[] region = stamp.region().value().getBytes(StandardCharsets.US_ASCII);
        byte[] sortKey = ByteBuffer.allocate(Long.BYTES + region.length)
                .putLong(stamp.time().packed())
                .put(region)
                .array();
        return new Key(PARTITION, Bytes.wrap(sortKey));
    }

    static Erasure decode(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        int format = in.readByte();
        if (format != FORMAT) {
            throw new CorruptItemException("an erasure has format " + format + ", this build knows " + FORMAT);
        }
        ByteBuffer key = ByteBuffer.wrap(item.key().sortKey().array());
        HybridTime time = new HybridTime(key.getLong());
        RegionId region = new RegionId(StandardCharsets.US_ASCII.decode(key).toString());
        DeviceId device = new DeviceId(in.readText());
        TimeRange range = new TimeRange(in.readLong(), in.readLong());
        return new Erasure(device, range, in.readByte() != 0, new WriteStamp(time, region));
    }

    /** Knows an erasure from now on; whether it is news. */
    synchronized boolean remember(Erasure erasure) {
        List<Erasure> known = byDevice.getOrDefault(erasure.device(), List.of());
        if (known.contains(erasure)) {
            return false;
        }
        List<Erasure> all = new ArrayList<>(known);
        all.add(erasure);
        byDevice.put(erasure.device(), List.copyOf(all));
        latest = Math.max(latest, erasure.stamp().time().packed());
        return true;
    }

    boolean knows(Erasure erasure) {
        return of(erasure.device()).contains(erasure);
    }

    /** What has been erased of a device. */
    List<Erasure> of(DeviceId device) {
        return byDevice.getOrDefault(device, List.of());
    }

    /** The last erasure of the whole device; null if there was none. */
    @Nullable
    Erasure lastOfWhole(DeviceId device) {
        Erasure last = null;
        for (Erasure erasure : of(device)) {
            if (erasure.wholeDevice() && (last == null || erasure.covers(last.stamp()))) {
                last = erasure;
            }
        }
        return last;
    }

    /** All of them. */
    List<Erasure> all() {
        return byDevice.values().stream().flatMap(List::stream).toList();
    }
}
