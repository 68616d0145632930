package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.append;
import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;
import static org.assertj.core.api.Assertions.tuple;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.aggregate.Every;
import io.hearth.series.aggregate.Fill;
import io.hearth.series.aggregate.Function;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.value.AggregateQuery;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.SealResult;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Days that are hard to seal, or cannot be: none of them keeps the others from being sealed. */
class SealFaultsTest {
    private static final long SECOND = 1_000_000;
    private static final long DAY = 86_400 * SECOND;
    private static final long T0 = EpochMicros.of(START);
    private static final long DAY_BEFORE = T0 / DAY * DAY - 2 * DAY;
    private static final Duration RETENTION = Duration.ofDays(30);

    private final SeriesFixture clock = new SeriesFixture();
    private final FailingTable table = new FailingTable(new MemoryTable(clock));

    /** Refuses to read the runs of some devices. */
    private static final class FailingTable extends ForwardingTable {
        private final Set<String> refused = new HashSet<>();

        FailingTable(Table table) {
            super(table);
        }

        @Override
        public Uni<Page> query(Query query) {
            return refused.contains(query.partitionKey())
                    ? Uni.createFrom().failure(new ThrottledException("refused on demand", null))
                    : table.query(query);
        }
    }

    @Test
    void seal_oneInstantIsLargerThanAChunk_storesItInParts() {
        SeriesStore store = clock.open(table, RETENTION, RollupRules.parse("1h for 2y", ZoneId.of("UTC")));
        append(store, "d1", DAY_BEFORE, Map.of("n", 1));
        for (int message = 0; message < 4; message++) {
            append(store, "d1", DAY_BEFORE + 5 * SECOND, texts(100 * message, 100));
        }
        append(store, "d1", DAY_BEFORE + 9 * SECOND, Map.of("n", 3));
        append(store, "d2", DAY_BEFORE, Map.of("n", 1));
        List<Map.Entry<Long, Map<String, Object>>> before = readings(store, "d1");

        for (int round = 0; round < 2; round++) {
            SealResult result = store.seal(T0, nanos -> {});

            assertThat(result.unsealed()).isEmpty();
            assertThat(readings(store, "d1")).isEqualTo(before);
            assertThat(scan(store, "d1", TimeRange.ALL, Set.of(), Direction.DESCENDING))
                    .hasSize(3);
            assertThat(items("d1"))
                    .noneMatch(item -> SeriesKeys.isRun(item.key().sortKey()));
            assertThat(items("d2"))
                    .noneMatch(item -> SeriesKeys.isRun(item.key().sortKey()));
            assertThat(store.latest(new DeviceId("d1")).points()).hasSize(401);
            assertThat(count(store, "m399", "1h")).isEqualTo(1);
            // A late reading of that instant opens the day again.
            append(store, "d1", DAY_BEFORE + 5 * SECOND, Map.of("n", 2));
            before = readings(store, "d1");
            assertThat(before.get(1).getValue()).hasSize(401).containsEntry("n", 2.0);
        }
    }

    @Test
    void chunksOfOneInstant_takenInByAPeer_areTheSameReadings() {
        SeriesStore store = clock.open(table, RETENTION);
        for (int message = 0; message < 4; message++) {
            append(store, "d1", DAY_BEFORE + 5 * SECOND, texts(100 * message, 100));
        }
        store.seal(T0, nanos -> {});
        SeriesStore peer = new SeriesStore(new MemoryTable(clock), new RegionId("peer"), clock, RETENTION);

        for (Item item : items("d1")) {
            if (SeriesKeys.isChunk(item.key().sortKey())) {
                assertThat(peer.remote()
                                .apply(new DeviceId("d1"), item.body(), Duration.ofMinutes(1))
                                .reason())
                        .isNull();
            }
        }

        assertThat(readings(peer, "d1")).isEqualTo(readings(store, "d1"));
        assertThat(peer.seal(T0, nanos -> {}).unsealed()).isEmpty();
        assertThat(readings(peer, "d1")).isEqualTo(readings(store, "d1"));
    }

    @Test
    void seal_rollupsOfOneMetricAreLargerThanAnItem_storesThemInParts() {
        SeriesStore store = clock.open(table, RETENTION, RollupRules.parse("1m for 2y", ZoneId.of("UTC")));
        AppendBatch batch = new AppendBatch();
        for (int minute = 0; minute < 1440; minute++) {
            String text = minute + "x".repeat(400);
            SeriesFixture.add(batch, "d1", DAY_BEFORE + minute * 60L * SECOND, Map.of("t", text, "n", minute), null);
        }
        store.append(batch).await().indefinitely();

        assertThat(store.seal(T0, nanos -> {}).unsealed()).isEmpty();

        assertThat(items("d1")).allMatch(item -> item.body().length() < 300_000);
        clock.setNow(START.plus(Duration.ofDays(60)));
        assertThat(readings(store, "d1")).isEmpty();
        BucketSeries rolled = aggregate(store, "t", "1m", Function.LAST);
        assertThat(rolled.rows()).isEqualTo(1440);
        for (int minute = 0; minute < 1440; minute++) {
            assertThat(rolled.textAt(minute, 0, Function.LAST)).isEqualTo(minute + "x".repeat(400));
        }
        assertThat(count(store, "n", "1d")).isEqualTo(1440);
        // What an erasure leaves of them is stored in parts, too.
        store.erase(new DeviceId("d1"), new TimeRange(DAY_BEFORE, DAY_BEFORE + 60 * SECOND));
        assertThat(aggregate(store, "t", "1m", Function.LAST).rows()).isEqualTo(1439);
    }

