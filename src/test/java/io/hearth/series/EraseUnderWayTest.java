package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.append;
import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.item.StoredRun;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Direction;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Erasing while a write with an earlier stamp is still on its way to the table. */
class EraseUnderWayTest {
    private static final long T0 = EpochMicros.of(START);
    private static final DeviceId D1 = new DeviceId("d1");

    private final SeriesFixture clock = new SeriesFixture();
    private final HoldingTable table = new HoldingTable(new MemoryTable(clock), EraseUnderWayTest::hasReadings);
    private final SeriesStore store = clock.open(table, Duration.ofDays(30));

    private static boolean hasReadings(List<Write> writes) {
        return writes.stream()
                .map(Write::key)
                .anyMatch(key -> key.partitionKey().equals("d1") && StoredRun.isRun(key));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void erase_whileAnAppendIsUnderWay_erasesWhatThatIsGoingToStore(boolean wholeDevice) throws Exception {
        append(store, "d1", T0, Map.of("a", 1));
        CompletableFuture<@Nullable Void> gate = table.holdNextWrite();
        AppendBatch batch = new AppendBatch();
        SeriesFixture.add(batch, "d1", T0 + 1, Map.of("a", 2), null);
        CompletableFuture<Void> appending =
                store.append(batch).subscribeAsCompletionStage().toCompletableFuture();
        Thread erasing = new Thread(() -> {
            if (wholeDevice) {
                store.erase(D1);
            } else {
                store.erase(D1, TimeRange.ALL);
            }
        });
        erasing.start();
        // It waits for the append; or it does not, and has ended.
        await().until(() ->
                Set.of(Thread.State.WAITING, Thread.State.TERMINATED).contains(erasing.getState()));

        gate.complete(null);
        appending.join();
        erasing.join();

        assertThat(scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING))
                .isEmpty();
        assertThat(store.device(D1).isEmpty()).isEqualTo(wholeDevice);
        append(store, "d1", T0 + 2, Map.of("a", 3));
        assertThat(scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING))
                .hasSize(1);
    }

    /** It is acknowledged after the erasure, so it is none of what that has erased. */
    @Test
    void append_refusedBeforeAnErasure_andTriedAgainBehindIt_staysAlsoAfterARestart() {
        append(store, "d1", T0, Map.of("a", 1));
        CompletableFuture<@Nullable Void> gate = table.holdNextWrite();
        AppendBatch batch = new AppendBatch();
        SeriesFixture.add(batch, "d1", T0 + 1, Map.of("a", 2), null);
        Uni<Void> appending = store.append(batch);
        gate.completeExceptionally(new ThrottledException("refused on demand", null));
        assertThatThrownBy(() -> appending.await().indefinitely()).isInstanceOf(ThrottledException.class);
        store.erase(D1, TimeRange.ALL);

        appending.await().indefinitely();

        SeriesStore restarted = clock.open(table, Duration.ofDays(30));
        restarted.remote().finishErasures();
        assertThat(scan(restarted, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING))
                .containsExactly(Map.entry(T0 + 1, Map.of("a", 2.0)));
    }

    /** Whoever learns of it in between must not find that the device was seen later than it was. */
    @Test
    void append_whileAnErasureIsNotCarriedOut_keepsWhenTheDeviceWasSeenSince() {
        append(store, "d1", T0, Map.of("a", 1));
        clock.setNow(START.plusSeconds(60));
        append(store, "d1", T0 + 1, Map.of("a", 2));
        HybridTime between = HybridTime.of(START.plusSeconds(30).toEpochMilli(), 0);
        Erasure erasure = new Erasure(D1, TimeRange.ALL, true, new WriteStamp(between, new RegionId("a")));
        table.refuseReplacing(true);
        assertThatThrownBy(() -> store.remote().apply(erasure, Duration.ofMinutes(1)))
                .isInstanceOf(ThrottledException.class);
        clock.setNow(START.plusSeconds(120));
        append(store, "d1", T0 + 2, Map.of("a", 3));
        table.refuseReplacing(false);

        store.remote().finishErasures();

        assertThat(store.device(D1).orElseThrow().firstSeenMicros()).isEqualTo(erasure.behindMicros());
        assertThat(scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING))
                .hasSize(2);
    }

    /** Else what another region wrote before the erasure would be stored behind it, and stay. */
    @Test
    void erase_whileReadingsOfAnotherRegionAreStored_erasesThem() throws Exception {
        RemoteRun written = RemoteWritesContract.run(1, Map.of(T0 + 1, Map.of("a", 2.0)));
        CompletableFuture<@Nullable Void> gate = table.holdNextWrite();
        Thread storing =
                new Thread(() -> store.remote().apply(List.of(written), new RegionId("a"), Duration.ofMinutes(1)));
        storing.start();
        await().until(() -> storing.getState() == Thread.State.WAITING);
        Thread erasing = new Thread(() -> store.erase(D1, TimeRange.ALL));
        erasing.start();
        await().until(() ->
                Set.of(Thread.State.WAITING, Thread.State.TERMINATED).contains(erasing.getState()));

        gate.complete(null);
        storing.join();
        erasing.join();

        assertThat(scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING))
                .isEmpty();
    }
}
