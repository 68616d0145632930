package io.hearth.series.read;

import io.hearth.model.DeviceId;
import io.hearth.model.TimeRange;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.RollupCell;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.Hidden;
import io.hearth.series.item.RollupLevel;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.rollup.WindowRollup;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.ItemWalk;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Feeds aggregations from rollups where these say all that is asked, and from readings elsewhere. A part of a rollup can
 * stand for its readings if it lies in one bucket; the widest level that has such parts is taken, and finer ones, then
 * readings, where it has none.
 *
 * <p>A window in which runs lie has changed since its rollups were made, so its readings are read; expired ones too where a
 * rollup keeps what they come to. Runs are looked for first: what they have been sealed into meanwhile is in the rollups
 * then, as both are replaced in one step.
 */
public final class RolledAggregates {
    /** Windows that are worked up at a time, so that the memory of long ranges is bounded. */
    private static final int WINDOWS_AT_A_TIME = 512;

    /** Of a page that is read for its first item, where a page before it was empty. */
    private static final int FIRST_ITEMS = 16;

    private final Table table;
    private final Rollups rollups;
    private final Function<DeviceId, Set<String>> metricsOf;
    private final Function<DeviceId, Hidden> hidden;

    /**
     * @param metricsOf every metric that a device has ever had
     * @param hidden what is being erased of a device: rollups of these windows may know it still
     */
    public RolledAggregates(
            Table table,
            Rollups rollups,
            Function<DeviceId, Set<String>> metricsOf,
            Function<DeviceId, Hidden> hidden) {
        this.table = table;
        this.rollups = rollups;
        this.metricsOf = metricsOf;
        this.hidden = hidden;
    }

    /** Adds the readings of a range to the aggregation. */
    public interface Readings {
        /**
         * Adds the readings of the range.
         *
         * @param metrics which metrics; empty means all
         * @param nowMicros what expiry is judged by
         */
        public void add(TimeRange range, Set<String> metrics, long nowMicros);
    }

    /** What is still to be found out: some metrics, all if empty, in some time. */
    private record Gap(long startMicros, long endMicros, Set<String> metrics) {}

    /** A part of the answer; those of one metric do not overlap. */
    private sealed interface Piece {
        long startMicros();
    }

    private record FromReadings(Gap gap, boolean expiredToo) implements Piece {
        @Override
        public long startMicros() {
            return gap.startMicros;
        }
    }

    private record FromRollup(WindowRollup rollup, int part, Set<String> metrics) implements Piece {
        @Override
        public long startMicros() {
            return rollup.bounds()[part];
        }
    }

    public void add(
            DeviceId device,
            Aggregation aggregation,
            Set<String> metrics,
            Consistency consistency,
            long nowMicros,
            Readings readings) {
        BucketGrid grid = aggregation.grid();
        List<RollupLevel.Id> levels = new ArrayList<>(rollups.levelsOf(device));
        // A calendar's months and days are up to a quarter longer than their mean.
        levels.removeIf(level -> level.widthMicros() > grid.every().meanMicros() / 4 * 5);
        if (levels.isEmpty() || grid.range().isEmpty()) {
            readings.add(grid.range(), metrics, nowMicros);
            return;
        }
        long position = grid.range().startMicros();
        while (position < grid.range().endMicros()) {
            aggregation.requireClient();
            long first = firstWindow(device, levels, position, consistency);
            long start = Math.max(position, first);
            if (first == Long.MAX_VALUE || start >= grid.range().endMicros()) {
                return;
            }
            long end = Math.min(
                    grid.range().endMicros(),
                    SeriesKeys.windowStart(start) + WINDOWS_AT_A_TIME * SeriesKeys.WINDOW_MICROS);
            addStretch(
                    new Question(device, aggregation, consistency, nowMicros, hidden.apply(device)),
                    levels,
                    new Gap(start, end, metrics),
                    readings);
            position = end;
        }
    }

    private record Question(
            DeviceId device, Aggregation aggregation, Consistency consistency, long nowMicros, Hidden hidden) {}

