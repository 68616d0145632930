package io.hearth.series;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.PointBuffer;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.Transmission;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Table;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** A series store with a clock that stands until it is set, and readings as plain maps. */
public final class SeriesFixture implements InstantSource {
    public static final Instant START = Instant.parse("2026-11-22T10:00:00Z");

    private Instant now = START;

    @Override
    public Instant instant() {
        return now;
    }

    public void setNow(Instant instant) {
        now = instant;
    }

    public SeriesStore open(Table table, Duration retention) {
        return open(table, retention, RollupRules.NONE);
    }

    public SeriesStore open(Table table, Duration retention, RollupRules rollups) {
        return open(table, new RegionId("local"), retention, rollups);
    }

    /** Where the store has to wait, this clock goes on. */
    SeriesStore open(Table table, RegionId region, Duration retention, RollupRules rollups) {
        return new SeriesStore(table, region, this, retention, rollups, DeviceCatalog.CACHED_BYTES, this::pass);
    }

    /**
     * A store by any clock.
     *
     * @param pauseMillis waits for so many milliseconds of it
     */
    public static SeriesStore open(
            Table table,
            RegionId region,
            InstantSource clock,
            Duration retention,
            RollupRules rollups,
            LongConsumer pauseMillis) {
        return new SeriesStore(table, region, clock, retention, rollups, DeviceCatalog.CACHED_BYTES, pauseMillis);
    }

    private void pass(long millis) {
        now = now.plusMillis(millis);
    }

    /** Appends one reading and waits until it is durable. */
    public static void append(SeriesStore store, String device, long timeMicros, Map<String, ?> values) {
        AppendBatch batch = new AppendBatch();
        add(batch, device, timeMicros, values, null);
        store.append(batch).await().indefinitely();
    }

    public static void add(
            AppendBatch batch,
            String device,
            long timeMicros,
            Map<String, ?> values,
            @Nullable Transmission transmission) {
        add(batch, device, timeMicros, values, EpochMicros.of(START), transmission);
    }

    /** As above, with when the reading arrived. */
    public static void add(
            AppendBatch batch,
            String device,
            long timeMicros,
            Map<String, ?> values,
            long arrivedMicros,
            @Nullable Transmission transmission) {
        PointBuffer points = batch.points();
        int first = points.size();
        points.beginReading();
        values.forEach((metric, value) -> {
            if (value instanceof Boolean bool) {
                points.addBool(metric, bool);
            } else if (value instanceof Number number) {
                points.addNumber(metric, number.doubleValue());
            } else {
                points.addText(metric, value.toString());
            }
        });
        points.endReading(timeMicros);
        batch.assign(new DeviceId(device), first, arrivedMicros, transmission);
    }

    /** What a scan answers, in its order. */
    public static List<Map.Entry<Long, Map<String, Object>>> scan(
            SeriesStore store, String device, TimeRange range, Set<String> metrics, Direction direction) {
        List<Map.Entry<Long, Map<String, Object>>> readings = new ArrayList<>();
        Iterator<ReadingBlock> blocks = store.scan(new DeviceId(device), range, metrics, direction, Consistency.STRONG);
        while (blocks.hasNext()) {
            ReadingBlock block = blocks.next();
            for (int i = 0; i < block.size(); i++) {
                int row = direction == Direction.ASCENDING ? i : block.size() - 1 - i;
                Map<String, Object> values = new TreeMap<>();
                for (Column column : block.columns()) {
                    Value value = column.valueAt(row);
                    if (value != null) {
                        values.put(column.metric(), plain(value));
                    }
                }
                readings.add(Map.entry(block.timesMicros()[row], values));
            }
        }
        return readings;
    }

    public static Object plain(Value value) {
        if (value instanceof Value.Num num) {
            return num.number();
        }
        return value instanceof Value.Bool bool ? bool.bool() : ((Value.Text) value).text();
    }
}
