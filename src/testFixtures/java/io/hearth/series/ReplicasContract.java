package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.append;
import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.ClockAheadException;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.LatestPoint;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.HookedTable;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Query;
import io.hearth.table.SharedTable;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the time series promises when two processes use one table at once. */
abstract class ReplicasContract {
    private static final Duration RETENTION = Duration.ofDays(30);
    private static final long T0 = EpochMicros.of(START);
    private static final long DAY = Duration.ofDays(1).toSeconds() * 1_000_000;
    private static final DeviceId D1 = new DeviceId("d1");

    private final SeriesFixture wallClock = new SeriesFixture();
    private final SeriesFixture otherWallClock = new SeriesFixture();
    private Table table;
    private SharedTable view;
    private SeriesStore store;
    private SeriesStore other;

    abstract Table openTable(SeriesFixture clock) throws Exception;

    @BeforeEach
    void open() throws Exception {
        table = openTable(wallClock);
        // One connection to the table each, so that a test can come between what the first of them does.
        view = new SharedTable(table);
        store = wallClock.open(view, RETENTION);
        other = otherWallClock.open(new SharedTable(table), RETENTION);
    }

    @AfterEach
    void close() {
        table.close();
    }

    @Test
    void append_sameDeviceAndTimeInTheSameInstant_bothAreStored() {
        for (int i = 0; i < 20; i++) {
            append(store, "d1", T0, Map.of("a", i));
            append(other, "d1", T0, Map.of("b", i));
        }
        assertThat(items((byte) 0x10)).hasSize(40);
        assertThat(readings(store)).containsExactly(Map.entry(T0, Map.of("a", 19.0, "b", 19.0)));
    }

    @Test
    void append_afterAReplicaWhoseClockIsAheadDied_theLaterWriteWins() {
        otherWallClock.setNow(START.plusSeconds(5));
        SeriesStore ahead = otherWallClock.open(new SharedTable(table), RETENTION);
        append(ahead, "d1", T0, Map.of("a", "first"));

        SeriesStore successor = wallClock.open(new SharedTable(table), RETENTION);
        append(successor, "d1", T0, Map.of("a", "second"));

        assertThat(readings(successor)).containsExactly(Map.entry(T0, Map.of("a", "second")));
    }

    @Test
    void reads_seeWhatTheOtherHasStored_whateverWasAskedBefore() {
        append(store, "d1", T0 - 2, Map.of("a", 1));
        assertThat(other.latest(D1).points()).containsOnlyKeys("a");
        assertThat(other.latestAfter(null, 10).devices()).hasSize(1);
        other.warmUp(nanos -> {});

        append(store, "d1", T0, Map.of("a", 2, "new", 3));
        append(store, "d2", T0, Map.of("a", 4));

        assertThat(other.latest(D1).points())
                .isEqualTo(Map.of(
                        "a", new LatestPoint(new Value.Num(2), T0),
                        "new", new LatestPoint(new Value.Num(3), T0)));
        assertThat(other.latest(List.of(new DeviceId("d2"), new DeviceId("d3"), D1)))
                .extracting(latest -> latest.device().value() + latest.points().size())
                .containsExactly("d21", "d30", "d12");
        assertThat(other.latestAfter(null, 10).devices())
                .extracting(latest -> latest.device().value())
                .containsExactly("d1", "d2");
        assertThat(readings(other)).hasSize(2);
    }

    @Test
    void metrics_learnedByBoth_areAllInTheRecord() {
        append(store, "d1", T0, Map.of("a", 1));
        append(other, "d1", T0, Map.of("b", 1));
        append(store, "d1", T0, Map.of("c", 1));
        append(other, "d1", T0, Map.of("d", 1, "a", 2));

        assertThat(store.device(D1).orElseThrow().metrics()).containsExactly("a", "b", "c", "d");
        assertThat(other.latest(D1).points()).containsOnlyKeys("a", "b", "c", "d");
    }

    @Test
    void seal_byBothAtOnce_leavesOneChunk_andTheSameAnswer() {
        fillYesterday();
        List<Map.Entry<Long, Map<String, Object>>> before = readings(store);
        // The first has read the runs, and stalls before it stores their chunk.
        view.beforeReplace(
                () -> assertThat(other.seal(T0, nanos -> {}).readings()).isEqualTo(10));

        assertThat(store.seal(T0, nanos -> {}).readings()).isZero();

        assertThat(readings(store)).isEqualTo(before);
        assertThat(items((byte) 0x20)).hasSize(1);
        assertThat(items((byte) 0x10)).isEmpty();
    }

