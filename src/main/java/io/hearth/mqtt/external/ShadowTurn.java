package io.hearth.mqtt.external;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.lease.Lease;
import io.hearth.table.TableException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Whose turn it is to serve requests for shadows that every service of a share group gets: that of one at a time, by a lease.
 * For topics that begin with a dollar, as brokers do not agree whether a shared subscription matches those; Mosquitto's do not.
 */
final class ShadowTurn {
    /** After how long another service takes over from one that has died; requests get no answer until then. */
    static final Duration TERM = Duration.ofSeconds(6);

    private static final Logger LOG = Logger.getLogger(ShadowTurn.class);
    private static final Duration RENEWAL = TERM.dividedBy(4);

    private final Lease lease;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = DaemonThreads.thread("hearth-shadow-turn", this::run);

    ShadowTurn(Lease lease) {
        this.lease = lease;
    }

    void start() {
        thread.start();
    }

    /** Whether this service is to serve a request that comes in now. Asks the table where the clocks leave it open. */
    boolean isMine() {
        try {
            return lease.confirm();
        } catch (TableException e) {
            LOG.warnf("Cannot tell who serves a request for a shadow, so it gets no answer: %s", e.getMessage());
            return false;
        }
    }

    /** Lets another service take over at once. */
    void close() {
        closing.countDown();
        try {
            thread.join(TERM.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        boolean had = false;
        try {
            do {
                try {
                    boolean has = lease.hold();
                    if (has && !had) {
                        LOG.info("This service serves the requests for shadows of its share group");
                    }
                    had = has;
                } catch (TableException e) {
                    LOG.warnf("Cannot tell who serves requests for shadows: %s", e.getMessage());
                }
            } while (!closing.await(RENEWAL.toMillis(), TimeUnit.MILLISECONDS));
            lease.release();
        } catch (TableException e) {
            LOG.debugf("The turn ends by itself: %s", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
