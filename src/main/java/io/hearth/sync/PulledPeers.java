package io.hearth.sync;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.model.RegionId;
import io.hearth.sync.wire.PeerTransport;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** The peers that are pulled from: those of the settings, and those that were added at run time. Safe for several threads. */
final class PulledPeers implements AutoCloseable {
    private final RegionId region;
    private final SyncItems items;
    private final SyncTarget target;
    private final InstantSource clock;
    private final PeerPull.Settings settings;
    private final Function<Peer, PeerTransport> transports;
    private final Predicate<RegionId> mayPull;
    private final ExecutorService fetcher = Executors.newCachedThreadPool(DaemonThreads.named("hearth-sync-fetch"));
    private final Map<RegionId, PulledPeer> entries = new ConcurrentSkipListMap<>();

    /** Held while peers are added or removed; those who only look at them do not wait for it. */
    private final ReentrantLock changing = new ReentrantLock();

    private Consumer<RegionId> onPeer = peer -> {};
    private boolean threaded;
    private volatile boolean areKnown;
    private volatile boolean closed;

    /** @param mayPull whether this process is the one of its region that pulls from a peer now; asked again and again */
    PulledPeers(
            RegionId region,
            SyncItems items,
            SyncTarget target,
            InstantSource clock,
            PeerPull.Settings settings,
            Function<Peer, PeerTransport> transports,
            Predicate<RegionId> mayPull) {
        this.region = region;
        this.items = items;
        this.target = target;
        this.clock = clock;
        this.settings = settings;
        this.transports = transports;
        this.mayPull = mayPull;
    }

    /** Calls {@code listener} with every peer that is begun with. To be called before the start. */
    void onPeer(Consumer<RegionId> listener) {
        onPeer = listener;
    }

    /**
     * Begins with the peers of the settings, and with those that are added from now on, each on a thread of its own.
     *
     * @return false if it was closed before
     */
    boolean start(List<Peer> preset) {
        changing.lock();
        try {
            if (closed) {
                return false;
            }
            threaded = true;
            prepare(preset);
            return true;
        } finally {
            changing.unlock();
        }
    }

    /** As {@link #start}, but without threads: the caller takes the turns. */
    void prepare(List<Peer> preset) {
        for (Peer peer : preset) {
            begin(peer, true);
        }
    }

    /** Begins with peers that were added, by any process, and ends those that were removed. */
    void readStored() {
        changing.lock();
        try {
            Map<RegionId, Peer> stored = new HashMap<>();
            items.peers().forEach(peer -> stored.put(peer.id(), peer));
            for (PulledPeer entry : List.copyOf(entries.values())) {
                if (!entry.isPreset()
                        && !entry.peer().equals(stored.get(entry.peer().id()))) {
                    entry.end();
                    entries.remove(entry.peer().id());
                }
            }
            for (Peer peer : stored.values()) {
                if (!entries.containsKey(peer.id())) {
                    begin(peer, false);
                }
            }
            areKnown = true;
        } finally {
            changing.unlock();
        }
    }

    /** Whether those that were added at run time have been read. */
    boolean areKnown() {
        return areKnown;
    }

    /**
     * Adds a peer, durably, or changes how it is reached.
     *
     * @return whether it is new
     * @throws IllegalArgumentException it is this region itself, or one of the settings
     */
    boolean add(Peer peer) {
        if (peer.id().equals(region)) {
            throw new IllegalArgumentException("this is region " + region + " itself");
        }
        changing.lock();
        try {
            PulledPeer known = entries.get(peer.id());
            if (known != null && known.isPreset()) {
                throw new IllegalArgumentException("peer " + peer.id() + " is one of the settings");
            }
            items.save(peer);
            if (known != null) {
                known.end();
            }
            begin(peer, false);
            return known == null;
        } finally {
            changing.unlock();
        }
    }

    /**
     * Removes a peer that was added at run time, and forgets how far it has been taken in.
     *
     * @return whether there was one
     * @throws IllegalArgumentException it is one of the settings
     */
    boolean remove(RegionId id) {
        changing.lock();
        try {
            PulledPeer entry = entries.get(id);
            if (entry == null) {
                return false;
            }
            if (entry.isPreset()) {
                throw new IllegalArgumentException("peer " + id + " is one of the settings");
            }
            entry.end();
            items.forget(id);
            entries.remove(id);
            return true;
        } finally {
            changing.unlock();
        }
    }

    /** All of them, by id. */
    Collection<PulledPeer> all() {
        return entries.values();
    }

    Set<RegionId> ids() {
        return entries.keySet();
    }

    Optional<PulledPeer> find(RegionId id) {
        return Optional.ofNullable(entries.get(id));
    }

    /** Ends all of them, and begins with no more. */
    @Override
    public void close() {
        closed = true;
        entries.values().forEach(PulledPeer::interrupt);
        entries.values().forEach(PulledPeer::end);
        fetcher.shutdownNow();
    }

    private void begin(Peer peer, boolean isPreset) {
        if (closed) {
            return;
        }
        PeerProgress progress = new PeerProgress(clock);
        PeerTransport transport = transports.apply(peer);
        PeerWorker worker = new PeerWorker(
                peer,
                items,
                progress,
                () -> mayPull.test(peer.id()),
                () -> new PeerPull(peer.id(), transport, target, items, progress, settings, threaded ? fetcher : null));
        PulledPeer entry = new PulledPeer(peer, isPreset, progress, transport, worker);
        entries.put(peer.id(), entry);
        onPeer.accept(peer.id());
        if (threaded) {
            entry.start();
        }
    }
}
