package io.hearth.series.replicate;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.Span;
import io.hearth.series.item.RunReader;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.item.StoredRun;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is stored of one device in a short stretch of time, point by point with the stamp of its write, to compare with what
 * another region has. Of a point that several runs hold, the latest write; of one that is sealed, too, both.
 */
final class LocalReadings {
    private static final int PAGE_ITEMS = 2048;

    /** Of what cannot be read: nothing is known of it, but something is there. */
    static final LocalReadings UNREADABLE = unreadable();

    private final Map<Bytes, Item> runs = new HashMap<>();
    private final Map<Long, Map<String, Held>> byTime = new HashMap<>();
    private boolean empty = true;

    /**
     * One point as it is stored.
     *
     * @param stamp exact for a run; in a chunk the write may have been earlier, as neighbours share the later stamp
     */
    record Point(Value value, WriteStamp stamp, long retentionSeconds) {}

    /** A point in runs and in chunks. */
    private static final class Held {
        private @Nullable Point inRun;
        private @Nullable Point sealed;
    }

    private LocalReadings() {}

    private static LocalReadings unreadable() {
        LocalReadings local = new LocalReadings();
        local.empty = false;
        return local;
    }

    /** Reads what is stored of {@code [firstMicros, lastMicros]}, which lies in one window. Blocks. */
    static LocalReadings read(Table table, DeviceId device, long firstMicros, long lastMicros) {
        LocalReadings local = new LocalReadings();
        ItemWalk walk = walk(table, device, SeriesKeys.runs(firstMicros, lastMicros + 1));
        while (walk.hasNext()) {
            local.addRun(walk.next());
        }
        ChunkScratch scratch = new ChunkScratch();
        walk = walk(table, device, SeriesKeys.chunks(firstMicros, lastMicros + 1));
        while (walk.hasNext()) {
            Chunk chunk = Chunk.open(walk.next().body().array());
            if (chunk.firstMicros() <= lastMicros && chunk.lastMicros() >= firstMicros) {
                local.addChunk(chunk, chunk.decode(metric -> true, scratch), firstMicros, lastMicros);
            }
        }
        return local;
    }

    private static ItemWalk walk(Table table, DeviceId device, SortRange range) {
        return new ItemWalk(
                table,
                new Query(device.value(), range, Direction.ASCENDING, PAGE_ITEMS, null, Consistency.STRONG),
                PAGE_ITEMS);
    }

    private void addRun(Item item) {
        empty = false;
        runs.put(item.key().sortKey(), item);
        WriteStamp stamp = SeriesKeys.runStamp(item.key().sortKey());
        ReadingBlock block = StoredRun.readings(item);
        long retention = new RunReader(item).retentionSeconds();
        for (Column column : block.columns()) {
            for (int row = 0; row < block.size(); row++) {
                Value value = column.valueAt(row);
                if (value != null) {
                    Held held = held(block.timesMicros()[row], column.metric());
                    Point known = held.inRun;
                    if (known == null || known.stamp.compareTo(stamp) < 0) {
                        held.inRun = new Point(value, stamp, retention);
                    }
                }
            }
        }
    }

    private void addChunk(Chunk chunk, ReadingBlock block, long firstMicros, long lastMicros) {
        empty = false;
        List<Span> spans = spanOfEach(chunk.spans());
        for (int row = 0; row < block.size(); row++) {
            long time = block.timesMicros()[row];
            if (time < firstMicros || time > lastMicros) {
                continue;
            }
            for (Column column : block.columns()) {
                Value value = column.valueAt(row);
                if (value != null) {
                    Held held = held(time, column.metric());
                    Point known = held.sealed;
                    Span span = spans.get(row);
                    if (known == null || known.stamp.compareTo(span.stamp()) < 0) {
                        held.sealed = new Point(value, span.stamp(), span.retentionSeconds());
                    }
                }
            }
        }
    }

    private static List<Span> spanOfEach(List<Span> spans) {
        List<Span> each = new ArrayList<>();
        spans.forEach(span -> each.addAll(Collections.nCopies(span.readings(), span)));
        return each;
    }

    private Held held(long timeMicros, String metric) {
        return byTime.computeIfAbsent(timeMicros, time -> new HashMap<>(4)).computeIfAbsent(metric, name -> new Held());
    }

    /** Whether nothing at all is stored there. */
    boolean isEmpty() {
        return empty;
    }

    /** The run of a key; null if there is none. */
    @Nullable
    Item run(Bytes sortKey) {
        return runs.get(sortKey);
    }

    /** What a run has of a point; null if none does. */
    @Nullable
    Point inRun(long timeMicros, String metric) {
        Held held = find(timeMicros, metric);
        return held == null ? null : held.inRun;
    }

    /** What a chunk has of a point; null if none does. */
    @Nullable
    Point sealed(long timeMicros, String metric) {
        Held held = find(timeMicros, metric);
        return held == null ? null : held.sealed;
    }

    /** What wins of what is stored of a point; null if nothing is. */
    @Nullable
    Point latest(long timeMicros, String metric) {
        Held held = find(timeMicros, metric);
        if (held == null) {
            return null;
        }
        Point sealed = held.sealed;
        Point inRun = held.inRun;
        if (sealed == null || inRun == null) {
            return sealed == null ? inRun : sealed;
        }
        return inRun.stamp.compareTo(sealed.stamp) >= 0 ? inRun : sealed;
    }

    private @Nullable Held find(long timeMicros, String metric) {
        Map<String, Held> atTime = byTime.get(timeMicros);
        return atTime == null ? null : atTime.get(metric);
    }
}
