package io.hearth.series.item;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.PointBuffer;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.Transmission;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import io.hearth.table.Key;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Points of one device with the stamps of their writes, to be stored as runs that keep those. */
public final class StampedPoints {
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

    public StampedPoints() {
        this(List.of());
    }

    private StampedPoints(List<Transmission> transmissions) {
        this.transmissions = transmissions;
    }

    /** None yet; what they become has the transmissions of a run. */
    public static StampedPoints withTransmissionsOf(Item run) {
        return new StampedPoints(RunReader.transmissionsOf(run));
    }

    public void add(long timeMicros, String metric, Value value, WriteStamp stamp, long retentionSeconds) {
        slices.computeIfAbsent(
                        new Slice(SeriesKeys.slotStart(timeMicros), stamp, retentionSeconds), slice -> new TreeMap<>())
                .computeIfAbsent(timeMicros, time -> new TreeMap<>())
                .put(metric, value);
    }

    boolean isEmpty() {
        return slices.isEmpty();
    }

    /** What is left of a run after an erasure that covers it, with the same stamp; nothing if nothing is. */
    public static List<Item> without(Erasure erasure, Item run, Expiry expiry) {
        return without(List.of(erasure), run, expiry);
    }

    /** As above, of several erasures that cover it. */
    public static List<Item> without(List<Erasure> erasures, Item run, Expiry expiry) {
        BlockBuilder builder = new BlockBuilder(Set.of(), TimeRange.ALL, Long.MIN_VALUE / 2, 0, Hidden.of(erasures));
        return runs(run, builder, SeriesKeys.runStamp(run.key().sortKey()), expiry);
    }

    /** What a run has in a range, with another stamp. */
    public static List<Item> anew(Item run, TimeRange range, WriteStamp stamp, Expiry expiry) {
        return runs(run, new BlockBuilder(Set.of(), range, Long.MIN_VALUE / 2, 0), stamp, expiry);
    }

    private static List<Item> runs(Item run, BlockBuilder builder, WriteStamp stamp, Expiry expiry) {
        builder.addRun(run);
        ReadingBlock block = builder.build();
        StampedPoints points = new StampedPoints(RunReader.transmissionsOf(run));
        long retentionSeconds = new RunReader(run).retentionSeconds();
        for (Column column : block.columns()) {
            for (int row = 0; row < block.size(); row++) {
                Value value = column.valueAt(row);
                if (value != null) {
                    points.add(block.timesMicros()[row], column.metric(), value, stamp, retentionSeconds);
                }
            }
        }
        return points.runs(new DeviceId(run.key().partitionKey()), expiry);
    }

    /**
     * The runs that hold the points, under the keys that their stamps give, each small enough for an item. Several have the
     * same key only where a single reading is too large for one.
     */
    public List<Item> runs(DeviceId device, Expiry expiry) {
        List<Item> runs = new ArrayList<>();
        RunWriter writer = new RunWriter();
        slices.forEach((slice, readings) -> {
            Piece piece = new Piece();
            for (Map.Entry<Long, Map<String, Value>> reading : readings.entrySet()) {
                long time = reading.getKey();
                long bytes = sizeOf(reading.getValue());
                if (!piece.isEmpty() && piece.bytes + bytes > RunWriter.MAX_RUN_BYTES) {
                    runs.add(run(device, slice, piece, writer, expiry));
                    piece = new Piece();
                }
                piece.points.beginReading();
                for (Map.Entry<String, Value> point : reading.getValue().entrySet()) {
                    if (piece.bytes > RunWriter.MAX_RUN_BYTES) {
                        piece.points.endReading(time);
                        runs.add(run(device, slice, piece, writer, expiry));
                        piece = new Piece();
                        piece.points.beginReading();
                    }
                    piece.add(point.getKey(), point.getValue());
                }
                piece.points.endReading(time);
            }
            runs.add(run(device, slice, piece, writer, expiry));
        });
        return runs;
    }

    /** What is going to be one run. */
    private static final class Piece {
        private final PointBuffer points = new PointBuffer();
        private final Set<String> names = new HashSet<>();
        private long bytes;

        boolean isEmpty() {
            return bytes == 0;
        }

        void add(String metric, Value value) {
            StampedPoints.add(points, metric, value);
            bytes += sizeOf(value) + (names.add(metric) ? sizeOf(metric) : 0);
        }
    }

    private Item run(DeviceId device, Slice slice, Piece piece, RunWriter writer, Expiry expiry) {
        PointBuffer points = piece.points;
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
        long last = points.timeMicros(order.length - 1);
        return new Item(
                key(device, points.timeMicros(0), slice.stamp),
                Bytes.wrap(body),
                expiry.ofRun(device, last, slice.retentionSeconds),
                0,
                null);
    }

    /** At most what a reading adds to a run, the names of its metrics included. */
    private static long sizeOf(Map<String, Value> reading) {
        long bytes = 0;
        for (Map.Entry<String, Value> point : reading.entrySet()) {
            bytes += sizeOf(point.getKey()) + sizeOf(point.getValue());
        }
        return bytes;
    }

    private static long sizeOf(String metric) {
        return 16 + 3L * metric.length();
    }

    private static long sizeOf(Value value) {
        return 24 + (value instanceof Value.Text text ? 3L * text.text().length() : 0);
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

    /** Right behind a write, as a write of {@code region}: what wins there still wins, and it is said again. */
    public static WriteStamp behind(WriteStamp stamp, RegionId region) {
        return new WriteStamp(new HybridTime(stamp.time().packed() + 1), region);
    }
}
