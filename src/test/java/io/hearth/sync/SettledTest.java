package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.Sealing;
import io.hearth.series.SeriesFixture;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SharedTable;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Nothing is sealed that a peer may still contest: what is known of the last contact with it, by whom, and for how long. */
@SuppressWarnings("NullAway")
class SettledTest {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private static final Duration MARGIN = SimulatedRegion.MAX_CLOCK_AHEAD;
    private static final RegionId HERE = new RegionId("here");
    private static final DeviceId DEVICE = new DeviceId("d1");

    private final Instant[] now = {NOON};
    private final SimulatedRegion peer = new SimulatedRegion(new RegionId("peer"), now, Duration.ZERO);
    private final List<Peer> peers = List.of(new Peer(peer.id, URI.create("http://127.0.0.1:1"), ""));
    private final SimulatedLink link = new SimulatedLink(
            peer, new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.OWN, HERE), new Random(0));

    SettledTest() {
        link.faulty = false;
    }

    private Table table() {
        return new MemoryTable(() -> now[0]);
    }

    private SimulatedRegion process(Table table) {
        return new SimulatedRegion(HERE, now, Duration.ZERO, table);
    }

    private void advance(Duration time) {
        now[0] = now[0].plus(time);
    }

    /** Pulls until the peer has nothing new, and stores that. */
    private void follow(SyncService service) {
        do {
            service.turn(peer.id);
        } while (service.progress(peer.id).orElseThrow().state() != PeerProgress.State.FOLLOWING);
        advance(Duration.ofMinutes(1));
        service.turn(peer.id);
    }

    private static long millis(Instant instant) {
        return instant.toEpochMilli();
    }

    @Test
    void settled_withoutPeers_isEverything() {
        SyncService service = process(table()).service(link, id -> true);
        service.prepare(List.of());
        service.attemptStart();

        assertThat(service.settledMillis()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void settled_ofAProcessThatDoesNotPull_isTheLastContactOfTheOneThatDoes() {
        Table shared = new SharedTable(table());
        SyncService pulling = process(shared).service(link, id -> true);
        SyncService standby = process(shared).service(link, id -> false);
        for (SyncService service : List.of(pulling, standby)) {
            service.prepare(peers);
            assertThat(service.attemptStart()).isTrue();
        }
        follow(pulling);
        Instant contact = now[0];
        link.cut = true;

        for (int hour = 0; hour < 10; hour++) {
            advance(Duration.ofHours(1));
            standby.turn(peer.id);
            pulling.turn(peer.id);
        }

        assertThat(standby.settledMillis()).isEqualTo(millis(contact.minus(MARGIN)));
        assertThat(pulling.settledMillis()).isEqualTo(standby.settledMillis());
        PeerProgress seen = standby.progress(peer.id).orElseThrow();
        assertThat(seen.state()).isEqualTo(PeerProgress.State.STANDBY);
        assertThat(seen.behindSeconds()).isEqualTo(36_000.0);
        assertThat(seen.lastContactMillis()).isEqualTo(millis(contact));
    }

    @Test
    void settled_ofAProcessThatDoesNotKnowThePeer_waitsForItAllTheSame() {
        Table shared = new SharedTable(table());
        SyncService pulling = process(shared).service(link, id -> true);
        SyncService other = process(shared).service(link, id -> false);
        pulling.prepare(peers);
        pulling.attemptStart();
        other.prepare(List.of());
        other.attemptStart();
        follow(pulling);
        Instant contact = now[0];

        advance(Duration.ofHours(10));

        assertThat(other.settledMillis()).isEqualTo(millis(contact.minus(MARGIN)));
    }

    @Test
    void settled_afterARestart_isTheLastContactOfTheProcessBefore() {
        Table table = table();
        SyncService before = process(table).service(link, id -> true);
        before.prepare(peers);
        before.attemptStart();
        follow(before);
        Instant contact = now[0];
        link.cut = true;
        advance(Duration.ofHours(10));

        SyncService after = process(table).service(link, id -> true);
        after.prepare(peers);
        after.attemptStart();
        after.turn(peer.id);

        assertThat(after.settledMillis()).isEqualTo(millis(contact.minus(MARGIN)));
        assertThat(after.progress(peer.id).orElseThrow().behindSeconds()).isEqualTo(36_000.0);
    }

    @Test
    void settled_whileThePeerIsAway_isNeverMoreThanTwoDaysAgo() {
        SyncService service = process(table()).service(link, id -> true);
        service.prepare(peers);
        service.attemptStart();
        follow(service);
        link.cut = true;

        advance(Duration.ofDays(10));
        service.turn(peer.id);

        assertThat(service.settledMillis())
                .isEqualTo(millis(now[0].minus(Duration.ofDays(2)).minus(MARGIN)));
    }

    @Test
    void settled_whereThePeersClockIsBehind_isBoundedByThatClock() {
        peer.clockOffsetMillis = -Duration.ofHours(3).toMillis();
        SyncService service = process(table()).service(link, id -> true);
        service.prepare(peers);
        service.attemptStart();
        follow(service);

        // What the peer writes next has a stamp of three hours ago.
        assertThat(service.settledMillis())
                .isEqualTo(millis(now[0].minus(Duration.ofHours(3)).minus(MARGIN)));
        assertThat(service.progress(peer.id).orElseThrow().behindSeconds()).isZero();
    }

    @Test
    void settled_afterTheClockWasSetBack_believesNoContactOfTheFuture() {
        Table table = table();
        advance(Duration.ofDays(3650));
        SyncService before = process(table).service(link, id -> true);
        before.prepare(peers);
        before.attemptStart();
        follow(before);
        link.cut = true;
        now[0] = NOON;

        SyncService after = process(table).service(link, id -> true);
        after.prepare(peers);
        after.attemptStart();
        after.turn(peer.id);

        assertThat(after.settledMillis())
                .isEqualTo(millis(NOON.minus(Duration.ofDays(2)).minus(MARGIN)));
        assertThat(after.progress(peer.id).orElseThrow().behindSeconds()).isZero();
        link.cut = false;
        follow(after);
        assertThat(after.settledMillis()).isEqualTo(millis(now[0].minus(MARGIN)));
    }

    @Test
    void seal_beforeItIsKnownWhichPeersThereAre_doesNothing() {
        SimulatedRegion here = process(table());
        SeriesFixture.append(
                here.series, DEVICE.value(), EpochMicros.of(NOON.minus(Duration.ofDays(9))), Map.of("n", 1));
        SyncService service = here.service(link, id -> true);
        Sealing sealing = new Sealing(here.series, service::settledMillis, new SimpleMeterRegistry());

        assertThat(sealing.run(EpochMicros.of(NOON), nanos -> {}).readings()).isZero();

        service.prepare(List.of());
        assertThat(sealing.run(EpochMicros.of(NOON), nanos -> {}).readings()).isZero();

        service.attemptStart();
        assertThat(sealing.run(EpochMicros.of(NOON), nanos -> {}).readings()).isOne();
    }

    @Test
    void seal_whileTheTableDoesNotAnswerWhichPeersThereAre_doesNothing() {
        boolean[] fails = {true};
        Table failing = new ForwardingTable(table()) {
            @Override
            public Uni<Page> query(Query query) {
                return fails[0] && query.partitionKey().equals("!sync")
                        ? Uni.createFrom().failure(new ThrottledException("too many requests", null))
                        : table.query(query);
            }
        };
        SimulatedRegion here = process(failing);
        SeriesFixture.append(
                here.series, DEVICE.value(), EpochMicros.of(NOON.minus(Duration.ofDays(9))), Map.of("n", 1));
        SyncService service = here.service(link, id -> true);
        Sealing sealing = new Sealing(here.series, service::settledMillis, new SimpleMeterRegistry());
        service.prepare(peers);

        assertThat(service.attemptStart()).isFalse();
        assertThat(service.startStatus().lastError()).contains("too many requests");
        assertThat(sealing.run(EpochMicros.of(NOON), nanos -> {}).readings()).isZero();

        fails[0] = false;
        assertThat(service.attemptStart()).isTrue();
        fails[0] = true;
        assertThatThrownBy(() -> sealing.run(EpochMicros.of(NOON), nanos -> {})).isInstanceOf(ThrottledException.class);
    }

    /** Sealing merges neighbours under the later stamp, so a reading could escape an erasure that it does not know of yet. */
    @Test
    void erasureOfAPeerThatWasAway_holdsAlsoAgainstWhatAStandbyProcessWouldHaveSealed() throws Exception {
        Instant midnight = Instant.parse("2026-11-23T00:00:00Z");
        Table shared = new SharedTable(table());
        SimulatedRegion puller = process(shared);
        SimulatedRegion sealer = process(shared);
        SyncService pulling = puller.service(link, id -> true);
        SyncService standby = sealer.service(link, id -> false);
        for (SyncService service : List.of(pulling, standby)) {
            service.prepare(peers);
            service.attemptStart();
        }
        SimulatedLink back = new SimulatedLink(
                puller, new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.OWN, peer.id), new Random(0));
        back.faulty = false;
        TimeRange morning = new TimeRange(EpochMicros.of(NOON), EpochMicros.of(NOON.plus(Duration.ofHours(6))));
        follow(pulling);
        link.cut = true;
        while (now[0].isBefore(midnight)) {
            SeriesFixture.append(puller.series, DEVICE.value(), EpochMicros.of(now[0]), Map.of("n", 1));
            if (now[0].equals(NOON.plus(Duration.ofHours(3).plusMinutes(1)))) {
                peer.series.erase(DEVICE, morning);
            }
            advance(Duration.ofSeconds(30));
        }
        advance(Duration.ofHours(3));
        standby.turn(peer.id);

        Sealing sealing = new Sealing(sealer.series, standby::settledMillis, new SimpleMeterRegistry());
        sealing.run(EpochMicros.of(now[0].minus(Duration.ofHours(2))), nanos -> {});
        link.cut = false;
        follow(pulling);
        advance(Duration.ofDays(1));
        do {
            peer.pull(HERE, back).step();
        } while (peer.progress.get(HERE).state() != PeerProgress.State.FOLLOWING);
        peer.verification().run(HERE, back);
        puller.verification().run(peer.id, link);

        long erasedUntil = EpochMicros.of(NOON.plus(Duration.ofHours(3)));
        assertThat(peer.readings(DEVICE).keySet()).isNotEmpty().allMatch(time -> time >= erasedUntil);
        assertThat(puller.readings(DEVICE)).isEqualTo(peer.readings(DEVICE));
    }
}
