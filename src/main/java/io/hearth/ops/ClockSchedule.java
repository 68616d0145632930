package io.hearth.ops;

import io.hearth.concurrent.DaemonThreads;
import io.hearth.series.SeriesStore;
import io.hearth.series.clock.ClockWatch;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.vertx.http.HttpServerStart;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** Has the wall clock watched while the service runs. */
@Singleton
class ClockSchedule {
    private static final Logger LOG = Logger.getLogger(ClockSchedule.class);
    private static final long INTERVAL_SECONDS = 10;

    private final ClockWatch watch;
    private final ScheduledExecutorService thread =
            Executors.newSingleThreadScheduledExecutor(DaemonThreads.named("hearth-clock"));

    ClockSchedule(Table table, SeriesStore series, InstantSource wallClock, MeterRegistry registry) {
        watch = new ClockWatch(table, series.stampedUntilMicros(), wallClock, System::nanoTime);
        Gauge.builder("hearth.clock.gap", watch, ClockWatch::gapSeconds)
                .baseUnit("seconds")
                .description(
                        "How far the wall clock was from when the service ran last, if that is implausible, for an hour"
                                + " after the start; negative if it was behind")
                .register(registry);
        Gauge.builder("hearth.clock.stamps.ahead", series, store -> store.stampsAheadMillis() / 1e3)
                .baseUnit("seconds")
                .description("How far write stamps are ahead of the wall clock, as that was ahead once")
                .register(registry);
        FunctionCounter.builder("hearth.clock.steps", watch, ClockWatch::steps)
                .description(
                        "Times that the wall clock was set by more than a minute while the service ran, or that the"
                                + " machine was suspended for longer")
                .register(registry);
    }

    void start(@ObservesAsync HttpServerStart started) {
        ScheduledFuture<?> unused = thread.schedule(() -> safely(watch::start), 0, TimeUnit.SECONDS);
        ScheduledFuture<?> unusedToo = thread.scheduleWithFixedDelay(
                () -> safely(watch::look), INTERVAL_SECONDS, INTERVAL_SECONDS, TimeUnit.SECONDS);
    }

    private static void safely(Runnable action) {
        try {
            action.run();
        } catch (TableException e) {
            LOG.debugf("That the service runs is stored later: %s", e.getMessage());
        }
    }

    void stop(@Observes @Priority(0) ShutdownEvent shutdown) {
        thread.shutdownNow();
    }
}
