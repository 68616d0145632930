package io.hearth.ops;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.series.SeriesStore;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.time.Duration;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Loads the latest values of all devices once the service serves, on half a core, so that the first who asks need not wait. */
@Singleton
class LatestWarmUp {
    private static final Logger LOG = Logger.getLogger(LatestWarmUp.class);
    private static final double SHARE = 0.5;
    private static final Duration STOP_LIMIT = Duration.ofSeconds(1);

    private final SeriesStore series;
    private @Nullable Thread thread;
    private volatile boolean stopped;

    LatestWarmUp(SeriesStore series) {
        this.series = series;
    }

    synchronized void start(@ObservesAsync HttpServerStart started) {
        if (stopped || thread != null) {
            return;
        }
        thread = DaemonThreads.thread("hearth-warm-up", this::run);
        thread.start();
    }

    synchronized void stop(@Observes @Priority(0) ShutdownEvent shutdown) throws InterruptedException {
        stopped = true;
        if (thread != null) {
            thread.interrupt();
            thread.join(STOP_LIMIT.toMillis());
        }
    }

    private void run() {
        try {
            series.warmUp(new CpuShare(SHARE)::rest);
        } catch (RuntimeException e) {
            if (!stopped) {
                LOG.error("The latest values were not loaded ahead; they are loaded when somebody asks", e);
            }
        }
    }
}
