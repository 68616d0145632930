package io.hearth.simulator.publish.raw;

import io.hearth.simulator.publish.Backoff;
import io.hearth.simulator.publish.DeliveryRecorder;
import io.hearth.simulator.publish.PublishSettings;
import io.hearth.simulator.report.RunStats;
import org.jspecify.annotations.Nullable;

/** What the connections of one run of a scenario share: settings, records, timers, and how far the run is. For one thread. */
public final class RunContext {

    public final PublishSettings settings;
    public final DeliveryRecorder recorder;
    public final RunStats stats;
    public final ConnectionLoop loop;
    public final Timers timers = new Timers(System.nanoTime());

    /** Messages without their first acknowledgement, of all connections. */
    public long inFlight;

    /** When something was last acknowledged or answered, by {@link System#nanoTime()}. */
    public long lastProgressNanos;

    private @Nullable String startFailure;
    private boolean started;

    public RunContext(PublishSettings settings, DeliveryRecorder recorder, RunStats stats, ConnectionLoop loop) {
        this.settings = settings;
        this.recorder = recorder;
        this.stats = stats;
        this.loop = loop;
    }

    /** All connections were up once, and messages become due. */
    public void start(long nowNanos) {
        lastProgressNanos = nowNanos;
        started = true;
    }

    public boolean isStarted() {
        return started;
    }

    /** Why a connection failed before the start, if one did since this was last asked. */
    @Nullable
    public String takeStartFailure() {
        String failure = startFailure;
        startFailure = null;
        return failure;
    }

    /** When to connect again after a loss, or {@link Session#NEVER}. */
    public long retry(Backoff backoff, long nowNanos) {
        return settings.reconnect() || !started ? nowNanos + backoff.nextDelayNanos() : Session.NEVER;
    }

    public void connectionFailed(RawConnection.State before, String reason) {
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