    @Test
    void seal_afterTheOtherWhoseClockIsAhead_storesItsChunkBehind() {
        fillYesterday();
        otherWallClock.setNow(START.plusSeconds(3600));
        SeriesStore ahead = otherWallClock.open(new SharedTable(table), RETENTION);
        ahead.seal(T0, nanos -> {});
        Bytes first = items((byte) 0x20).get(0).key().sortKey();
        append(store, "d1", T0 - DAY, Map.of("a", "late"));

        store.seal(T0, nanos -> {});

        // A descending scan that has passed the first one must be able to find what took its place.
        assertThat(items((byte) 0x20)).hasSize(1);
        assertThat(items((byte) 0x20).get(0).key().sortKey()).isGreaterThan(first);
    }

    /** The clock here would have to jump by as much, and all that is written afterwards with it. */
    @Test
    void erase_ofWhatAReplicaWroteMoreThanAYearAhead_isRefused_andErasesNothing() {
        otherWallClock.setNow(START.plus(Duration.ofDays(366)));
        SeriesStore ahead = otherWallClock.open(new SharedTable(table), RETENTION);
        append(ahead, "d1", T0, Map.of("a", 1));

        assertThatThrownBy(() -> store.erase(D1)).isInstanceOf(ClockAheadException.class);
        assertThatThrownBy(() -> store.erase(D1, new TimeRange(T0, T0 + 1))).isInstanceOf(ClockAheadException.class);
        assertThat(readings(store)).containsExactly(Map.entry(T0, Map.of("a", 1.0)));
        // What is not so far ahead is erased, also beside it.
        append(store, "d1", T0 - DAY, Map.of("a", 2));
        store.erase(D1, new TimeRange(T0 - DAY, T0));
        assertThat(readings(store)).containsExactly(Map.entry(T0, Map.of("a", 1.0)));
    }

    @Test
    void seal_thatStalledWhileTheOtherErased_bringsNothingBack() {
        fillYesterday();
        view.beforeReplace(() -> other.erase(D1, TimeRange.ALL));

        store.seal(T0, nanos -> {});

        assertThat(readings(store)).isEmpty();
        assertThat(items((byte) 0x20)).isEmpty();
    }

    @Test
    void seal_whoseChunkTheOtherErased_goesOnWithoutIt() {
        fillYesterday();
        // The chunk is stored, and the first stalls before it says so.
        view.beforePut(() -> other.erase(D1, new TimeRange(T0 - DAY, T0 - DAY + 5)));

        store.seal(T0, nanos -> {});
        assertThat(readings(store)).hasSize(5);
        // Until nothing can come back, the device is left alone.
        assertThat(other.seal(T0, nanos -> {}).readings()).isZero();
        assertThat(readings(store)).hasSize(5);
        settleErasures();
        other.seal(T0, nanos -> {});
        assertThat(readings(store)).hasSize(5);
        assertThat(items((byte) 0x10)).isEmpty();
    }

    @Test
    void erase_isToldToTheListener_andOnceMoreWhenNothingCanComeBack() {
        fillYesterday();
        List<Erasure> heard = new ArrayList<>();
        other.whenErased(heard::add);
        other.erase(D1, TimeRange.ALL);
        assertThat(heard).hasSize(1);
        other.finishErasures();
        assertThat(heard).hasSize(1);

        settleErasures();
        assertThat(heard).hasSize(2).allMatch(erasure -> erasure.device().equals(D1));
        settleErasures();
        assertThat(heard).hasSize(2);
    }

    /** Until erasures that have been answered are looked at for the last time. */
    private void settleErasures() {
        wallClock.setNow(wallClock.instant().plus(Duration.ofHours(1)));
        otherWallClock.setNow(otherWallClock.instant().plus(Duration.ofHours(1)));
        other.finishErasures();
        assertThat(other.pendingErasures()).isZero();
    }

    @Test
    void erase_whileTheOtherSeals_erasesTheChunkAsWell() {
        fillYesterday();
        // The eraser has read the runs, and stalls before it says which it replaces.
        view.beforePut(() -> {});
        view.beforePut(() -> other.seal(T0, nanos -> {}));

        store.erase(D1, new TimeRange(T0 - DAY, T0 - DAY + 5));

        assertThat(readings(other)).hasSize(5);
        other.seal(T0, nanos -> {});
        assertThat(readings(other)).hasSize(5);
    }

