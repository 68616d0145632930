package io.hearth.ops;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.config.SeriesConfig;
import io.hearth.lease.Lease;
import io.hearth.model.EpochMicros;
import io.hearth.series.Sealing;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.locks.LockSupport;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Seals windows that have ended, again and again, on a thread that rests as long as its share of a core demands. Of several
 * processes on one table the one that has the lease does it.
 */
@Singleton
public class SealSchedule {
    private static final Logger LOG = Logger.getLogger(SealSchedule.class);

    /** A device is sealed in milliseconds; what takes longer is left to itself, and fails when the table is closed. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(2);

    private static final String LEASE = "sealing";
    private static final Duration SHORTEST_TERM = Duration.ofSeconds(30);

    private final Sealing sealing;
    private final SeriesConfig config;
    private final InstantSource wallClock;
    private final CpuShare share;

    /** Null where this process is the only one. */
    private final @Nullable Lease lease;

    private final Duration leaseTerm;
    private long leaseRenewedNanos;
    private @Nullable Thread thread;
    private volatile boolean stopped;

    public SealSchedule(
            Sealing sealing, SeriesConfig config, InstantSource wallClock, Table table, MeterRegistry registry) {
        this.sealing = sealing;
        this.config = config;
        this.wallClock = wallClock;
        share = new CpuShare(config.sealShare());
        Duration threeLooks = config.sealInterval().multipliedBy(3);
        leaseTerm = threeLooks.compareTo(SHORTEST_TERM) > 0 ? threeLooks : SHORTEST_TERM;
        lease = table.isShared() ? new Lease(table, LEASE, leaseTerm, System::nanoTime, wallClock) : null;
        if (lease != null) {
            Gauge.builder("hearth.series.seal.leader", lease, held -> held.isHeld() ? 1 : 0)
                    .description("Whether this is the process that seals, of those on the table")
                    .register(registry);
        }
    }

    synchronized void start(@ObservesAsync HttpServerStart started) {
        if (!config.seal() || stopped || thread != null) {
            return;
        }
        thread = DaemonThreads.thread("hearth-sealer", this::run);
        thread.start();
    }

    /** Before the transports stop, so that they have the machine for what they still have to settle. */
    synchronized void stop(@Observes @Priority(0) ShutdownEvent shutdown) throws InterruptedException {
        stopped = true;
        if (thread != null) {
            thread.interrupt();
            thread.join(STOP_LIMIT.toMillis());
        }
        if (lease != null) {
            try {
                lease.release();
            } catch (TableException e) {
                LOG.debugf("The lease of sealing was not given back, it ends by itself: %s", e.getMessage());
            }
        }
    }

    private void run() {
        while (!stopped) {
            try {
                if (canContinue()) {
                    sealing.run(EpochMicros.of(wallClock.instant().minus(config.sealAfter())), this::pause);
                }
            } catch (RuntimeException e) {
                if (!stopped) {
                    LOG.errorf(e, "Sealing failed; it is tried again in %s", config.sealInterval());
                }
            }
            // The interrupt that ended a look early is no reason to end the wait for the next one.
            boolean unused = Thread.interrupted();
            if (!stopped) {
                LockSupport.parkNanos(config.sealInterval().toNanos());
            }
        }
    }

    private void pause(long nanos) {
        share.rest(nanos);
        if (!stopped && System.nanoTime() - leaseRenewedNanos > leaseTerm.toNanos() / 3 && !canContinue()) {
            // Sealing ends behind the device at hand; whoever has the lease now goes on.
            Thread.currentThread().interrupt();
        }
    }

    private boolean canContinue() {
        leaseRenewedNanos = System.nanoTime();
        return lease == null || lease.hold();
    }
}