    private void addStretch(Question question, List<RollupLevel.Id> levels, Gap stretch, Readings readings) {
        Set<Long> changed = windowsWithRuns(question, stretch);
        List<Piece> pieces = new ArrayList<>();
        List<Gap> gaps = List.of(stretch);
        for (RollupLevel.Id level : levels) {
            if (!gaps.isEmpty()) {
                TimeRange range = new TimeRange(stretch.startMicros, stretch.endMicros);
                SortedMap<Long, WindowRollup> stored =
                        rollups.read(question.device, level, range, stretch.metrics, question.consistency);
                gaps = cover(gaps, new Level(question, level, stored, changed), pieces);
            }
        }
        gaps.forEach(gap -> pieces.add(new FromReadings(gap, false)));
        pieces.sort(Comparator.comparingLong(Piece::startMicros));
        for (Piece piece : pieces) {
            if (piece instanceof FromReadings from) {
                readings.add(
                        new TimeRange(from.gap.startMicros, from.gap.endMicros),
                        from.gap.metrics,
                        from.expiredToo ? Expiry.BEFORE_EXPIRY : question.nowMicros);
            } else if (piece instanceof FromRollup from) {
                addPart(from, question.aggregation);
            }
        }
    }

    private static void addPart(FromRollup from, Aggregation aggregation) {
        long[] bounds = from.rollup.bounds();
        int bucket = aggregation.grid().holding(bounds[from.part], bounds[from.part + 1]);
        for (Map.Entry<String, @Nullable RollupCell[]> entry :
                from.rollup.cells().entrySet()) {
            RollupCell cell = entry.getValue()[from.part];
            if (cell != null && (from.metrics.isEmpty() || from.metrics.contains(entry.getKey()))) {
                aggregation.addCell(entry.getKey(), bucket, cell);
            }
        }
    }

    /** What a level has of a stretch. */
    private record Level(
            Question question, RollupLevel.Id id, SortedMap<Long, WindowRollup> rollups, Set<Long> changed) {
        boolean hasPart(WindowRollup rollup, int part) {
            long end = rollup.bounds()[part + 1];
            return !rollup.erased().contains(part)
                    && !id.hasExpired(end, question.nowMicros)
                    && question.aggregation.grid().holding(rollup.bounds()[part], end) >= 0;
        }

        boolean mustReadReadings(long window, WindowRollup rollup) {
            boolean hasReadings = rollup.rawUntilSeconds() == 0
                    || rollup.rawUntilSeconds() > Math.floorDiv(question.nowMicros, 1_000_000L);
            return hasReadings
                    && (changed.contains(window) || question.hidden.reaches(window, window + SeriesKeys.WINDOW_MICROS));
        }
    }

    /** Adds the pieces that a level has of the gaps, and returns the gaps that are left. */
    private List<Gap> cover(List<Gap> gaps, Level level, List<Piece> pieces) {
        List<Gap> left = new ArrayList<>();
        for (Gap gap : gaps) {
            long position = gap.startMicros;
            long from = SeriesKeys.windowStart(gap.startMicros);
            for (Map.Entry<Long, WindowRollup> entry :
                    level.rollups.subMap(from, gap.endMicros).entrySet()) {
                WindowRollup rollup = entry.getValue();
                boolean mustRead = level.mustReadReadings(entry.getKey(), rollup);
                Set<String> notKept = new TreeSet<>(rollup.notKept());
                if (mustRead) {
                    // The runs may have metrics that the window did not have before.
                    DeviceId device = level.question.device;
                    notKept.addAll(rollups.notKept(device, level.id, metricsOf.apply(device)));
                }
                if (!gap.metrics.isEmpty()) {
                    notKept.retainAll(gap.metrics);
                    if (notKept.size() == gap.metrics.size()) {
                        continue;
                    }
                }
                Set<String> kept = mustRead ? kept(level.question.device, gap.metrics, notKept) : gap.metrics;
                for (int part = 0; part < rollup.parts(); part++) {
                    long start = rollup.bounds()[part];
                    long end = rollup.bounds()[part + 1];
                    if (start < position || end > gap.endMicros || !level.hasPart(rollup, part)) {
                        continue;
                    }
                    addGap(left, position, start, gap.metrics);
                    if (!notKept.isEmpty()) {
                        addGap(left, start, end, notKept);
                    }
                    if (mustRead) {
                        addExpiredToo(pieces, new Gap(start, end, kept));
                    } else {
                        pieces.add(new FromRollup(rollup, part, kept));
                    }
                    position = end;
                }
            }
            addGap(left, position, gap.endMicros, gap.metrics);
        }
        return left;
    }