    @Test
    void remoteRun_thatCompletesOneWhichTheOtherIsSealing_isNotLost() {
        RegionId peer = new RegionId("a");
        Duration ahead = Duration.ofMinutes(1);
        long time = T0 - DAY;
        store.remote().apply(List.of(RemoteWritesContract.run(1, Map.of(time, Map.of("a", 1.0)))), peer, ahead);
        var whole = RemoteWritesContract.run(1, Map.of(time, Map.of("a", 1.0, "b", 2.0), time + 1, Map.of("a", 3.0)));
        // The first has read the run, and stalls before it stores the chunk.
        view.beforeReplace(() -> other.remote().apply(List.of(whole), peer, ahead));

        assertThat(store.seal(T0, nanos -> {}).readings()).isEqualTo(1);

        assertThat(readings(store))
                .containsExactly(Map.entry(time, Map.of("a", 1.0, "b", 2.0)), Map.entry(time + 1, Map.of("a", 3.0)));
    }

    @Test
    void erase_ofADevice_isSeenByTheOther_andItIsKnownAgainOnceLookedFor() {
        append(other, "d1", T0, Map.of("a", 1));
        store.erase(D1);
        assertThat(other.latest(D1).points()).isEmpty();
        assertThat(other.device(D1)).isEmpty();

        // The other has not heard that the record is gone; what it stores is there all the same.
        append(other, "d1", T0 + 1, Map.of("a", 2));
        assertThat(readings(store)).hasSize(1);
        assertThat(store.latest(D1).points()).hasSize(1);
    }

    @Test
    void append_afterAnErasureByTheOtherWhoseClockIsAhead_isKeptForGood() {
        otherWallClock.setNow(START.plusSeconds(5));
        append(store, "d1", T0, Map.of("a", 1));
        other.erase(D1, TimeRange.ALL);

        append(store, "d1", T0 + 1, Map.of("a", 2));
        assertOnlyTheLaterIsThere();

        restartAndSettle();
        assertOnlyTheLaterIsThere();
    }

    @Test
    void append_afterAnErasureOfAnotherRegionWhoseClockIsAhead_isKeptForGood() {
        append(store, "d1", T0, Map.of("a", 1));
        WriteStamp ahead = stamp(START.plusSeconds(30), "b");
        other.remote().apply(new Erasure(D1, TimeRange.ALL, false, ahead), Duration.ofMinutes(1));

        append(store, "d1", T0 + 1, Map.of("a", 2));
        assertOnlyTheLaterIsThere();

        restartAndSettle();
        assertOnlyTheLaterIsThere();
        assertThat(items((byte) 0x10))
                .allMatch(run -> SeriesKeys.runStamp(run.key().sortKey()).compareTo(ahead) > 0);
    }

    private void assertOnlyTheLaterIsThere() {
        assertThat(readings(store)).containsExactly(Map.entry(T0 + 1, Map.of("a", 2.0)));
        assertThat(readings(other)).isEqualTo(readings(store));
        assertThat(store.latest(D1).points()).containsOnlyKeys("a");
    }

    /** A third process finishes what the erasures have left, at once and when nothing can come back any more. */
    private void restartAndSettle() {
        SeriesStore third = wallClock.open(new SharedTable(table), RETENTION);
        third.finishErasures();
        settleErasures();
        third.finishErasures();
    }

    @Test
    void erasure_thatArrivesLate_holdsInTheOther_whateverThatKnowsOfOtherDevices() {
        other.erase(new DeviceId("d2"), TimeRange.ALL);
        WriteStamp hoursAgo = stamp(START.minus(Duration.ofHours(3)), "b");
        store.remote().apply(new Erasure(D1, TimeRange.ALL, false, hoursAgo), Duration.ofMinutes(1));

        WriteStamp before = stamp(START.minus(Duration.ofHours(4)), "c");
        other.remote().apply(List.of(runOf(before)), before.region(), Duration.ofMinutes(1));

        assertThat(readings(store)).isEmpty();
        assertThat(readings(other)).isEmpty();
    }

    @Test
    void erasure_whileTheOtherStoresWhatItCovers_leavesNothingOfIt() {
        WriteStamp hoursAgo = stamp(START.minus(Duration.ofHours(3)), "b");
        WriteStamp before = stamp(START.minus(Duration.ofHours(4)), "c");
        // The first has looked for erasures, and stalls before it stores the run.
        view.beforePut(
                () -> other.remote().apply(new Erasure(D1, TimeRange.ALL, false, hoursAgo), Duration.ofMinutes(1)));

        store.remote().apply(List.of(runOf(before)), before.region(), Duration.ofMinutes(1));

        assertThat(readings(store)).isEmpty();
        assertThat(items((byte) 0x10)).isEmpty();
    }

    private static WriteStamp stamp(Instant time, String region) {
        return new WriteStamp(HybridTime.of(time.toEpochMilli(), 0), new RegionId(region));
    }

    private static RemoteRun runOf(WriteStamp stamp) {
        return RemoteWritesContract.run(stamp, Map.of(T0 - 1, Map.of("a", 1.0)));
    }

