package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.add;
import static io.hearth.series.SeriesFixture.append;
import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.PointBuffer;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.item.RunWriter;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.replicate.ApplyResult;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What taking in the writes of another region promises, on any engine. */
abstract class RemoteWritesContract {
    private static final Duration RETENTION = Duration.ofDays(30);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final RegionId A = new RegionId("a");
    private static final RegionId B = new RegionId("b");
    private static final DeviceId D1 = new DeviceId("d1");
    private static final long SECOND = 1_000_000;
    private static final long DAY = Duration.ofDays(1).toSeconds() * SECOND;
    private static final long T0 = SeriesKeys.slotStart(EpochMicros.of(START));

    private final SeriesFixture clock = new SeriesFixture();
    private final Table tableOfA = new MemoryTable(clock);
    private final SeriesStore a = open(tableOfA, A, RollupRules.NONE);
    private Table table;
    private SeriesStore store;

    abstract Table openTable(SeriesFixture clock) throws Exception;

    @BeforeEach
    void open() throws Exception {
        table = openTable(clock);
        store = open(table, B, RollupRules.NONE);
    }

    @AfterEach
    void close() {
        table.close();
    }

    private SeriesStore open(Table its, RegionId region, RollupRules rules) {
        return clock.open(its, region, RETENTION, rules);
    }

    @Test
    void run_whoseKeyAPartOfAChunkHas_isStoredBesideIt() {
        store = open(table, B, RollupRules.parse("1d for 2y", ZoneId.of("UTC")));
        long slot = T0 - DAY;
        for (int i = 1; i < 100; i++) {
            append(a, "d1", slot + i * SECOND, Map.of("a", i));
        }
        // The write whose stamp all of the chunk gets is the one that begins the slot.
        append(a, "d1", slot, Map.of("a", 0));
        RemoteRun last = runs(tableOfA).get(0);
        a.seal(T0, nanos -> {});

        store.remote().apply(D1, chunk(tableOfA), MINUTE);
        assertThat(readings()).hasSize(100);
        store.remote().apply(List.of(last), A, MINUTE);

        assertThat(readings()).hasSize(100);
    }

    @Test
    void run_inSeveralVersions_inOneBatch_inWhateverOrder_isTheUnionOfThem() {
        List<RemoteRun> versions = List.of(
                run(1, Map.of(T0, Map.of("a", 1.0), T0 + 1, Map.of("a", 2.0))),
                run(1, Map.of(T0, Map.of("a", 1.0, "b", 5.0))),
                run(1, Map.of(T0, Map.of("c", 7.0), T0 + 2, Map.of("a", 3.0))),
                run(1, Map.of(T0, Map.of("a", 1.0), T0 + 1, Map.of("b", 8.0))));
        Map<Long, Map<String, Object>> union = new TreeMap<>(Map.of(
                T0,
                Map.of("a", 1.0, "b", 5.0, "c", 7.0),
                T0 + 1,
                Map.of("a", 2.0, "b", 8.0),
                T0 + 2,
                Map.of("a", 3.0)));
        Random random = new Random(7);
        for (int round = 0; round < 24; round++) {
            String device = "round" + round;
            List<RemoteRun> batch = new ArrayList<>();
            versions.forEach(version -> batch.add(of(device, version)));
            Collections.shuffle(batch, random);
            // From the region that wrote them or from another one, at once or one after the other.
            RegionId peer = round % 2 == 0 ? A : new RegionId("c");
            if (round % 3 == 0) {
                batch.forEach(one -> store.remote().apply(List.of(one), peer, MINUTE));
            } else {
                store.remote().apply(batch, peer, MINUTE);
            }
            assertThat(readings(device)).as("order %s", batch).isEqualTo(union);

            ApplyResult again = store.remote().apply(batch, peer, MINUTE);

            assertThat(again.known()).isEqualTo(batch.size());
            assertThat(readings(device)).isEqualTo(union);
        }
    }

