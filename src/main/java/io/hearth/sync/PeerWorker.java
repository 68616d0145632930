package io.hearth.sync;

import io.hearth.series.value.ClockAheadException;
import io.hearth.table.TableException;
import java.io.IOException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Pulls from one peer, turn by turn, while this process is the one of its region that does. Whatever fails is tried again. To
 * be used by one thread; only {@link #end} may be called by others.
 */
final class PeerWorker {
    private static final Logger LOG = Logger.getLogger(PeerWorker.class);
    private static final long FIRST_PAUSE_MILLIS = 200;
    private static final long LONGEST_PAUSE_MILLIS = 15_000;
    private static final long STANDBY_PAUSE_MILLIS = 5_000;

    private final Peer peer;
    private final SyncItems items;
    private final PeerProgress progress;
    private final BooleanSupplier mayPull;
    private final Supplier<PeerPull> pulls;
    private @Nullable PeerPull pull;
    private long pauseMillis = FIRST_PAUSE_MILLIS;
    private volatile boolean ended;

    /**
     * @param mayPull whether this process is the one that pulls now; asked at each turn
     * @param pulls makes what pulls, from the checkpoint on that is stored
     */
    PeerWorker(Peer peer, SyncItems items, PeerProgress progress, BooleanSupplier mayPull, Supplier<PeerPull> pulls) {
        this.peer = peer;
        this.items = items;
        this.progress = progress;
        this.mayPull = mayPull;
        this.pulls = pulls;
    }

    /**
     * Does a step.
     *
     * @return how long to wait before the next one, ms
     */
    long turn() {
        PeerProgress.State before = progress.state();
        try {
            if (!mayPull.getAsBoolean()) {
                pull = null; // the process that takes over moves the checkpoint
                progress.standsBy(items.contact(peer.id()));
                return STANDBY_PAUSE_MILLIS;
            }
            PeerPull current = pull;
            if (current == null) {
                current = pulls.get();
                pull = current;
            }
            current.step();
            if (before == PeerProgress.State.FAILING || before == PeerProgress.State.HELD_CLOCK_AHEAD) {
                LOG.infof("Region %s is reached again", peer.id());
            }
            pauseMillis = FIRST_PAUSE_MILLIS;
            return 0;
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
        long pause = ThreadLocalRandom.current().nextLong(pauseMillis / 2, pauseMillis + 1);
        pauseMillis = Math.min(pauseMillis * 2, LONGEST_PAUSE_MILLIS);
        return pause;
    }

    private void failed(PeerProgress.State before, String reason, @Nullable RuntimeException fault) {
        if (ended) {
            return;
        }
        progress.failed(reason);
        if (fault != null) {
            LOG.errorf(fault, "Taking in what region %s has failed; it is tried again", peer.id());
        } else if (before != PeerProgress.State.FAILING) {
            LOG.warnf("Region %s at %s cannot be pulled from, it is tried again: %s", peer.id(), peer.url(), reason);
        }
    }

    /** What fails from now on fails because it was ended. */
    void end() {
        ended = true;
    }

    boolean hasEnded() {
        return ended;
    }

    /** Makes what was taken in last known to the next start. If the table does not take it, a little of it comes again. */
    void save() {
        PeerPull current = pull;
        if (current != null) {
            try {
                current.save();
            } catch (TableException e) {
                LOG.debugf("How far region %s was taken in is not stored: %s", peer.id(), e.getMessage());
            }
        }
    }
}
