package io.hearth.sync;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.concurrent.Sleep;
import io.hearth.model.RegionId;
import io.hearth.series.replicate.RemoteWrites;
import io.hearth.sync.wire.PeerTransport;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Pulls from all peers, each on a thread of its own, until it is closed. Safe for several threads. */
public final class SyncService implements AutoCloseable {
    /**
     * How peers are pulled from.
     *
     * @param limit about how many records a page has
     * @param longPoll how long a peer may wait for changes when there are none
     * @param maxClockAhead how far the clock of another region may be ahead of the one here
     */
    public record Settings(int limit, Duration longPoll, Duration maxClockAhead) {}

    private static final Logger LOG = Logger.getLogger(SyncService.class);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(1);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(15);

    /**
     * How often erasures that are open are tried, and, where several processes use the table, peers looked for that another one has
     * added or removed.
     */
    private static final Duration LOOK_INTERVAL = Duration.ofSeconds(15);

    private final Table table;
    private final SyncItems items;
    private final RemoteWrites series;
    private final InstantSource clock;
    private final Verification verification;
    private final Settings settings;
    private final Function<Peer, PeerTransport> transports;
    private final PulledPeers peers;
    private final SyncStart start;
    private volatile boolean wereErasuresTried;
    private volatile boolean closed;
    private volatile @Nullable Thread keeper;

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
        this.table = table;
        this.items = new SyncItems(table);
        this.series = series;
        this.clock = clock;
        this.verification = verification;
        this.settings = settings;
        this.transports = transports;
        this.peers = new PulledPeers(
                region,
                items,
                target,
                clock,
                new PeerPull.Settings(settings.limit, settings.longPoll),
                transports,
                mayPull);
        this.start = new SyncStart(List.of(
                new SyncStart.Step("read which peers were added", peers::readStored),
                new SyncStart.Step("finish erasures that the last process left", this::finishErasures),
                new SyncStart.Step("look at records that were put aside", () -> target.retryKept(region))));
    }

    /**
     * A peer and how it goes.
     *
     * @param isPreset whether it is one of the settings, and cannot be removed at run time
     */
    public record PeerStatus(Peer peer, boolean isPreset, PeerProgress progress) {}

    /**
     * What is done once when the service starts, beside pulling.
     *
     * @param done whether all of it is
     * @param failures how often something of it failed, to be tried again
     * @param lastError why it is not done yet; null if nothing has failed
     */
    public record StartStatus(
            boolean done, int failures, @Nullable String lastError) {}

    /** Calls {@code listener} with every peer that is begun with. To be called before the start. */
    public void onPeer(Consumer<RegionId> listener) {
        peers.onPeer(listener);
    }

    /** How it goes with a peer; empty if it is none. */
    public Optional<PeerProgress> progress(RegionId peer) {
        return peers.find(peer).map(PulledPeer::progress);
    }

    /** How far the start is. */
    public StartStatus startStatus() {
        SyncStart.Status status = start.status();
        return new StartStatus(status.done(), status.failures(), status.lastError());
    }

    /**
     * Begins with the peers of the settings and those that were added at run time, of which the former count more. Returns at
     * once: what a start has to do besides is done in the background, and tried until it succeeds.
     */
    public void start(List<Peer> preset) {
        if (peers.start(preset)) {
            Thread thread = DaemonThreads.thread("hearth-sync-start", this::keepUp);
            keeper = thread;
            thread.start();
        }
    }

    /** As {@link #start}, but without threads: the caller takes the turns. */
    void prepare(List<Peer> preset) {
        peers.prepare(preset);
    }

    /**
     * Tries what a start has to do besides pulling, as far as it is not done.
     *
     * @return whether all of it is
     */
    boolean attemptStart() {
        return start.attempt();
    }

    /**
     * Takes a turn with a peer.
     *
     * @return how long to wait before the next one, ms
     */
    long turn(RegionId peer) {
        return peers.find(peer).map(PulledPeer::turn).orElse(0L);
    }

    private void keepUp() {
        Duration retry = FIRST_RETRY;
        while (!closed && !attemptStart()) {
            Sleep.forMillis(retry.toMillis());
            Duration doubled = retry.multipliedBy(2);
            retry = doubled.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : doubled;
        }
        while (!closed) {
            Sleep.forMillis(LOOK_INTERVAL.toMillis());
            if (!closed) {
                lookAgain();
            }
        }
    }

    /** What has to be done again and again besides pulling. */
    void lookAgain() {
        try {
            if (table.isShared()) {
                peers.readStored();
            }
        } catch (TableException e) {
            LOG.debugf("Which peers there are is looked at later: %s", e.getMessage());
        }
        try {
            series.finishErasures();
        } catch (RuntimeException e) {
            LOG.debugf("Erasures are tried again later: %s", e.getMessage()); // each is logged by itself
        }
    }

    private void finishErasures() {
        try {
            series.finishErasures();
            wereErasuresTried = true;
        } catch (RuntimeException e) {
            // What is damaged must not keep everything else from being sealed; a table that cannot be asked must.
            wereErasuresTried = !(e instanceof TableException);
            throw e;
        }
    }

    /**
     * Adds a peer, durably, or changes how it is reached.
     *
     * @return whether it is new
     * @throws IllegalArgumentException it is this region itself, or one of the settings
     */
    public boolean add(Peer peer) {
        return peers.add(peer);
    }

    /**
     * Removes a peer that was added at run time, and forgets how far it has been taken in; what came from it stays.
     *
     * @return whether there was one
     * @throws IllegalArgumentException it is one of the settings
     */
    public boolean remove(RegionId id) {
        return peers.remove(id);
    }

    /** All peers, by id. */
    public List<PeerStatus> peers() {
        return peers.all().stream()
                .map(pulled -> new PeerStatus(pulled.peer(), pulled.isPreset(), pulled.progress()))
                .toList();
    }

    /**
     * Compares what a peer has with what is here, and fetches what differs. Blocks, for as long as it takes to read everything.
     *
     * @return empty if it is no peer
     * @throws IOException the peer is not reached, or breaks off
     */
    public Optional<Verification.Report> verify(RegionId id) throws IOException {
        PulledPeer pulled = peers.find(id).orElse(null);
        if (pulled == null) {
            return Optional.empty();
        }
        try (PeerTransport transport = transports.apply(pulled.peer())) {
            Verification.Report report = verification.run(id, transport);
            pulled.progress().verified(report);
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
     * Every write of a peer with an earlier stamp is here, as epoch milliseconds; {@link Long#MAX_VALUE} without peers. It is
     * what was stored when a process of this region was caught up with a peer last, so it holds for all processes of the region
     * and after a restart. A peer that is away for longer than two days is not waited for. 0 until it is known which peers there
     * are, and that erasures have been finished which the last process left.
     *
     * @throws TableException the table could not be asked
     */
    public long settledMillis() {
        if (!peers.areKnown() || !wereErasuresTried) {
            return 0;
        }
        Map<RegionId, Contact> contacts = items.contacts();
        Set<RegionId> regions = new HashSet<>(peers.ids());
        if (table.isShared()) {
            regions.addAll(contacts.keySet()); // of a peer that only the settings of another process name
        }
        if (regions.isEmpty()) {
            return Long.MAX_VALUE;
        }
        long now = clock.millis();
        long marginMillis = settings.maxClockAhead.toMillis();
        long settled = now;
        for (RegionId peer : regions) {
            long known = contacts.getOrDefault(peer, Contact.NEVER).settledMillis();
            // Later than now: stored before the clock was set back, so it proves nothing.
            known = known > now + marginMillis ? 0 : known;
            settled = Math.min(settled, Math.max(known, now - Contact.LONGEST_UNSETTLED.toMillis()));
        }
        return Math.max(0, settled - marginMillis);
    }

    /** Stops pulling. What was taken in is durable; a little of it may come again after the next start. */
    @Override
    public void close() {
        closed = true;
        Thread starting = keeper;
        if (starting != null) {
            starting.interrupt();
        }
        peers.close();
    }
}
