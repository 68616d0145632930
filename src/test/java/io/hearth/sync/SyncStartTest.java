package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.item.StoredRun;
import io.hearth.table.Bytes;
import io.hearth.table.Change;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.SharedTable;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a start has to do besides pulling must neither keep a region from its peers nor be forgotten. */
@SuppressWarnings("NullAway")
class SyncStartTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Instant START = Instant.parse("2026-11-22T12:00:00Z");
    private static final RegionId HERE = new RegionId("here");
    private static final DeviceId DEVICE = new DeviceId("d1");

    private final Instant[] now = {START};
    private final SimulatedRegion peer = new SimulatedRegion(new RegionId("peer"), now, Duration.ZERO);
    private final List<Peer> peers = List.of(new Peer(peer.id, URI.create("http://127.0.0.1:1"), ""));
    private final SimulatedLink link = new SimulatedLink(
            peer, new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.OWN, HERE), new Random(0));
    private final MemoryTable memory = new MemoryTable(() -> now[0]);

    SyncStartTest() {
        link.faulty = false;
        SeriesFixture.append(peer.series, "of-peer", EpochMicros.of(START), Map.of("n", 1));
    }

    private SimulatedRegion region(Table table) {
        return new SimulatedRegion(HERE, now, Duration.ZERO, table);
    }

    private void assertFollows(SyncService service, SimulatedRegion region) {
        PeerProgress progress = service.progress(peer.id).orElseThrow();
        await().atMost(PATIENCE).until(() -> progress.state() == PeerProgress.State.FOLLOWING);
        assertThat(region.readings(new DeviceId("of-peer"))).hasSize(1);
    }

    /** A process that died between storing an erasure and removing what it covers. */
    private void dieInAnErasure() {
        boolean[] dies = {false};
        Table dying = new ForwardingTable(memory) {
            @Override
            public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
                return dies[0]
                        ? Uni.createFrom().failure(new OutcomeUnknownException("the process died", null))
                        : table.replace(partitionKey, items, superseded);
            }
        };
        SimulatedRegion region = region(dying);
        long midnight = EpochMicros.of(Instant.parse("2026-11-20T00:00:00Z"));
        for (int i = 0; i < 100; i++) {
            SeriesFixture.append(region.series, DEVICE.value(), midnight + i * 60_000_000L, Map.of("n", i));
        }
        region.series.seal(EpochMicros.of(START), nanos -> {});
        SeriesFixture.append(region.series, DEVICE.value(), midnight, Map.of("n", -1));
        dies[0] = true;
        try {
            region.series.erase(DEVICE, new TimeRange(midnight, midnight + 60_000_000L));
        } catch (OutcomeUnknownException died) {
            return;
        }
        throw new AssertionError("the erasure went through");
    }

    @Test
    void start_withAnErasureThatADamagedChunkKeepsFromBeingFinished_beginsWithThePeersAllTheSame() throws Exception {
        dieInAnErasure();
        Item chunk = memory.scan(new Scan(0, 1, 1000, null)).await().indefinitely().items().stream()
                .filter(item -> StoredRun.isChunk(item.key()))
                .findFirst()
                .orElseThrow();
        byte[] damaged = chunk.body().array().clone();
        damaged[20] ^= 1;
        memory.write(List.of(new Write.Put(Item.of(chunk.key(), Bytes.wrap(damaged)))))
                .await()
                .indefinitely();
        SimulatedRegion here = region(memory);

        try (SyncService service = here.service(link)) {
            service.start(peers);

            assertFollows(service, here);
            await().atMost(PATIENCE).until(() -> service.startStatus().failures() > 0);
            assertThat(service.startStatus().done()).isFalse();
            assertThat(service.startStatus().lastError()).contains("finish erasures", "checksum");
            // One damaged chunk must not keep everything else from being sealed.
            assertThat(service.settledMillis()).isPositive();

            memory.write(List.of(new Write.Put(chunk))).await().indefinitely();
            await().atMost(PATIENCE).until(() -> service.startStatus().done());
            assertThat(service.startStatus().lastError()).isNull();
            assertThat(here.readings(DEVICE)).hasSize(99);
        }
    }

    @Test
    void start_whileTheTableThrottles_isTriedAgain() {
        dieInAnErasure();
        AtomicInteger refused = new AtomicInteger();
        Table throttling = new ForwardingTable(memory) {
            @Override
            public Uni<Page> query(Query query) {
                boolean isOfErasure = query.partitionKey().equals(DEVICE.value());
                return isOfErasure && refused.incrementAndGet() <= 3 // the first while the store is opened
                        ? Uni.createFrom().failure(new ThrottledException("too many requests", null))
                        : table.query(query);
            }
        };
        SimulatedRegion here = region(throttling);

        try (SyncService service = here.service(link)) {
            service.start(peers);

            assertFollows(service, here);
            await().atMost(PATIENCE).until(() -> service.startStatus().done());
            assertThat(service.startStatus().failures()).isEqualTo(2);
            assertThat(here.readings(DEVICE)).hasSize(99);
        }
    }

    @Test
    void status_whileErasuresAreFinished_isAnsweredAtOnce() throws Exception {
        dieInAnErasure();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answered = new CountDownLatch(1);
        AtomicBoolean isOpen = new AtomicBoolean();
        Table slow = new ForwardingTable(memory) {
            @Override
            public Uni<Page> query(Query query) {
                if (query.partitionKey().equals(DEVICE.value())) {
                    if (!isOpen.get()) {
                        // Opening the store tries, too, and must leave it to the start.
                        return Uni.createFrom().failure(new ThrottledException("too many requests", null));
                    }
                    asked.countDown();
                    boolean unused = passes(answered);
                }
                return table.query(query);
            }
        };
        SimulatedRegion here = region(slow);
        isOpen.set(true);

        try (SyncService service = here.service(link)) {
            service.start(peers);
            assertThat(passes(asked)).isTrue();

            assertThat(service.peers()).hasSize(1);
            assertThat(service.startStatus().done()).isFalse();
            assertThat(service.settledMillis()).isZero();
            assertThat(service.add(new Peer(new RegionId("third"), URI.create("http://127.0.0.1:2"), "")))
                    .isTrue();
            assertFollows(service, here);

            answered.countDown();
            await().atMost(PATIENCE).until(() -> service.startStatus().done());
        }
    }

    private static boolean passes(CountDownLatch latch) {
        try {
            return latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Test
    void peersOfTheRegion_addedAndRemovedByAnotherProcess_areThoseOfThisOneToo() {
        Table shared = new SharedTable(memory);
        SyncService one = region(shared).service(link);
        SyncService other = region(shared).service(link, id -> false);
        one.prepare(List.of());
        other.prepare(List.of());
        one.attemptStart();
        other.attemptStart();

        one.add(peers.get(0));
        other.lookAgain();

        assertThat(other.peers()).extracting(SyncService.PeerStatus::peer).isEqualTo(peers);

        Peer moved = new Peer(peer.id, URI.create("http://127.0.0.1:9"), "");
        one.add(moved);
        other.lookAgain();

        assertThat(other.peers()).extracting(SyncService.PeerStatus::peer).containsExactly(moved);

        one.remove(peer.id);
        other.lookAgain();

        assertThat(other.peers()).isEmpty();
    }

    @Test
    void turn_thatFailsInAnUnforeseenWay_isFollowedByTheNextOne() {
        SimulatedRegion here = region(memory);
        boolean[] fails = {true};
        SyncService service = here.service(link, id -> {
            if (fails[0]) {
                throw new IllegalStateException("a fault");
            }
            return true;
        });
        service.prepare(peers);

        assertThat(service.turn(peer.id)).isPositive();
        assertThat(service.progress(peer.id).orElseThrow().lastError()).contains("a fault");

        fails[0] = false;
        service.turn(peer.id);
        assertThat(service.progress(peer.id).orElseThrow().state()).isEqualTo(PeerProgress.State.SNAPSHOT);
    }

    @Test
    void close_whileChangesAreTakenIn_storesHowFarThePeerWasTakenIn() {
        SimulatedRegion here = region(memory);
        SyncItems items = new SyncItems(memory);
        try (SyncService service = here.service(link)) {
            service.start(peers);
            assertFollows(service, here);
            // Within a second of the last time, so it is not stored at once.
            SeriesFixture.append(peer.series, "of-peer", EpochMicros.of(START) + 1, Map.of("n", 2));
            await().atMost(PATIENCE)
                    .until(() -> here.readings(new DeviceId("of-peer")).size() == 2);
            PeerProgress progress = service.progress(peer.id).orElseThrow();
            long records = progress.records();
            assertThat(records).isPositive();
        }

        String place = items.checkpoint(peer.id).orElseThrow().changes();
        assertThat(peer.table.changes(new Cursor(place), 100).await().indefinitely().changes().stream()
                        .filter(Change.Stored.class::isInstance))
                .isEmpty();
        assertThat(peer.table
                        .changesFrom(ChangeStart.NOW)
                        .await()
                        .indefinitely()
                        .value())
                .isNotEmpty();
    }
}
