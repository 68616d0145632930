package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.sync.wire.PeerDigests;
import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PeerStart;
import io.hearth.sync.wire.PeerTransport;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Tests PulledPeer, too, which is a peer of these and its thread. */
class PulledPeersTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final RegionId HERE = new RegionId("here");
    private static final Peer ONE = peer("one", 1);
    private static final Peer TWO = peer("two", 2);

    private final Instant[] now = {Instant.parse("2026-11-22T12:00:00Z")};
    private final Table table = new MemoryTable(() -> now[0]);
    private final SimulatedRegion here = new SimulatedRegion(HERE, now, Duration.ZERO, table);
    private final List<Unreachable> transports = new ArrayList<>();

    @Test
    void add_isKnownToOtherProcesses_untilItIsRemoved() {
        PulledPeers one = peers();
        PulledPeers other = peers();

        assertThat(one.add(ONE)).isTrue();
        assertThat(other.areKnown()).isFalse();
        other.readStored();
        assertThat(other.areKnown()).isTrue();
        assertThat(other.all()).extracting(PulledPeer::peer).containsExactly(ONE);

        Peer moved = peer("one", 9);
        assertThat(one.add(moved)).isFalse();
        other.readStored();
        assertThat(other.all()).extracting(PulledPeer::peer).containsExactly(moved);

        assertThat(one.remove(ONE.id())).isTrue();
        assertThat(one.remove(ONE.id())).isFalse();
        other.readStored();
        assertThat(other.all()).isEmpty();
    }

    @Test
    void peersOfTheSettings_areNeitherChangedNorRemoved() {
        PulledPeers peers = peers();
        peers.prepare(List.of(ONE));

        assertThatThrownBy(() -> peers.add(peer("one", 9))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> peers.remove(ONE.id())).isInstanceOf(IllegalArgumentException.class);
        peers.readStored();

        assertThat(peers.find(ONE.id()).map(PulledPeer::isPreset)).contains(true);
        assertThat(peers.find(ONE.id()).map(PulledPeer::peer)).contains(ONE);
        assertThat(new SyncItems(table).peers()).isEmpty();
    }

    @Test
    void add_ofTheRegionItself_isRefused_andNotStored() {
        PulledPeers peers = peers();

        assertThatThrownBy(() -> peers.add(peer("here", 1))).isInstanceOf(IllegalArgumentException.class);

        assertThat(peers.ids()).isEmpty();
        assertThat(new SyncItems(table).peers()).isEmpty();
    }

    @Test
    void start_pullsFromEachPeerOnAThread_untilItIsClosed() {
        List<RegionId> begun = new ArrayList<>();
        PulledPeers peers = peers();
        peers.onPeer(begun::add);

        assertThat(peers.start(List.of(ONE))).isTrue();
        peers.add(TWO);

        assertThat(begun).containsExactly(ONE.id(), TWO.id());
        await().atMost(PATIENCE).until(() -> transports.stream().allMatch(transport -> transport.calls.get() > 1));

        peers.close();

        assertThat(transports).hasSize(2).allMatch(transport -> transport.closed);
        assertThat(peers.start(List.of(ONE))).isFalse();
    }

    @Test
    void remove_endsTheThreadOfThePeer() {
        try (PulledPeers peers = peers()) {
            peers.start(List.of());
            peers.add(ONE);
            Unreachable transport = transports.get(0);
            await().atMost(PATIENCE).until(() -> transport.calls.get() > 0);

            peers.remove(ONE.id());

            assertThat(transport.closed).isTrue();
        }
    }

    private PulledPeers peers() {
        return new PulledPeers(
                HERE,
                new SyncItems(table),
                here.target,
                here,
                new PeerPull.Settings(100, Duration.ZERO),
                peer -> {
                    Unreachable transport = new Unreachable();
                    transports.add(transport);
                    return transport;
                },
                id -> true);
    }

    private static Peer peer(String id, int port) {
        return new Peer(new RegionId(id), URI.create("http://127.0.0.1:" + port), "");
    }

    /** A peer that does not answer. */
    private static final class Unreachable implements PeerTransport {
        private final AtomicInteger calls = new AtomicInteger();
        private volatile boolean closed;

        @Override
        public PeerStart start() throws IOException {
            calls.incrementAndGet();
            throw new IOException("not reached");
        }

        @Override
        public PeerPage changes(String after, int limit, Duration wait) {
            throw new IllegalStateException("not begun");
        }

        @Override
        public PeerPage snapshot(int segment, int segments, @Nullable String after) {
            throw new IllegalStateException("not begun");
        }

        @Override
        public PeerDigests digests(int segment, int segments, TimeRange range, long tombstonesFromMillis) {
            throw new IllegalStateException("not asked for");
        }

        @Override
        public PeerPage shadow(DeviceId thing, String name) {
            throw new IllegalStateException("not asked for");
        }

        @Override
        public PeerPage window(DeviceId device, long startMicros) {
            throw new IllegalStateException("not asked for");
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
