package io.hearth.simulator.publish;

import io.hearth.simulator.report.RunStats;
import org.jspecify.annotations.Nullable;

/** What the connections of one run of a scenario share: settings, records, timers, and how far the run is. For one thread. */
final class RunContext {

    final PublishSettings settings;
    final DeliveryRecorder recorder;
    final RunStats stats;
    final ConnectionLoop loop;
    final Timers timers = new Timers(System.nanoTime());

    /** Messages without their first acknowledgement, of all connections. */
    long inFlight;

    /** When something was last acknowledged or answered, by {@link System#nanoTime()}. */
    long lastProgressNanos;

    private @Nullable String startFailure;
    private boolean started;

    RunContext(PublishSettings settings, DeliveryRecorder recorder, RunStats stats, ConnectionLoop loop) {
        this.settings = settings;
        this.recorder = recorder;
        this.stats = stats;
        this.loop = loop;
    }

    /** All connections were up once, and messages become due. */
    void start(long nowNanos) {
        lastProgressNanos = nowNanos;
        started = true;
    }

    boolean isStarted() {
        return started;
    }

    /** Why a connection failed before the start, if one did since this was last asked. */
    @Nullable
    String takeStartFailure() {
        String failure = startFailure;
        startFailure = null;
        return failure;
    }

    /** When to connect again after a loss, or {@link Session#NEVER}. */
    long retry(Backoff backoff, long nowNanos) {
        return settings.reconnect() || !started ? nowNanos + backoff.nextDelayNanos() : Session.NEVER;
    }

    void connectionFailed(RawConnection.State before, String reason) {
        if (before == RawConnection.State.UP) {
            recorder.connectionDown();
            recorder.connectionLost(reason);
        } else if (!started) {
            startFailure = "cannot connect to " + settings.endpoint() + ": " + reason;
        } else {
            recorder.error("cannot connect: " + reason);
        }
    }
}