    @Test
    void run_thatIsKnown_isCountedAsKnown_andNotStoredAgain() {
        RemoteRun one = run(1, Map.of(T0, Map.of("a", 1.0)));
        assertThat(store.remote().apply(List.of(one), A, MINUTE)).isEqualTo(new ApplyResult(1, 0, 0, 0, 0, 0, null));
        assertThat(store.remote().apply(List.of(one), A, MINUTE)).isEqualTo(new ApplyResult(0, 1, 0, 0, 0, 0, null));
        store.seal(Long.MAX_VALUE / 2, nanos -> {});
        assertThat(store.remote().apply(List.of(one), new RegionId("c"), MINUTE))
                .isEqualTo(new ApplyResult(0, 1, 0, 0, 0, 0, null));
    }

    @Test
    void runs_whoseUnionIsTooLargeForAnItem_areStoredBoth() {
        Map<Long, Map<String, Object>> one = new TreeMap<>();
        Map<Long, Map<String, Object>> other = new TreeMap<>();
        for (int i = 0; i < 240; i++) {
            one.put(T0 + 2L * i, Map.of("t", text(i, 1000)));
            other.put(T0 + (i == 0 ? 0 : 2L * i + 1), Map.of("u", text(-i, 1000)));
        }

        store.remote().apply(List.of(run(1, one)), A, MINUTE);
        ApplyResult outcome = store.remote().apply(List.of(run(1, other)), A, MINUTE);

        assertThat(outcome.refused()).isZero();
        assertThat(readings()).hasSize(479);
        assertThat(readings().get(T0)).containsOnlyKeys("t", "u");
    }

    @Test
    void chunk_ofWhichASlotIsTooLargeForAnItem_isStoredInSeveralRuns() {
        AppendBatch batch = new AppendBatch();
        for (int i = 0; i < 16_384; i++) {
            if (i % 200 == 0) {
                a.append(batch).await().indefinitely();
                batch.clear();
            }
            add(batch, "d1", T0 - DAY + i * SECOND, Map.of("t", text(i % 5, 800), "u", text(i % 5 + 5, 800)), null);
        }
        a.append(batch).await().indefinitely();
        a.seal(T0, nanos -> {});
        // Something of that time is here already, so the chunk cannot be stored as it is.
        append(store, "d1", T0 - DAY + 1, Map.of("a", 1));

        ApplyResult outcome = store.remote().apply(D1, chunk(tableOfA), MINUTE);

        assertThat(outcome.refused()).isZero();
        assertThat(readings()).hasSize(16_385);
        assertThat(runs(table)).hasSizeGreaterThan(20);
    }

    @Test
    void reading_thatIsTooLargeForARun_isStoredInSeveral() {
        // Two writes of one reading, each small enough, which a chunk has as one.
        for (int write = 0; write < 3; write++) {
            Map<String, Object> values = new TreeMap<>();
            for (int i = 0; i < 100; i++) {
                values.put("m" + write + "-" + i, text(i, 1000));
            }
            append(a, "d1", T0 - DAY, values);
        }
        assertThat(a.seal(T0, nanos -> {}).chunks()).isGreaterThan(1);
        append(store, "d1", T0 - DAY, Map.of("a", 1));

        items(tableOfA, (byte) 0x20).forEach(chunk -> store.remote().apply(D1, chunk.body(), MINUTE));

        assertThat(readings().get(T0 - DAY)).hasSize(301);
        store.seal(T0, nanos -> {});
        assertThat(items(table, (byte) 0x10)).isEmpty();
        assertThat(readings().get(T0 - DAY)).hasSize(301);
        assertThat(store.latest(D1).points()).hasSize(301);
    }

    @Test
    void run_thatIsDamaged_isRefusedByName_andTheOthersOfItsPageAreStored() {
        RemoteRun good = run(1, Map.of(T0, Map.of("a", 1.0)));
        List<RemoteRun> bad = List.of(
                run(2, Map.of(T0, Map.of("a", Double.NaN))),
                run(3, Map.of(T0, Map.of("no name", 1.0))),
                run(4, Map.of(T0, Map.of("a", "x".repeat(1025)))),
                new RemoteRun(good.key(), Bytes.wrap(new byte[] {1, 1, 0, 0, 0, 1, 1, 'a', 3, 1})),
                new RemoteRun(good.key(), Bytes.EMPTY));
        for (RemoteRun one : bad) {
            for (RegionId peer : List.of(A, new RegionId("c"))) {
                ApplyResult outcome = store.remote().apply(List.of(one, of("good", good)), peer, MINUTE);
                assertThat(outcome.refused()).as("%s", one).isEqualTo(1);
                assertThat(outcome.reason()).contains("d1");
            }
        }
        assertThat(readings("good")).containsOnlyKeys(T0);
        assertThat(readings("d1")).isEmpty();
        assertThat(store.seal(Long.MAX_VALUE / 2, nanos -> {}).readings()).isEqualTo(1);
    }