    @Test
    void sealer_thatStallsAcrossAnErasure_andDies_leavesNothingInAnswers() {
        fillYesterday();
        boolean[] isDead = {false};
        HookedTable dying = new HookedTable(table, true);
        dying.hook(operation -> {
            boolean isGuard = operation instanceof HookedTable.Puts put
                    && put.item().key().partitionKey().equals("!guards");
            if (operation instanceof HookedTable.Replaces && !isDead[0]) {
                other.erase(D1); // the runs have been read, and the chunk is about to be stored
            }
            isDead[0] |= isGuard;
            if (isDead[0]) {
                throw new OutcomeUnknownException("the process died", null);
            }
        });
        SeriesStore sealer = wallClock.open(dying, RETENTION);
        assertThat(sealer.seal(T0, nanos -> {}).readings()).isZero();
        assertThat(isDead[0]).isTrue();
        assertThat(items((byte) 0x20)).as("left in the table").hasSize(1);

        store.finishErasures(); // as every 15 s; it has nothing to append, so nobody has waited for it
        assertNothingIsAnswered(store);
        assertNothingIsAnswered(other);
        SeriesStore third = wallClock.open(new SharedTable(table), RETENTION);
        assertNothingIsAnswered(third);
        restartAndSettle();
        assertThat(items((byte) 0x20)).isEmpty();
        assertNothingIsAnswered(store);
        assertThat(third.device(D1)).isEmpty();
    }

    private static void assertNothingIsAnswered(SeriesStore of) {
        assertThat(readings(of)).isEmpty();
        assertThat(of.latest(D1).points()).isEmpty();
    }

    @Test
    void erase_byAProcessThatDiesAtAnyWrite_isAllOrNothing_hereAndForPeers() {
        for (int deadline = 0; deadline < 12; deadline++) {
            append(store, "d1", T0 + deadline, Map.of("a", 1));
            int[] left = {deadline};
            HookedTable dying = new HookedTable(table, true);
            SeriesStore eraser = wallClock.open(dying, RETENTION);
            dying.hook(operation -> {
                boolean isRead = operation instanceof HookedTable.Gets || operation instanceof HookedTable.Queries;
                if (!isRead && left[0]-- <= 0) {
                    throw new OutcomeUnknownException("the process died", null);
                }
            });
            boolean isAnswered = true;
            try {
                eraser.erase(D1, TimeRange.ALL);
            } catch (OutcomeUnknownException died) {
                isAnswered = false;
            }
            SeriesStore third = wallClock.open(new SharedTable(table), RETENTION);
            boolean isHidden = readings(third).isEmpty();
            assertThat(isHidden || !isAnswered)
                    .as("death at write %d", deadline)
                    .isTrue();
            third.finishErasures();
            // The one that erases is taken for dead.
            wallClock.setNow(wallClock.instant().plusSeconds(61));
            otherWallClock.setNow(wallClock.instant());
            third.finishErasures();

            assertThat(readings(third).isEmpty())
                    .as("death at write %d", deadline)
                    .isEqualTo(isHidden);
            assertThat(third.pendingErasures()).isZero();
            assertThat(partition(Partitions.ERASURES)).hasSameSizeAs(partition(Partitions.ERASURE_LOG));
            third.erase(D1);
        }
    }

    @Test
    void erase_behindAnEntryOfTheLogThatCannotBeRead_isCarriedOut() {
        append(store, "d1", T0, Map.of("a", 1));
        byte[] first = {0, 0, 0, 0, 0, 0, 0, 1};
        Item damaged = Item.of(new Key(Partitions.ERASURE_LOG, Bytes.wrap(first)), Bytes.wrap(new byte[] {1, 0}));
        table.write(List.of(new Write.Put(damaged))).await().indefinitely();

        store.erase(D1, TimeRange.ALL);

        assertThat(readings(store)).isEmpty();
        assertThat(partition(Partitions.ERASURE_LOG)).hasSize(2).contains(damaged);
    }

    private List<Item> partition(String name) {
        return table.query(new Query(name, SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG))
                .await()
                .indefinitely()
                .items();
    }

    private void fillYesterday() {
        for (int i = 0; i < 10; i++) {
            append(i % 2 == 0 ? store : other, "d1", T0 - DAY + i, Map.of("a", i));
        }
    }

    private static List<Map.Entry<Long, Map<String, Object>>> readings(SeriesStore of) {
        return scan(of, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }

    private List<Item> items(byte kind) {
        return table
                .query(new Query("d1", SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG))
                .await()
                .indefinitely()
                .items()
                .stream()
                .filter(item -> item.key().sortKey().array()[0] == kind)
                .toList();
    }
}
