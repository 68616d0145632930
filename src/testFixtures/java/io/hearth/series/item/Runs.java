package io.hearth.series.item;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Makes stored runs and chunks of numbers, and reads blocks as plain maps. */
public final class Runs {
    public static final DeviceId DEVICE = new DeviceId("d1");
    public static final RegionId REGION = new RegionId("local");
    public static final long SECOND = 1_000_000;

    /** The start of a window, µs. */
    public static final long DAY = SeriesKeys.windowStart(1_795_000_000L * SECOND);

    private Runs() {}

    /** A stamp of a write, so many milliseconds into {@link #DAY}. */
    public static WriteStamp stamp(long millis) {
        return new WriteStamp(HybridTime.of(DAY / 1000 + millis, 0), REGION);
    }

    /**
     * A run.
     *
     * @param values by the second into {@link #DAY}, of one slot
     */
    public static Item run(WriteStamp stamp, long retentionSeconds, String metric, Map<Long, Double> values) {
        StampedPoints points = new StampedPoints();
        values.forEach((second, value) ->
                points.add(DAY + second * SECOND, metric, new Value.Num(value), stamp, retentionSeconds));
        List<Item> runs = points.runs(DEVICE, Expiry.WITHOUT_ROLLUPS);
        assertThat(runs).hasSize(1);
        return runs.get(0);
    }

    /** A chunk of runs of {@link #DAY}, stored under a time of that many milliseconds into it. */
    public static Item chunk(long sealedMillis, Item... runs) {
        BlockBuilder builder = new BlockBuilder(Set.of(), TimeRange.ALL, Expiry.BEFORE_EXPIRY, 0);
        for (Item run : runs) {
            builder.addRun(run);
        }
        List<byte[]> bodies = ChunkWriter.encode(builder.build(), builder.spans(), new byte[0]);
        assertThat(bodies).hasSize(1);
        return Item.of(
                SeriesKeys.chunk(DEVICE, DAY, stamp(sealedMillis).time().packed(), 0), Bytes.wrap(bodies.get(0)));
    }

    /** The readings of a block by the second into {@link #DAY}. */
    public static Map<Long, Map<String, Object>> readings(ReadingBlock block) {
        Map<Long, Map<String, Object>> readings = new TreeMap<>();
        for (int row = 0; row < block.size(); row++) {
            Map<String, Object> values = new TreeMap<>();
            for (Column column : block.columns()) {
                Value value = column.valueAt(row);
                if (value != null) {
                    values.put(column.metric(), value instanceof Value.Num num ? num.number() : value);
                }
            }
            readings.put((block.timesMicros()[row] - DAY) / SECOND, values);
        }
        return readings;
    }
}