    @Test
    void run_withMoreMetricsThanADeviceCanHave_fails_andTheDeviceGoesOn() {
        append(store, "d1", T0, Map.of("mine", 1));

        assertThatThrownBy(() -> store.remote().apply(List.of(run(5, Map.of(T0 + 1, tooManyMetrics()))), A, MINUTE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("d1");

        append(store, "d1", T0 + 2, Map.of("other", 1));
        assertThat(readings("d1")).containsOnlyKeys(T0, T0 + 2);
        assertThat(store.device(D1).orElseThrow().metrics()).containsExactly("mine", "other");
    }

    private static Map<String, Object> tooManyMetrics() {
        Map<String, Object> values = new TreeMap<>();
        for (int i = 0; i < 2900; i++) {
            values.put(text(i, 120).replace(' ', '_'), 1.0);
        }
        return values;
    }

    @Test
    void runsAndChunks_ofATimeWhoseChunkHereIsDamaged_areStoredAllTheSame() {
        append(store, "d1", T0 - DAY, Map.of("a", 1));
        store.seal(T0, nanos -> {});
        Item chunk = items(table, (byte) 0x20).get(0);
        byte[] damaged = chunk.body().array().clone();
        damaged[10] ^= 1;
        table.write(List.of(new Write.Put(new Item(chunk.key(), Bytes.wrap(damaged), 0, 0, null))))
                .await()
                .indefinitely();
        append(a, "d1", T0 - DAY + 1, Map.of("b", 1));
        RemoteRun run = runs(tableOfA).get(0);
        append(a, "d1", T0 - DAY + 2, Map.of("b", 1));
        a.seal(T0, nanos -> {});

        ApplyResult outcome = store.remote()
                .apply(List.of(run), new RegionId("c"), MINUTE)
                .plus(store.remote().apply(D1, chunk(tableOfA), MINUTE));
        table.write(List.of(new Write.Put(chunk))).await().indefinitely();

        assertThat(outcome.refused()).isZero();
        assertThat(readings()).containsOnlyKeys(T0 - DAY, T0 - DAY + 1, T0 - DAY + 2);
    }

    /** Its readings are ahead of the clock and so expire later than what was written at the time of the erasure. */
    @Test
    void run_thatComesShortlyBeforeItExpires_afterARestart_isStillKnownAsErased() {
        append(a, "d1", T0 + DAY / 2, Map.of("a", 1));
        List<RemoteRun> written = runs(tableOfA);
        clock.setNow(START.plusSeconds(1));
        append(store, "d1", T0, Map.of("a", 0));
        store.erase(D1, TimeRange.ALL);
        clock.setNow(START.plus(RETENTION).plus(Duration.ofHours(2)));
        store = open(table, B, RollupRules.NONE);

        ApplyResult outcome = store.remote().apply(written, A, MINUTE);

        assertThat(outcome).isEqualTo(new ApplyResult(0, 0, 1, 0, 0, 0, null));
        assertThat(readings()).isEmpty();
    }

    @Test
    void erase_whatIsLeftOfARun_doesNotTakeThePlaceOfAnotherOneOfItsStamp() {
        store.remote()
                .apply(
                        List.of(
                                run(1, Map.of(T0, Map.of("a", 1.0), T0 + 5, Map.of("a", 2.0))),
                                run(1, Map.of(T0 + 5, Map.of("b", 3.0), T0 + 6, Map.of("b", 4.0)))),
                        A,
                        MINUTE);

        store.erase(D1, new TimeRange(T0, T0 + 5));

        assertThat(readings())
                .containsExactly(entry(T0 + 5, Map.of("a", 2.0, "b", 3.0)), entry(T0 + 6, Map.of("b", 4.0)));
    }

    /** The later one first, which takes apart the runs of its quarter of an hour. */
    @Test
    void erasures_thatComeOutOfOrder_eraseWhatEachOfThemCovers() {
        long time = T0 + SECOND;
        store.remote()
                .apply(
                        List.of(run(1, Map.of(time, Map.of("b", 1.0))), run(3, Map.of(time, Map.of("a", 2.0)))),
                        A,
                        MINUTE);
        for (int counter : List.of(5, 2)) {
            TimeRange range = counter == 5
                    ? new TimeRange(T0 + 100 * SECOND, T0 + 200 * SECOND)
                    : new TimeRange(T0, T0 + 50 * SECOND);
            WriteStamp stamp = new WriteStamp(HybridTime.of(START.toEpochMilli(), counter), new RegionId("c"));
            store.remote().apply(new Erasure(D1, range, false, stamp), MINUTE);
        }

        assertThat(readings()).isEqualTo(Map.of(time, Map.of("a", 2.0)));
    }

    /** More of them than a chunk can tell apart. */
    @Test
    void erasures_thatComeOutOfOrder_ofManyWrites_eraseWhatEachOfThemCovers() {
        List<RemoteRun> runs = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            runs.add(run(i, Map.of(T0 + (i % 150) * SECOND, Map.of("a" + i / 150, 1.0 * i))));
        }
        store.remote().apply(runs, A, MINUTE);
        WriteStamp last = new WriteStamp(HybridTime.of(START.toEpochMilli(), 300), new RegionId("c"));
        store.remote().apply(new Erasure(D1, new TimeRange(T0 + 400 * SECOND, T0 + 500 * SECOND), false, last), MINUTE);

        WriteStamp first = new WriteStamp(HybridTime.of(START.toEpochMilli(), 99), new RegionId("c"));
        store.remote().apply(new Erasure(D1, new TimeRange(T0, T0 + 400 * SECOND), false, first), MINUTE);

        Map<Long, Map<String, Object>> left = new TreeMap<>();
        for (int i = 100; i < 200; i++) {
            left.computeIfAbsent(T0 + (i % 150) * SECOND, time -> new TreeMap<>())
                    .put("a" + i / 150, 1.0 * i);
        }
        assertThat(readings()).isEqualTo(left);
    }

    /** Each sealed what it had beside the same later write, and gave it the stamp of that. */
    @Test
    void chunks_thatHaveDifferentValuesUnderOneStamp_comeToTheSame() {
        long time = T0 - DAY;
        Table tableOfD = new MemoryTable(clock);
        SeriesStore d = open(tableOfD, new RegionId("d"), RollupRules.NONE);
        RemoteRun later = run(3, Map.of(time, Map.of("a", 3.0)));
        store.remote().apply(List.of(run(1, Map.of(time, Map.of("b", 1.0))), later), A, MINUTE);
        d.remote().apply(List.of(run(2, Map.of(time, Map.of("b", 2.0))), later), A, MINUTE);
        clock.setNow(START.plusSeconds(60));
        store.seal(T0, nanos -> {});
        d.seal(T0, nanos -> {});
        Bytes chunkOfD = chunk(tableOfD);

        d.remote().apply(D1, chunk(table), MINUTE);
        store.remote().apply(D1, chunkOfD, MINUTE);
        d.remote().apply(runs(table), B, MINUTE);
        store.remote().apply(runs(tableOfD), new RegionId("d"), MINUTE);

        assertThat(readings()).containsOnlyKeys(time);
        assertThat(scan(d, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING))
                .containsExactly(entry(time, readings().get(time)));
    }

    /** A chunk that came from another region may be of later than what has been settled here. */
    @Test
    void seal_besideAChunkOfWhatIsNotSettled_leavesItAlone() {
        long time = T0 - DAY;
        Map<String, Object> mine = Map.of("b", 1.0);
        clock.setNow(START.plusSeconds(60));
        append(a, "d1", time, Map.of("a", 2.0));
        clock.setNow(START.plus(Duration.ofMinutes(2)));
        a.seal(T0, nanos -> {});
        store.remote().apply(D1, chunk(tableOfA), MINUTE);
        store.remote().apply(List.of(run(1, Map.of(time, mine))), A, MINUTE);

        store.seal(T0, START.plusSeconds(10).toEpochMilli(), nanos -> {});

        assertThat(runs(table)).as("it was sealed").isEmpty();
        assertThat(readings()).isEqualTo(Map.of(time, Map.of("a", 2.0, "b", 1.0)));
        WriteStamp between = new WriteStamp(HybridTime.of(START.plusSeconds(30).toEpochMilli(), 0), new RegionId("c"));
        store.remote().apply(new Erasure(D1, TimeRange.ALL, false, between), MINUTE);
        assertThat(readings()).isEqualTo(Map.of(time, Map.of("a", 2.0)));
    }

    @Test
    void seal_aRunThatCannotBeSealed_isInTheWayOfNoOtherWindow() {
        append(store, "d0", T0 - DAY, Map.of("a", 1));
        for (RemoteRun run : List.of(
                run(2, Map.of(T0 - 3 * DAY, Map.of("a", Double.NaN))),
                new RemoteRun(run(3, Map.of(T0 - 2 * DAY, Map.of("a", 1.0))).key(), Bytes.wrap(new byte[] {77})))) {
            table.write(List.of(new Write.Put(Item.of(run.key(), run.body()))))
                    .await()
                    .indefinitely();
        }
        append(store, "d1", T0 - DAY, Map.of("a", 1));
        append(store, "d2", T0 - DAY, Map.of("a", 1));

        assertThat(store.seal(T0, nanos -> {}).readings()).isEqualTo(3);
    }

    /** A run of region a as it would be stored, whose key is made of its first time and the counter of its stamp. */
    static RemoteRun run(int counter, Map<Long, ? extends Map<String, ?>> readings) {
        return run(new WriteStamp(HybridTime.of(START.toEpochMilli(), counter), A), readings);
    }

    static RemoteRun run(WriteStamp stamp, Map<Long, ? extends Map<String, ?>> readings) {
        PointBuffer points = new PointBuffer();
        new TreeMap<>(readings).forEach((time, values) -> {
            points.beginReading();
            new TreeMap<>(values).forEach((metric, value) -> {
                if (value instanceof String text) {
                    points.addText(metric, text);
                } else {
                    points.addNumber(metric, (double) value);
                }
            });
            points.endReading(time);
        });
        int[] order = new int[points.size()];
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
        byte[] body = new RunWriter()
                .write(points, order, 0, order.length, new long[order.length], 0, RETENTION.toSeconds(), List.of());
        return new RemoteRun(
                SeriesKeys.run(
                        D1,
                        points.timeMicros(0),
                        stamp.time().packed(),
                        stamp.region().value().getBytes(StandardCharsets.US_ASCII)),
                Bytes.wrap(body));
    }

    private static RemoteRun of(String device, RemoteRun run) {
        return new RemoteRun(new Key(device, run.key().sortKey()), run.body());
    }

    /** A text that does not repeat itself. */
    private static String text(int seed, int length) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append((char) ('A' + random.nextInt(26)));
        }
        return text.toString();
    }

    private Map<Long, Map<String, Object>> readings() {
        return readings("d1");
    }

    private Map<Long, Map<String, Object>> readings(String device) {
        Map<Long, Map<String, Object>> readings = new TreeMap<>();
        scan(store, device, TimeRange.ALL, Set.of(), Direction.ASCENDING)
                .forEach(reading -> readings.put(reading.getKey(), reading.getValue()));
        return readings;
    }

    private static List<RemoteRun> runs(Table of) {
        return items(of, (byte) 0x10).stream()
                .map(item -> new RemoteRun(item.key(), item.body()))
                .toList();
    }

    private static Bytes chunk(Table of) {
        return items(of, (byte) 0x20).get(0).body();
    }

    private static List<Item> items(Table of, byte kind) {
        List<Item> items = new ArrayList<>();
        new ItemWalk(of, new Query("d1", SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG), 1000)
                .forEachRemaining(items::add);
        items.removeIf(item -> item.key().sortKey().array()[0] != kind);
        return items;
    }
}
