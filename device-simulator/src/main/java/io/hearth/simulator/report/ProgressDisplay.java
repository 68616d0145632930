package io.hearth.simulator.report;

import java.io.PrintStream;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** Prints a line about a running simulation at each update; the latencies are those since the last one. */
public final class ProgressDisplay implements ProgressView {

    private final RunStats stats;
    private final PrintStream out;

    public ProgressDisplay(RunStats stats, PrintStream out) {
        this.stats = stats;
        this.out = out;
    }

    @Override
    public void update(Timeline.Point point, long nowNanos) {
        Histogram latencies = point.latencyMicros();
        // QoS 0 has no acknowledgements; then the rate is that of sending.
        long finished = stats.acknowledged() > 0 ? point.acknowledged() : point.sent();
        String phase = stats.currentPhase();
        StringBuilder line = new StringBuilder(200);
        line.append(String.format(
                Locale.ROOT,
                "%4ds  sent %d  acked %d  %.0f/s  ack ms p50 %.2f p99 %.2f p99.9 %.2f  connections %d  reconnects %d",
                Math.round((nowNanos - stats.startNanos()) / 1e9),
                stats.sent(),
                stats.acknowledged(),
                point.perSecond(finished),
                Latencies.millis(latencies, 50),
                Latencies.millis(latencies, 99),
                Latencies.millis(latencies, 99.9),
                stats.connected(),
                stats.reconnects()));
        if (stats.errorCount() > 0) {
            line.append("  errors ").append(stats.errorCount());
        }
        if (stats.shadow().used()) {
            line.append(String.format(
                    Locale.ROOT,
                    "  shadows %.0f/s delta ms p99 %.2f",
                    point.perSecond(point.shadowUpdates()),
                    Latencies.millis(point.shadowDeltaMicros(), 99)));
        }
        if (phase != null) {
            line.append("  [").append(phase).append(']');
        }
        out.println(line);
        out.flush();
    }

    @Override
    public void finish() {
        // Every line is whole already.
    }
}
