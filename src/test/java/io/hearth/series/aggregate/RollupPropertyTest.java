package io.hearth.series.aggregate;

import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.arbitrary;
import static org.quicktheories.generators.SourceDSL.longs;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.aggregate.Recomputation.Point;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.value.AggregateQuery;
import io.hearth.table.Consistency;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;
import org.quicktheories.core.Gen;

/**
 * What rollups answer against plain recomputation, around changes of the clock: before, while and after the readings expire,
 * with late readings that have or have not been sealed, and after an erasure.
 */
class RollupPropertyTest {
    private static final long DAY = Duration.ofDays(1).toSeconds() * 1_000_000;
    private static final Duration RETENTION = Duration.ofDays(40);
    private static final Gen<Long> SEEDS = longs().between(0, Long.MAX_VALUE);
    private static final Gen<Fill> FILLS = arbitrary().enumValues(Fill.class);

    /** Rules, with the levels that they keep of each metric. */
    private record Rules(String text, Map<String, List<String>> levels) {
        List<String> levelsOf(String metric) {
            return levels.getOrDefault(metric, List.of());
        }
    }

    private static final List<Rules> RULES = List.of(
            new Rules("1h for ever, 1d for ever", everyMetric("1h", "1d")),
            new Rules("1mo for ever, 20m for 900y", everyMetric("20m", "1mo")),
            new Rules(
                    "*/switch = none; d*/text = 1d for ever; d*/m* = 1h for ever; * = 1h for ever, 1d for ever, 6h for ever",
                    Map.of(
                            "mixed", List.of("1h"),
                            "number", List.of("1h", "6h", "1d"),
                            "switch", List.of(),
                            "text", List.of("1d"))));

    private static Map<String, List<String>> everyMetric(String... levels) {
        return Map.of(
                "mixed", List.of(levels),
                "number", List.of(levels),
                "switch", List.of(levels),
                "text", List.of(levels));
    }

    /** Where a part of a level lies: in a window of a device. */
    private record Place(int device, long window, String level) {}

    /** @param expired whether the readings were there no more, so that only whole parts could be erased */
    private record Erasure(int device, TimeRange range, boolean expired) {}

    @Test
    void answers_agreeWithRecomputation_beforeWhileAndAfterTheReadingsExpire() {
        qt().withExamples(60).forAll(SEEDS, FILLS).checkAssert((seed, fill) -> new Play(seed, fill).run());
    }

    private static final class Play {
        private final Random random;
        private final RandomReadings readings;
        private final Fill fill;
        private final Rules rules;
        private final ZoneId zone;
        private final SeriesFixture fixture = new SeriesFixture();
        private final MemoryTable table = new MemoryTable(fixture);
        private final RollupRules parsed;
        private SeriesStore store;
        private final Set<Place> rolledUp = new HashSet<>();
        private final List<Erasure> erased = new ArrayList<>();
        private long nowMicros;

        Play(long seed, Fill fill) {
            random = new Random(seed);
            readings = new RandomReadings(seed);
            this.fill = fill;
            rules = RULES.get(random.nextInt(RULES.size()));
            zone = random.nextBoolean() ? readings.grid.zone() : Zones.ALL.get(random.nextInt(Zones.ALL.size()));
            parsed = RollupRules.parse(rules.text, zone);
            boolean rulesComeLater = random.nextInt(3) == 0;
            store = fixture.open(table, RETENTION, rulesComeLater ? RollupRules.NONE : parsed);
        }

        void run() {
            long end = readings.grid.range().endMicros() + DAY;
            set(end);
            List<Written> early = new ArrayList<>();
            List<Written> late = new ArrayList<>();
            for (int device = 0; device < readings.blocks.size(); device++) {
                for (ReadingBlock block : readings.blocks.get(device)) {
                    (random.nextInt(3) == 0 ? late : early).add(new Written(device, block));
                }
            }
            for (Written written : early) {
                append(written);
                if (random.nextInt(10) == 0) {
                    seal();
                }
            }
            seal();
            store = fixture.open(table, RETENTION, parsed);
            seal();
            early.forEach(this::remember);
            check((metric, point) -> !isIn(late, point));

            long middle =
                    (readings.grid.range().startMicros() + readings.grid.range().endMicros()) / 2;
            set(middle + RETENTION.toSeconds() * 1_000_000);
            check((metric, point) -> !isIn(late, point) && isVisible(metric, point));

            late.forEach(this::append);
            check(this::isVisible);
            seal();
            late.forEach(this::remember);
            check(this::isVisible);

            eraseSome(false);
            check(this::isVisible);
            seal();
            check(this::isVisible);

            set(end + 100 * DAY);
            check(this::isVisible);
            seal();
            eraseSome(true);
            check(this::isVisible);
        }

