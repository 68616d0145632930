package io.hearth.series;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.PointBuffer;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Table;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Points of one device with the stamps of their writes, to be stored as runs that keep those. */
final class StampedPoints {
    private final List<Transmission> transmissions;
    private final Map<Slice, TreeMap<Long, Map<String, Value>>> slices = new TreeMap<>();

    /** What can be one run: a slot of one write. */
    private record Slice(long slotMicros, WriteStamp stamp, long retentionSeconds) implements Comparable<Slice> {
        @Override
        public int compareTo(Slice other) {
            int order = Long.compare(slotMicros, other.slotMicros);
            order = order != 0 ? order : stamp.compareTo(other.stamp);
            return order != 0 ? order : Long.compare(retentionSeconds, other.retentionSeconds);
        }
    }

    StampedPoints() {
        this(List.of());
    }

    private StampedPoints(List<Transmission> transmissions) {
        this.transmissions = transmissions;
    }

    void add(long timeMicros, String metric, Value value, WriteStamp stamp, long retentionSeconds) {
        slices.computeIfAbsent(
                        new Slice(SeriesKeys.slotStart(timeMicros), stamp, retentionSeconds), slice -> new TreeMap<>())
                .computeIfAbsent(timeMicros, time -> new TreeMap<>())
                .put(metric, value);
    }

    boolean isEmpty() {
        return slices.isEmpty();
    }

    /** What is left of a run after an erasure that covers it, with the same stamp; nothing if nothing is. */
    static List<Item> without(Erasure erasure, Item run) {
        return without(List.of(erasure), run);
    }

    /** As above, of several erasures that cover it. */
    static List<Item> without(List<Erasure> erasures, Item run) {
        BlockBuilder builder = new BlockBuilder(Set.of(), TimeRange.ALL, Long.MIN_VALUE / 2, 0, erasures);
        builder.addRun(run);
        ReadingBlock left = builder.build();
        StampedPoints points = new StampedPoints(RunReader.transmissionsOf(run));
        WriteStamp stamp = SeriesKeys.runStamp(run.key().sortKey());
        long retentionSeconds = new RunReader(run).retentionSeconds();
        points.addAll(left, stamp, retentionSeconds);
        return points.runs(new DeviceId(run.key().partitionKey()));
    }

    /** A run with the points of two of the same key; null if the stored one has all of them. What both have stays as stored. */
    static @Nullable Item union(Item stored, Item incoming) {
        WriteStamp stamp = SeriesKeys.runStamp(stored.key().sortKey());
        long retentionSeconds = new RunReader(stored).retentionSeconds();
        StampedPoints points = new StampedPoints(RunReader.transmissionsOf(stored));
        points.addAll(StoredRun.readings(incoming), stamp, retentionSeconds);
        int held = points.addAll(StoredRun.readings(stored), stamp, retentionSeconds);
        if (points.size() == held) {
            return null;
        }
        Item union = points.runs(new DeviceId(stored.key().partitionKey())).get(0);
        long expiresAt = stored.expiresAtSeconds() == 0 || incoming.expiresAtSeconds() == 0
                ? 0
                : Math.max(stored.expiresAtSeconds(), incoming.expiresAtSeconds());
        return new Item(stored.key(), union.body(), expiresAt, 0, null);
    }

    /** Returns how many there were. */
    private int addAll(ReadingBlock block, WriteStamp stamp, long retentionSeconds) {
        int added = 0;
        for (Column column : block.columns()) {
            for (int row = 0; row < block.size(); row++) {
                Value value = column.valueAt(row);
                if (value != null) {
                    add(block.timesMicros()[row], column.metric(), value, stamp, retentionSeconds);
                    added++;
                }
            }
        }
        return added;
    }

    private int size() {
        return slices.values().stream()
                .flatMap(readings -> readings.values().stream())
                .mapToInt(Map::size)
                .sum();
    }

    /** The runs that hold the points, under the keys that their stamps give. */
    List<Item> runs(DeviceId device) {
        return runs(device, StampedPoints::key);
    }

    /**
     * The runs that hold the points. No run that is stored has the key of one of them: where one has, the counter of the
     * stamp is raised until none does, as the run there may hold more.
     */
    List<Item> runs(Table table, DeviceId device) {
        return runs(device, (itsDevice, firstMicros, stamp) -> freeKey(table, itsDevice, firstMicros, stamp));
    }

    private interface Keys {
        Key of(DeviceId device, long firstMicros, WriteStamp stamp);
    }

    private List<Item> runs(DeviceId device, Keys keys) {
        List<Item> runs = new ArrayList<>();
        RunWriter writer = new RunWriter();
        slices.forEach((slice, readings) -> {
            PointBuffer points = new PointBuffer();
            readings.forEach((time, values) -> {
                points.beginReading();
                values.forEach((metric, value) -> add(points, metric, value));
                points.endReading(time);
            });
            int[] order = new int[points.size()];
            long[] ingestTimes = new long[points.size()];
            for (int i = 0; i < order.length; i++) {
                order[i] = i;
                ingestTimes[i] = slice.stamp.time().physicalMillis() * 1000;
            }
            byte[] body = writer.write(
                    points,
                    order,
                    0,
                    order.length,
                    ingestTimes,
                    slice.stamp.time().physicalMillis(),
                    slice.retentionSeconds,
                    transmissions);
            runs.add(new Item(
                    keys.of(device, readings.firstKey(), slice.stamp),
                    Bytes.wrap(body),
                    RemoteWrites.expiresAtSeconds(readings.lastKey(), slice.retentionSeconds),
                    0,
                    null));
        });
        return runs;
    }

    private static void add(PointBuffer points, String metric, Value value) {
        if (value instanceof Value.Num number) {
            points.addNumber(metric, number.number());
        } else if (value instanceof Value.Bool bool) {
            points.addBool(metric, bool.bool());
        } else if (value instanceof Value.Text text) {
            points.addText(metric, text.text());
        }
    }

    private static Key key(DeviceId device, long firstMicros, WriteStamp stamp) {
        return SeriesKeys.run(
                device,
                firstMicros,
                stamp.time().packed(),
                stamp.region().value().getBytes(StandardCharsets.US_ASCII));
    }

    private static Key freeKey(Table table, DeviceId device, long firstMicros, WriteStamp stamp) {
        WriteStamp free = stamp;
        while (table.get(key(device, firstMicros, free), Consistency.STRONG)
                .await()
                .indefinitely()
                .isPresent()) {
            free = behind(free, free.region());
        }
        return key(device, firstMicros, free);
    }

    /** Right behind a write, as a write of {@code region}: what wins there still wins, and it is said again. */
    static WriteStamp behind(WriteStamp stamp, RegionId region) {
        return new WriteStamp(new HybridTime(stamp.time().packed() + 1), region);
    }
}