    /** Some metrics but for others; all are those that the device has ever had. */
    private Set<String> kept(DeviceId device, Set<String> metrics, Set<String> notKept) {
        if (notKept.isEmpty()) {
            return metrics;
        }
        Set<String> kept = new TreeSet<>(metrics.isEmpty() ? metricsOf.apply(device) : metrics);
        kept.removeAll(notKept);
        return kept;
    }

    /** Adds a gap, to the last one if it goes on from there. */
    private static void addGap(List<Gap> gaps, long startMicros, long endMicros, Set<String> metrics) {
        if (startMicros == endMicros) {
            return;
        }
        Gap last = gaps.isEmpty() ? null : gaps.get(gaps.size() - 1);
        if (last != null && last.endMicros == startMicros && last.metrics.equals(metrics)) {
            gaps.set(gaps.size() - 1, new Gap(last.startMicros, endMicros, metrics));
        } else {
            gaps.add(new Gap(startMicros, endMicros, metrics));
        }
    }

    private static void addExpiredToo(List<Piece> pieces, Gap gap) {
        Piece last = pieces.isEmpty() ? null : pieces.get(pieces.size() - 1);
        if (last instanceof FromReadings before
                && before.expiredToo
                && before.gap.endMicros == gap.startMicros
                && before.gap.metrics.equals(gap.metrics)) {
            Gap longer = new Gap(before.gap.startMicros, gap.endMicros, gap.metrics);
            pieces.set(pieces.size() - 1, new FromReadings(longer, true));
        } else {
            pieces.add(new FromReadings(gap, true));
        }
    }

    private Set<Long> windowsWithRuns(Question question, Gap stretch) {
        Set<Long> windows = new HashSet<>();
        long position = stretch.startMicros;
        while (position < stretch.endMicros) {
            SortRange range = SeriesKeys.runs(position, stretch.endMicros);
            Bytes run = firstKey(question.device, range, question.consistency);
            if (run == null) {
                break;
            }
            long window = SeriesKeys.windowStart(SeriesKeys.runFirstTimeMicros(run));
            windows.add(window);
            position = window + SeriesKeys.WINDOW_MICROS;
        }
        return windows;
    }

    /** The first window from a time on of which anything is stored; {@link Long#MAX_VALUE} if there is none. */
    private long firstWindow(DeviceId device, List<RollupLevel.Id> levels, long fromMicros, Consistency consistency) {
        Bytes run = firstKey(device, SeriesKeys.runs(fromMicros, Long.MAX_VALUE), consistency);
        long first = run == null ? Long.MAX_VALUE : SeriesKeys.windowStart(SeriesKeys.runFirstTimeMicros(run));
        Bytes chunk = firstKey(device, SeriesKeys.chunks(fromMicros, Long.MAX_VALUE), consistency);
        first = chunk == null ? first : Math.min(first, SeriesKeys.chunkWindowStart(chunk));
        for (RollupLevel.Id level : levels) {
            Bytes rollup = firstKey(device, SeriesKeys.rollups(level, fromMicros, Long.MAX_VALUE), consistency);
            first = rollup == null ? first : Math.min(first, SeriesKeys.rollupWindowStart(rollup));
        }
        return first;
    }

    private @Nullable Bytes firstKey(DeviceId device, SortRange range, Consistency consistency) {
        Query query = new Query(device.value(), range, Direction.ASCENDING, 1, null, consistency);
        ItemWalk walk = new ItemWalk(table, query, FIRST_ITEMS);
        return walk.hasNext() ? walk.peek().key().sortKey() : null;
    }
}