        private record Written(int device, ReadingBlock block) {}

        private void append(Written written) {
            StoredAggregatesPropertyTest.append(store, "d" + written.device, written.block);
        }

        private void set(long nowMicros) {
            this.nowMicros = nowMicros;
            fixture.setNow(EpochMicros.toInstant(nowMicros));
        }

        private void seal() {
            store.seal(readings.grid.range().endMicros() + 100 * DAY, nanos -> {});
        }

        private void check(BiPredicate<String, Point> counts) {
            int device = random.nextInt(readings.blocks.size());
            AggregateQuery query =
                    new AggregateQuery(readings.grid, List.of(Function.values()), fill, Set.of(), Consistency.STRONG);
            BucketSeries answer = store.aggregate(new DeviceId("d" + device), query, AnswerBudget.UNBOUNDED);
            AggregationPropertyTest.assertAgrees(
                    answer, readings, (metric, point) -> point.device() == device && counts.test(metric, point));
        }

        private void eraseSome(boolean expired) {
            long start = readings.grid.range().startMicros() + random.nextLong(DAY);
            TimeRange range = new TimeRange(start, start + random.nextLong(DAY));
            int device = random.nextInt(readings.blocks.size());
            store.erase(new DeviceId("d" + device), range);
            erased.add(new Erasure(device, range, expired));
        }

        private static boolean isIn(List<Written> some, Point point) {
            for (Written written : some) {
                ReadingBlock block = written.block;
                for (int i = 0; i < block.size() && written.device == point.device(); i++) {
                    if (block.timesMicros()[i] == point.micros()) {
                        return true;
                    }
                }
            }
            return false;
        }

        /** Takes note of the levels at which windows have rollups, as they have got these readings. */
        private void remember(Written written) {
            for (Column column : written.block.columns()) {
                for (int i = 0; i < written.block.size(); i++) {
                    if (column.kindAt(i) != Column.ABSENT) {
                        long window = windowOf(written.block.timesMicros()[i]);
                        for (String level : rules.levelsOf(column.metric())) {
                            rolledUp.add(new Place(written.device, window, level));
                        }
                    }
                }
            }
        }

        private boolean isVisible(String metric, Point point) {
            for (Erasure erasure : erased) {
                if (erasure.device == point.device() && erasure.range.contains(point.micros())) {
                    return false;
                }
            }
            return point.micros() > nowMicros - RETENTION.toSeconds() * 1_000_000
                    || rules.levelsOf(metric).stream().anyMatch(level -> isInPart(level, point));
        }

        private boolean isInPart(String level, Point point) {
            long window = windowOf(point.micros());
            TimeRange range = new TimeRange(window, window + DAY);
            BucketGrid parts = BucketGrid.of(range, Every.parse(level), zone);
            int part = parts.indexOf(point.micros());
            long start = Math.max(window, parts.startMicros(part));
            long end = Math.min(window + DAY, parts.endMicros(part));
            for (Erasure erasure : erased) {
                boolean touches = start < erasure.range.endMicros() && end > erasure.range.startMicros();
                if (erasure.expired && erasure.device == point.device() && touches) {
                    return false;
                }
            }
            boolean narrow =
                    Every.parse(level).meanMicros() <= readings.grid.every().meanMicros() / 4 * 5;
            return narrow
                    && readings.grid.holding(start, end) >= 0
                    && rolledUp.contains(new Place(point.device(), window, level));
        }

        private static long windowOf(long micros) {
            return micros - Math.floorMod(micros, DAY);
        }
    }
}
