package io.hearth.sync;

import io.hearth.model.RegionId;
import io.hearth.series.ClockAheadException;
import io.hearth.series.RemoteWrites;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Pulls from all peers, each on a thread of its own, until it is closed. Safe for several threads. */
public final class SyncService implements AutoCloseable {
    /**
     * @param limit about how many records a page has
     * @param longPoll how long a peer may wait for changes when there are none
     * @param maxClockAhead how far the clock of another region may be ahead of the one here
     */
    public record Settings(int limit, Duration longPoll, Duration maxClockAhead) {}

    /** Windows are not kept unsealed for longer than this because a peer is away. */
    private static final Duration LONGEST_UNSETTLED = Duration.ofHours(48);

    private static final Logger LOG = Logger.getLogger(SyncService.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    private static final Duration STANDBY_PAUSE = Duration.ofSeconds(5);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(3);

    private final RegionId region;
    private final SyncItems items;
    private final SyncTarget target;
    private final RemoteWrites series;
    private final InstantSource clock;
    private final Verification verification;
    private final Settings settings;
    private final Function<Peer, PeerTransport> transports;
    private final Predicate<RegionId> mayPull;
    private final ExecutorService fetcher = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "hearth-sync-fetch");
        thread.setDaemon(true);
        return thread;
    });
    private final Map<RegionId, Worker> workers = new LinkedHashMap<>();
    private Consumer<RegionId> onPeer = peer -> {};
    private boolean closed;

    /**
     * @param mayPull whether this process is the one of its region that pulls from a peer now; asked again and again
     */
    public SyncService(
            Table table,
            RegionId region,
            SyncTarget target,
            RemoteWrites series,
            InstantSource clock,
            Verification verification,
            Settings settings,
            Function<Peer, PeerTransport> transports,
            Predicate<RegionId> mayPull) {
        this.region = region;
        this.items = new SyncItems(table);
        this.target = target;
        this.series = series;
        this.clock = clock;
        this.verification = verification;
        this.settings = settings;
        this.transports = transports;
        this.mayPull = mayPull;
    }

    /**
     * A peer and how it goes.
     *
     * @param isPreset whether it is one of the settings, and cannot be removed at run time
     */
    public record PeerStatus(Peer peer, boolean isPreset, PeerProgress progress) {}

    /** Tells of every peer that is begun with. To be called before the start. */
    public synchronized void onPeer(Consumer<RegionId> listener) {
        onPeer = listener;
    }

    /** How it goes with a peer; empty if it is none. */
    public synchronized Optional<PeerProgress> progress(RegionId peer) {
        return Optional.ofNullable(workers.get(peer)).map(worker -> worker.progress);
    }

    /** Begins with the peers of the settings and those that were added at run time, of which the former count more. */
    public synchronized void start(List<Peer> preset) {
        series.finishErasures();
        target.retryKept(region);
        for (Peer peer : preset) {
            begin(peer, true);
        }
        for (Peer peer : items.peers()) {
            if (!workers.containsKey(peer.id())) {
                begin(peer, false);
            }
        }
    }

    /**
     * Adds a peer, durably, or changes how it is reached.
     *
     * @return whether it is new
     * @throws IllegalArgumentException it is this region itself, or one of the settings
     */
    public synchronized boolean add(Peer peer) {
        if (peer.id().equals(region)) {
            throw new IllegalArgumentException("this is region " + region + " itself");
        }
        Worker known = workers.get(peer.id());
        if (known != null && known.isPreset) {
            throw new IllegalArgumentException("peer " + peer.id() + " is one of the settings");
        }
        items.save(peer);
        if (known != null) {
            known.end();
        }
        begin(peer, false);
        return known == null;
    }

    /**
     * Removes a peer that was added at run time, and forgets how far it has been taken in; what came from it stays.
     *
     * @return whether there was one
     * @throws IllegalArgumentException it is one of the settings
     */
    public synchronized boolean remove(RegionId id) {
        Worker worker = workers.get(id);
        if (worker == null) {
            return false;
        }
        if (worker.isPreset) {
            throw new IllegalArgumentException("peer " + id + " is one of the settings");
        }
        worker.end();
        items.forget(id);
        workers.remove(id);
        return true;
    }

    /** All peers, by id. */
    public synchronized List<PeerStatus> peers() {
        List<PeerStatus> all = new ArrayList<>();
        workers.values().forEach(worker -> all.add(new PeerStatus(worker.peer, worker.isPreset, worker.progress)));
        all.sort(Comparator.comparing(status -> status.peer().id()));
        return all;
    }

    /**
     * Compares what a peer has with what is here, and fetches what differs. Blocks, for as long as it takes to read everything.
     *
     * @return empty if it is no peer
     * @throws IOException the peer is not reached, or breaks off
     */
    public Optional<Verification.Report> verify(RegionId id) throws IOException {
        Peer peer;
        PeerProgress progress;
        synchronized (this) {
            Worker worker = workers.get(id);
            if (worker == null) {
                return Optional.empty();
            }
            peer = worker.peer;
            progress = worker.progress;
        }
        try (PeerTransport transport = transports.apply(peer)) {
            Verification.Report report = verification.run(id, transport);
            progress.verified(report);
            if (report.differing() > 0) {
                LOG.warnf(
                        "Of %d days of devices, %d were not the same in region %s; %d are now",
                        report.windows(), report.differing(), id, report.repaired());
            }
            if (report.shadows().settled() > 0) {
                LOG.warnf(
                        "Of %d shadows, %d were not the same in region %s; %d are now",
                        report.shadows().compared(),
                        report.shadows().differing(),
                        id,
                        report.shadows().repaired());
            }
            return Optional.of(report);
        }
    }

    /**
     * Up to when everything is here that any peer has written, as epoch milliseconds; without peers always. What is away for
     * longer than two days is not waited for.
     */
    public long settledMillis() {
        long settled = Long.MAX_VALUE;
        long atLeast = clock.millis() - LONGEST_UNSETTLED.toMillis();
        for (PeerStatus status : peers()) {
            settled = Math.min(settled, Math.max(atLeast, status.progress.settledMillis()));
        }
        return settled == Long.MAX_VALUE ? settled : settled - settings.maxClockAhead.toMillis();
    }

    /** Stops pulling. What was taken in is durable; a little of it may come again after the next start. */
    @Override
    public void close() {
        List<Worker> ending;
        synchronized (this) {
            closed = true;
            ending = List.copyOf(workers.values());
        }
        ending.forEach(Worker::interrupt);
        ending.forEach(Worker::end);
        fetcher.shutdownNow();
    }

    private void begin(Peer peer, boolean isPreset) {
        if (closed) {
            return;
        }
        Worker worker = new Worker(peer, isPreset);
        workers.put(peer.id(), worker);
        onPeer.accept(peer.id());
        worker.start();
    }

    /** Who pulls from one peer. */
    private final class Worker {
        private final Peer peer;
        private final boolean isPreset;
        private final PeerProgress progress = new PeerProgress(clock);
        private final Thread thread;
        private volatile boolean ended;

        Worker(Peer peer, boolean isPreset) {
            this.peer = peer;
            this.isPreset = isPreset;
            thread = new Thread(this::run, "hearth-sync-" + peer.id());
            thread.setDaemon(true);
        }

        void start() {
            thread.start();
        }

        void interrupt() {
            ended = true;
            thread.interrupt();
        }

        void end() {
            interrupt();
            try {
                thread.join(STOP_LIMIT.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        private void run() {
            try (PeerTransport opened = transports.apply(peer)) {
                PeerPull pull = newPull(opened);
                long pauseMillis = FIRST_PAUSE.toMillis();
                while (!ended) {
                    if (!mayPull.test(peer.id())) {
                        progress.standsBy();
                        pull = newPull(opened); // whoever takes over moves the checkpoint
                        rest(STANDBY_PAUSE.toMillis());
                        continue;
                    }
                    if (step(pull)) {
                        pauseMillis = FIRST_PAUSE.toMillis();
                    } else {
                        rest(ThreadLocalRandom.current().nextLong(pauseMillis / 2, pauseMillis + 1));
                        pauseMillis = Math.min(pauseMillis * 2, LONGEST_PAUSE.toMillis());
                    }
                }
                pull.save();
            } catch (RuntimeException e) {
                if (!ended) {
                    progress.failed(String.valueOf(e.getMessage()));
                    LOG.errorf(e, "Pulling from region %s ended", peer.id());
                }
            }
        }

        private PeerPull newPull(PeerTransport opened) {
            return new PeerPull(
                    peer.id(),
                    opened,
                    target,
                    items,
                    progress,
                    new PeerPull.Settings(settings.limit, settings.longPoll),
                    fetcher);
        }

        /** Whether it went well. */
        private boolean step(PeerPull pull) {
            PeerProgress.State before = progress.state();
            try {
                pull.step();
                if (before == PeerProgress.State.FAILING || before == PeerProgress.State.HELD_CLOCK_AHEAD) {
                    LOG.infof("Region %s is reached again", peer.id());
                }
                return true;
            } catch (ClockAheadException e) {
                progress.held(e.ahead().toMillis(), String.valueOf(e.getMessage()));
                if (before != PeerProgress.State.HELD_CLOCK_AHEAD) {
                    LOG.errorf("Nothing is taken in from region %s until clocks agree: %s", peer.id(), e.getMessage());
                }
            } catch (IOException | TableException e) {
                failed(before, String.valueOf(e.getMessage()), null);
            } catch (RuntimeException e) {
                failed(before, e.toString(), e);
            }
            return false;
        }

        private void failed(PeerProgress.State before, String reason, @Nullable RuntimeException fault) {
            if (ended) {
                return;
            }
            progress.failed(reason);
            if (fault != null) {
                LOG.errorf(fault, "Taking in what region %s has failed; it is tried again", peer.id());
            } else if (before != PeerProgress.State.FAILING) {
                LOG.warnf(
                        "Region %s at %s cannot be pulled from, it is tried again: %s", peer.id(), peer.url(), reason);
            }
        }

        private void rest(long millis) {
            try {
                Thread.sleep(millis);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