    @Test
    void seal_windowCannotBeRead_isNamed_andTheOthersAreSealed() {
        SeriesStore store = clock.open(table, RETENTION);
        append(store, "d1", DAY_BEFORE - DAY, Map.of("a", 1));
        append(store, "d1", DAY_BEFORE + SECOND, Map.of("a", 1));
        append(store, "d1", DAY_BEFORE + DAY, Map.of("a", 1));
        append(store, "d2", DAY_BEFORE, Map.of("a", 1));
        Key damaged = SeriesKeys.run(new DeviceId("d1"), DAY_BEFORE, 1, new byte[] {'x'});
        table.write(List.of(new Write.Put(new Item(damaged, Bytes.wrap(new byte[] {99}), 0, 0, null))))
                .await()
                .indefinitely();

        SealResult result = store.seal(T0, nanos -> {});

        assertThat(result.unsealedTotal()).isEqualTo(1);
        assertThat(result.unsealed())
                .extracting(SealResult.Unsealed::device, SealResult.Unsealed::windowStartMicros)
                .containsExactly(tuple(new DeviceId("d1"), DAY_BEFORE));
        assertThat(result.readings()).isEqualTo(3);
        assertThat(items("d1").stream()
                        .filter(item -> SeriesKeys.isRun(item.key().sortKey())))
                .as("what there is of the window is left as it is")
                .hasSize(2);
        assertThat(items("d2")).noneMatch(item -> SeriesKeys.isRun(item.key().sortKey()));
    }

    /** As of a machine without a battery: what is sealed here has stamps that are years ahead of it. */
    @Test
    void clock_thatWasSetBackByYears_letsSealedDaysBeErasedAndSealed() {
        SeriesStore store = clock.open(table, RETENTION);
        append(store, "d1", DAY_BEFORE, Map.of("n", 1));
        append(store, "d1", DAY_BEFORE + SECOND, Map.of("n", 2));
        clock.setNow(START.plusSeconds(3600)); // behind all that the writes have stored of the clock
        store.seal(T0, nanos -> {});
        clock.setNow(START.minus(Duration.ofDays(3750)));
        store = clock.open(table, RETENTION);

        store.erase(new DeviceId("d1"), new TimeRange(DAY_BEFORE, DAY_BEFORE + 1));
        append(store, "d1", DAY_BEFORE + 2 * SECOND, Map.of("n", 3));
        SealResult result = store.seal(T0, nanos -> {});

        assertThat(result.unsealedTotal()).isZero();
        assertThat(scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING))
                .containsExactly(
                        entry(DAY_BEFORE + SECOND, Map.of("n", 2.0)), entry(DAY_BEFORE + 2 * SECOND, Map.of("n", 3.0)));
    }

    @Test
    void seal_tableRefusesOneDevice_sealsTheOthers() {
        SeriesStore store = clock.open(table, RETENTION);
        for (String device : List.of("d1", "d2", "d3")) {
            append(store, device, DAY_BEFORE, Map.of("a", 1));
        }
        table.refused.add("d2");

        SealResult result = store.seal(T0, nanos -> {});

        assertThat(result.readings()).isEqualTo(2);
        assertThat(result.unsealed())
                .extracting(window -> window.device().value())
                .containsExactly("d2");
    }

    @Test
    void seal_tableRefusesEverything_failsAtOnce() {
        SeriesStore store = clock.open(table, RETENTION);
        for (int i = 0; i < 20; i++) {
            append(store, "d" + i, DAY_BEFORE, Map.of("a", 1));
            table.refused.add("d" + i);
        }

        assertThatThrownBy(() -> store.seal(T0, nanos -> {})).isInstanceOf(ThrottledException.class);
    }

    private static Map<String, Object> texts(int first, int count) {
        Random random = new Random(first);
        Map<String, Object> texts = new TreeMap<>();
        for (int i = first; i < first + count; i++) {
            StringBuilder text = new StringBuilder();
            while (text.length() < 1000) {
                text.append((char) ('a' + random.nextInt(26)));
            }
            texts.put("m" + i, text.toString());
        }
        return texts;
    }

    private static double count(SeriesStore store, String metric, String every) {
        return aggregate(store, metric, every, Function.COUNT).valueAt(0, 0, Function.COUNT);
    }

    private static BucketSeries aggregate(SeriesStore store, String metric, String every, Function function) {
        TimeRange range = new TimeRange(DAY_BEFORE, DAY_BEFORE + DAY);
        return store.aggregate(
                new DeviceId("d1"),
                new AggregateQuery(
                        BucketGrid.of(range, Every.parse(every), ZoneId.of("UTC")),
                        List.of(function),
                        Fill.NONE,
                        Set.of(metric),
                        Consistency.STRONG),
                AnswerBudget.UNBOUNDED);
    }

    private static List<Map.Entry<Long, Map<String, Object>>> readings(SeriesStore store, String device) {
        return scan(store, device, TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }

    private List<Item> items(String device) {
        List<Item> items = new ArrayList<>();
        new ItemWalk(table, new Query(device, SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG), 1000)
                .forEachRemaining(items::add);
        return items;
    }
}
