package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.LatestReadings;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The latest values of a device while they are loaded, when something else happens between two reads of the table. */
class LatestLoadTest {
    private static final DeviceId D1 = new DeviceId("d1");
    private static final RegionId PEER = new RegionId("peer");
    private static final Duration RETENTION = Duration.ofDays(30);
    private static final Duration CLOCK_AHEAD = Duration.ofMinutes(1);
    private static final long T0 = EpochMicros.of(START);
    private static final long SECOND = 1_000_000;
    private static final long DAY = 86_400 * SECOND;

    private final SeriesFixture clock = new SeriesFixture();
    private final SeriesFixture peerClock = new SeriesFixture();
    private final SteppedTable table = new SteppedTable(new MemoryTable(clock));
    private final Table peerTable = new MemoryTable(peerClock);
    private SeriesStore store;
    private SeriesStore peer;

    /** Runs something once, before or after the table answers a step of a load; or fails a write that it has done or not. */
    private static final class SteppedTable extends ForwardingTable {
        private @Nullable Runnable afterRecord;
        private @Nullable Runnable afterRuns;
        private boolean failsNextWrite;
        private final List<List<Write>> undone = new ArrayList<>();

        SteppedTable(Table table) {
            super(table);
        }

        /** Fails the next write, which is done only with {@link #doLate}, as if the log were replayed. */
        void failNextWrite() {
            failsNextWrite = true;
        }

        void doLate() {
            undone.forEach(writes -> table.write(writes).await().indefinitely());
            undone.clear();
        }

        @Override
        public Uni<Void> write(List<Write> writes) {
            if (failsNextWrite) {
                failsNextWrite = false;
                undone.add(writes);
                return Uni.createFrom().failure(new OutcomeUnknownException("failed on demand", null));
            }
            return table.write(writes);
        }

        @Override
        public Uni<Optional<Item>> get(Key key, Consistency consistency) {
            return table.get(key, consistency).invoke(() -> {
                if (SeriesKeys.isDevice(key.sortKey())) {
                    Runnable action = afterRecord;
                    afterRecord = null;
                    run(action);
                }
            });
        }

        @Override
        public Uni<Page> query(Query query) {
            return table.query(query).invoke(() -> {
                Runnable action = afterRuns;
                afterRuns = null;
                run(action);
            });
        }

        private static void run(@Nullable Runnable action) {
            if (action != null) {
                action.run();
            }
        }
    }

    @BeforeEach
    void open() {
        store = clock.open(table, RETENTION);
        peer = new SeriesStore(peerTable, PEER, peerClock, RETENTION);
    }

    @Test
    void latest_newMetricCommittedWhileLoading_hasTheRareOnesToo() {
        append(store, "d1", T0 - 3 * DAY, Map.of("b", 7));
        for (int i = 0; i < 300; i++) {
            append(store, "d1", T0 - DAY + 300 * SECOND * i, Map.of("a", i));
        }
        table.afterRecord = () -> append(store, "d1", T0, Map.of("c", 1));

        assertThat(latest()).isEqualTo(Map.of("a", 299.0, "b", 7.0, "c", 1.0));
        assertThat(latest()).isEqualTo(Map.of("a", 299.0, "b", 7.0, "c", 1.0));
    }

    @Test
    void latest_losingValueOfAPeerWhileLoading_loses() {
        append(peer, "d1", T0, Map.of("a", 129));
        clock.setNow(START.plusSeconds(5));
        append(store, "d1", T0, Map.of("a", 229));
        table.afterRecord = this::takeInFromPeer;

        assertThat(latest()).isEqualTo(Map.of("a", 229.0));
        assertThat(latest()).isEqualTo(Map.of("a", 229.0));
    }

    @Test
    void latest_losingValueOfAPeerOnceLoaded_loses() {
        append(peer, "d1", T0, Map.of("a", 129));
        clock.setNow(START.plusSeconds(5));
        append(store, "d1", T0, Map.of("a", 229));
        latest();

        takeInFromPeer();

        assertThat(latest()).isEqualTo(Map.of("a", 229.0));
    }

