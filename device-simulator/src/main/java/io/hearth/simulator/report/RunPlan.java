package io.hearth.simulator.report;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a run is going to be, for showing how far it is.
 *
 * @param name the scenario's name, or what else to call it
 * @param duration length of the schedule; null for no limit
 * @param messages most messages; {@link Long#MAX_VALUE} for no limit
 * @param connections how many there will be
 */
public record RunPlan(String name, @Nullable Duration duration, long messages, int connections) {

    /** 0 to 1; below 0 if the run has no end of its own. */
    double progress(double elapsedSeconds, long sent) {
        double byTime = duration == null ? -1 : elapsedSeconds / Math.max(1e-3, duration.toNanos() / 1e9);
        double byMessages = messages == Long.MAX_VALUE ? -1 : (double) sent / messages;
        return Math.min(1, Math.max(byTime, byMessages));
    }
}
