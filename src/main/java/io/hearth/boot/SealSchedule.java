package io.hearth.boot;

import io.hearth.config.SeriesConfig;
import io.hearth.model.EpochMicros;
import io.hearth.series.Sealing;
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

/** Seals windows that have ended, again and again, on a thread that rests as long as its share of a core demands. */
@Singleton
class SealSchedule {
    private static final Logger LOG = Logger.getLogger(SealSchedule.class);

    /** A device is sealed in milliseconds; what takes longer is left to itself, and fails when the table is closed. */
    private static final Duration STOP_LIMIT = Duration.ofSeconds(2);

    private final Sealing sealing;
    private final SeriesConfig config;
    private final InstantSource wallClock;
    private final CpuShare share;
    private @Nullable Thread thread;
    private volatile boolean stopped;

    SealSchedule(Sealing sealing, SeriesConfig config, InstantSource wallClock) {
        this.sealing = sealing;
        this.config = config;
        this.wallClock = wallClock;
        share = new CpuShare(config.sealShare());
    }

    synchronized void start(@ObservesAsync HttpServerStart started) {
        if (!config.seal() || stopped || thread != null) {
            return;
        }
        thread = new Thread(this::run, "hearth-sealer");
        thread.setDaemon(true);
        thread.start();
    }

    /** Before the transports stop, so that they have the machine for what they still have to settle. */
    synchronized void stop(@Observes @Priority(0) ShutdownEvent shutdown) throws InterruptedException {
        stopped = true;
        if (thread != null) {
            thread.interrupt();
            thread.join(STOP_LIMIT.toMillis());
        }
    }

    private void run() {
        while (!stopped) {
            try {
                sealing.run(EpochMicros.of(wallClock.instant().minus(config.sealAfter())), share::rest);
            } catch (RuntimeException e) {
                if (!stopped) {
                    LOG.errorf(e, "Sealing failed; it is tried again in %s", config.sealInterval());
                }
            }
            LockSupport.parkNanos(config.sealInterval().toNanos());
        }
    }
}