    @Test
    void latest_winningValueOfAPeerWhileLoading_wins() {
        append(store, "d1", T0, Map.of("a", 229));
        peerClock.setNow(START.plusSeconds(5));
        append(peer, "d1", T0, Map.of("a", 129));
        table.afterRuns = this::takeInFromPeer;

        assertThat(latest()).isEqualTo(Map.of("a", 129.0));
        assertThat(latest()).isEqualTo(Map.of("a", 129.0));
    }

    @Test
    void latest_losingValueOfAPeerForASealedOne_loses() {
        long noonYesterday = T0 - DAY;
        append(peer, "d1", noonYesterday, Map.of("a", 129));
        clock.setNow(START.plusSeconds(5));
        append(store, "d1", noonYesterday, Map.of("a", 229));
        append(store, "d1", noonYesterday + SECOND, Map.of("b", 1));
        store.seal(T0, nanos -> {});
        store = clock.open(table, RETENTION);
        latest();

        takeInFromPeer();

        assertThat(latest()).isEqualTo(Map.of("a", 229.0, "b", 1.0));
    }

    @Test
    void latest_olderLocalWriteThatEndsAfterALaterOneOfAPeer_loses() {
        append(store, "d1", T0, Map.of("b", 1));
        AppendBatch batch = new AppendBatch();
        SeriesFixture.add(batch, "d1", T0, Map.of("a", 1), null);
        table.failNextWrite();
        // The record is written first, so it is the record that fails; the readings follow with the stamp taken before.
        Uni<Void> appending = store.append(batch);
        assertThatThrownBy(() -> appending.await().indefinitely()).isInstanceOf(OutcomeUnknownException.class);
        peerClock.setNow(START.plusSeconds(5));
        append(peer, "d1", T0, Map.of("a", 2));
        takeInFromPeer();
        latest();

        appending.await().indefinitely();

        assertThat(latest()).isEqualTo(Map.of("a", 2.0, "b", 1.0)).isEqualTo(reloaded());
    }

    @Test
    void latest_writeThatFailedAndIsThereLater_isNotMissed() {
        append(store, "d1", T0, Map.of("a", 1));
        latest();
        table.failNextWrite();
        assertThatThrownBy(() -> append(store, "d1", T0 + SECOND, Map.of("a", 2)))
                .isInstanceOf(OutcomeUnknownException.class);
        assertThat(latest()).isEqualTo(Map.of("a", 1.0));

        table.doLate();
        assertThat(latest()).isEqualTo(Map.of("a", 2.0));
        append(store, "d2", T0, Map.of("a", 1));

        assertThat(latest()).isEqualTo(Map.of("a", 2.0));
        LatestReadings kept = store.latest(D1);
        assertThat(store.latest(D1)).isSameAs(kept);
    }

    @Test
    void latest_chunkOfAPeerWhoseWriteFailedAndIsThereLater_isNotMissed() {
        append(store, "d1", T0 - 2 * DAY, Map.of("a", 1));
        append(peer, "d1", T0 - DAY, Map.of("a", 2));
        peer.seal(T0, nanos -> {});
        // The region is known before, so that it is the chunk that fails.
        append(peer, "d1", T0 - 3 * DAY, Map.of("a", 0));
        takeInFromPeer();
        latest();
        Item chunk = items(peerTable).stream()
                .filter(item -> SeriesKeys.isChunk(item.key().sortKey()))
                .findFirst()
                .orElseThrow();
        table.failNextWrite();
        assertThatThrownBy(() -> store.remote().apply(D1, chunk.body(), CLOCK_AHEAD))
                .isInstanceOf(OutcomeUnknownException.class);
        table.doLate();

        assertThat(store.remote().apply(D1, chunk.body(), CLOCK_AHEAD).known()).isEqualTo(1);

        assertThat(latest()).isEqualTo(Map.of("a", 2.0));
    }

    @Test
    void latest_valueOfAPeerAlongWhichTheHorizonOfTheClockFails_isNotMissed() {
        append(store, "d1", T0 - SECOND, Map.of("a", 1));
        append(peer, "d1", T0 - SECOND, Map.of("b", 1));
        takeInFromPeer();
        latest();
        // The device and its metric are known, and the horizon that is stored lies behind.
        clock.setNow(START.plus(Duration.ofHours(1)));
        peerClock.setNow(START.plus(Duration.ofHours(1)));
        append(peer, "d1", T0, Map.of("a", 2));
        table.failNextWrite();
        assertThatThrownBy(this::takeInFromPeer).isInstanceOf(OutcomeUnknownException.class);
        assertThat(latest()).isEqualTo(reloaded());

        takeInFromPeer();

        assertThat(latest()).isEqualTo(Map.of("a", 2.0, "b", 1.0));
    }

