package io.hearth.series;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.item.SeriesKeys;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the readings of a device come to, window by window, to be compared with another region: the same for the same points,
 * however these are stored, whoever wrote them and when. Blocks until the table answers.
 */
public final class WindowDigests {
    /** How wide a window is: a day in UTC. */
    public static final long WINDOW_MICROS = SeriesKeys.WINDOW_MICROS;

    private WindowDigests() {}

    /**
     * The digests of a device by the start of the window; windows without readings have none.
     *
     * @param range whole windows
     */
    public static SortedMap<Long, Long> of(SeriesReader series, DeviceId device, TimeRange range) {
        SortedMap<Long, Long> digests = new TreeMap<>();
        Iterator<ReadingBlock> blocks = series.scan(device, range, Set.of(), Direction.ASCENDING, Consistency.STRONG);
        while (blocks.hasNext()) {
            ReadingBlock block = blocks.next();
            for (Column column : block.columns()) {
                long name = mix(column.metric().hashCode() + 0x9E3779B97F4A7C15L);
                for (int row = 0; row < block.size(); row++) {
                    if (column.kindAt(row) != Column.ABSENT) {
                        long time = block.timesMicros()[row];
                        long point = mix(mix(name ^ time) ^ valueOf(column, row));
                        digests.merge(SeriesKeys.windowStart(time), point, Long::sum);
                    }
                }
            }
        }
        return digests;
    }

    private static long valueOf(Column column, int row) {
        return switch (column.kindAt(row)) {
            case Column.NUMBER -> Double.doubleToLongBits(column.numbers()[row]);
            case Column.BOOL -> column.numbers()[row] != 0 ? 1 : 2;
            default -> {
                long hash = 3;
                String text = column.textAt(row);
                for (int i = 0; i < text.length(); i++) {
                    hash = mix(hash ^ text.charAt(i));
                }
                yield hash;
            }
        };
    }

    /** Spreads every bit over all (the finalizer of SplitMix64, Steele et al., OOPSLA 2014). */
    private static long mix(long bits) {
        long mixed = (bits ^ bits >>> 30) * 0xBF58476D1CE4E5B9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
        return mixed ^ mixed >>> 31;
    }

    /** The runs and chunks of a window of a device, as they are stored. */
    public static List<Item> stored(Table table, DeviceId device, long windowStart) {
        List<Item> items = new ArrayList<>();
        long end = windowStart + SeriesKeys.WINDOW_MICROS;
        for (SortRange range : List.of(SeriesKeys.runs(windowStart, end), SeriesKeys.chunks(windowStart, end))) {
            ItemWalk walk = new ItemWalk(
                    table, new Query(device.value(), range, Direction.ASCENDING, 512, null, Consistency.STRONG), 2048);
            while (walk.hasNext()) {
                items.add(walk.next());
            }
        }
        return items;
    }
}
