package io.hearth.simulator.report;

import java.time.Duration;
import java.time.Instant;
import org.HdrHistogram.Histogram;

/** What one phase of a run came to; messages count where they were sent, acknowledgements where they came. */
public record PhaseResult(
        String name,
        Instant start,
        Duration duration,
        long sent,
        long acknowledged,
        long errors,
        Histogram latencyMicros) {

    /** Acknowledgements per second; messages sent, where none are expected. */
    double ratePerSecond(boolean acknowledgementsExpected) {
        return (acknowledgementsExpected ? acknowledged : sent) / Math.max(1e-9, duration.toNanos() / 1e9);
    }

    PhaseResult mergedWith(PhaseResult other) {
        Histogram latency = latencyMicros.copy();
        latency.add(other.latencyMicros);
        return new PhaseResult(
                name,
                start.isBefore(other.start) ? start : other.start,
                duration.compareTo(other.duration) > 0 ? duration : other.duration,
                sent + other.sent,
                acknowledged + other.acknowledged,
                errors + other.errors,
                latency);
    }
}
