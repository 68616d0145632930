package io.hearth.sync;

import io.hearth.model.DeviceId;
import io.hearth.model.TimeRange;
import io.hearth.shadow.document.ShadowId;
import io.hearth.sync.wire.PeerDigests;
import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PeerStart;
import io.hearth.sync.wire.PeerTransport;
import io.hearth.sync.wire.RecordLines;
import io.hearth.sync.wire.SyncRecord;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A network between two regions that loses, tears, repeats and reorders answers, and is cut at times. */
final class SimulatedLink implements PeerTransport {
    private static final int SEGMENTS = 2;
    private static final int REMEMBERED = 4;

    private final Supplier<SimulatedRegion> peers;
    private final SyncSource.Wanted wanted;
    private final Random random;
    private final List<byte[]> earlier = new ArrayList<>();
    boolean cut;
    boolean faulty = true;

    /** The latest stamp of what arrived since this was last set to 0. */
    long latestDelivered;

    SimulatedLink(SimulatedRegion peer, SyncSource.Wanted wanted, Random random) {
        this(() -> peer, wanted, random);
    }

    /** @param peers which process of the peer answers now */
    SimulatedLink(Supplier<SimulatedRegion> peers, SyncSource.Wanted wanted, Random random) {
        this.peers = peers;
        this.wanted = wanted;
        this.random = random;
    }

    @Override
    public PeerStart start() throws IOException {
        fail();
        SimulatedRegion peer = peers.get();
        PeerStart start = new PeerStart(peer.id.value(), peer.source.now().value(), SEGMENTS);
        fail();
        return start;
    }

    @Override
    public PeerPage changes(String after, int limit, Duration wait) throws IOException {
        fail();
        if (faulty && random.nextInt(40) == 0) {
            throw new PlaceGoneException("as if the changes were no longer kept");
        }
        if (faulty && !earlier.isEmpty() && random.nextInt(8) == 0) {
            PeerPage old = RecordLines.read(earlier.get(random.nextInt(earlier.size())));
            // No proof of having caught up.
            return new PeerPage(old.records(), old.aside(), old.next(), true, -1, old.clockMillis(), old.bytes());
        }
        try {
            SimulatedRegion peer = peers.get();
            byte[] page = RecordLines.write(peer.source.changes(new Cursor(after), limit, wanted), peer.millis());
            earlier.add(page);
            if (earlier.size() > REMEMBERED) {
                earlier.remove(0);
            }
            return arrive(page);
        } catch (CursorExpiredException e) {
            throw new PlaceGoneException("gone");
        }
    }

    @Override
    public PeerPage snapshot(int segment, int segments, @Nullable String after) throws IOException {
        fail();
        SimulatedRegion peer = peers.get();
        return arrive(RecordLines.write(
                peer.source.snapshot(segment, segments, after == null ? null : new Cursor(after)), peer.millis()));
    }

    @Override
    public PeerDigests digests(int segment, int segments, TimeRange range, long tombstonesFromMillis)
            throws IOException {
        fail();
        return peers.get().verification().digests(segment, segments, range, tombstonesFromMillis);
    }

    @Override
    public PeerPage shadow(DeviceId thing, String name) throws IOException {
        SimulatedRegion peer = peers.get();
        return arrive(RecordLines.write(peer.shadowVerification().document(new ShadowId(thing, name)), peer.millis()));
    }

    @Override
    public PeerPage window(DeviceId device, long startMicros) throws IOException {
        SimulatedRegion peer = peers.get();
        return arrive(RecordLines.write(peer.source.window(device, startMicros), peer.millis()));
    }

    private PeerPage arrive(byte[] page) throws IOException {
        fail();
        if (faulty && random.nextInt(15) == 0) {
            return RecordLines.read(Arrays.copyOf(page, random.nextInt(page.length)));
        }
        PeerPage answer = RecordLines.read(page);
        for (SyncRecord record : answer.records()) {
            latestDelivered = Math.max(latestDelivered, Oracle.latestStamp(record));
        }
        return answer;
    }

    private void fail() throws IOException {
        if (cut || (faulty && random.nextInt(20) == 0)) {
            throw new IOException("not reached");
        }
    }

    /** The peer has lost everything, answers of before are none of its any more. */
    void forget() {
        earlier.clear();
    }

    @Override
    public void close() {}
}