    @Test
    void latest_erasedWhileLoading_isNotKept() {
        append(store, "d1", T0, Map.of("a", 1));
        append(store, "d1", T0 - DAY, Map.of("a", 2));
        table.afterRuns = () -> store.erase(D1, new TimeRange(T0, T0 + SECOND));

        latest();

        assertThat(latest()).isEqualTo(Map.of("a", 2.0));
    }

    @Test
    void latest_valueThatExpiresWhileTheNextIsLoading_leavesTheEarlierOne() {
        SeriesStore shortLived = new SeriesStore(peerTable, PEER, peerClock, Duration.ofDays(2));
        append(store, "d1", T0 - 2 * DAY, Map.of("a", 1));
        append(shortLived, "d1", T0 - DAY, Map.of("a", 2));
        table.afterRuns = this::takeInFromPeer;
        assertThat(latest()).isEqualTo(Map.of("a", 2.0));

        clock.setNow(START.plus(Duration.ofDays(1)));

        assertThat(latest()).isEqualTo(Map.of("a", 1.0));
    }

    @Test
    void latest_batchWithSeveralStamps_competesByThatOfItsRun() {
        append(store, "d1", T0, Map.of("a", 1));
        latest();
        AppendBatch batch = new AppendBatch();
        SeriesFixture.add(batch, "d1", T0 + SECOND, Map.of("a", 2), null);
        for (int i = 0; i < 4; i++) {
            // Too large for one run, so each gets a stamp of its own.
            SeriesFixture.add(batch, "d2", T0 + i, texts(100, i), null);
        }
        store.append(batch).await().indefinitely();
        for (int i = 0; i < 3; i++) {
            append(peer, "d3", T0 + i, Map.of("a", 2));
        }
        append(peer, "d1", T0 + SECOND, Map.of("a", 3));

        takeInFromPeer();

        assertThat(latest()).isEqualTo(reloaded()).isEqualTo(Map.of("a", 3.0));
    }

    @Test
    void latest_deviceWithSeveralStamps_competesByThatOfEachRun() {
        append(store, "d1", T0, Map.of("a", 1));
        latest();
        AppendBatch batch = new AppendBatch();
        for (int i = 0; i < 4; i++) {
            SeriesFixture.add(batch, "d1", T0 + i, texts(100, i), null);
        }
        SeriesFixture.add(batch, "d1", T0, Map.of("a", 2), null);
        store.append(batch).await().indefinitely();
        append(peer, "d3", T0, Map.of("a", 2));
        append(peer, "d3", T0, Map.of("a", 2));
        append(peer, "d1", T0, Map.of("a", 3));

        takeInFromPeer();

        assertThat(latest()).isEqualTo(reloaded()).containsEntry("a", 3.0);
    }

    private static Map<String, Object> texts(int count, int number) {
        Map<String, Object> texts = new TreeMap<>();
        for (int i = 0; i < count; i++) {
            texts.put("m" + i, String.valueOf(number).repeat(1000));
        }
        return texts;
    }

    private Map<String, Object> latest() {
        return latest(store);
    }

    private Map<String, Object> reloaded() {
        return latest(clock.open(table, RETENTION));
    }

    private static Map<String, Object> latest(SeriesStore store) {
        Map<String, Object> values = new TreeMap<>();
        store.latest(D1).points().forEach((metric, point) -> values.put(metric, SeriesFixture.plain(point.value())));
        return values;
    }

    private void takeInFromPeer() {
        List<RemoteRun> runs = items(peerTable).stream()
                .filter(item -> SeriesKeys.isRun(item.key().sortKey()))
                .map(item -> new RemoteRun(item.key(), item.body()))
                .toList();
        store.remote().apply(runs, PEER, CLOCK_AHEAD);
    }

    private static List<Item> items(Table table) {
        List<Item> items = new ArrayList<>();
        new ItemWalk(
                        table,
                        new Query(D1.value(), SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG),
                        1000)
                .forEachRemaining(items::add);
        return items;
    }
}
