package io.hearth.simulator.report;

import java.io.PrintStream;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** Formats one line a second about a running simulation; the latencies are those of that second. */
public final class ProgressDisplay {

    private final RunStats stats;
    private final PrintStream out;
    private final boolean rewriteLine;
    private final long startNanos;
    private long lastNanos;
    private long lastFinished;

    /** @param rewriteLine true on a terminal: each line takes the place of the one before it */
    public ProgressDisplay(RunStats stats, PrintStream out, boolean rewriteLine, long startNanos) {
        this.stats = stats;
        this.out = out;
        this.rewriteLine = rewriteLine;
        this.startNanos = startNanos;
        this.lastNanos = startNanos;
    }

    /** Prints the line for the time since the last one. */
    public void update(long nowNanos) {
        Histogram latencies = stats.takeIntervalLatencies();
        long sent = stats.sent();
        long acknowledged = stats.acknowledged();
        // QoS 0 has no acknowledgements; then the rate is that of sending.
        long finished = acknowledged > 0 ? acknowledged : sent;
        double seconds = Math.max(1e-9, (nowNanos - lastNanos) / 1e9);
        String line = String.format(
                Locale.ROOT,
                "%4ds  sent %d  acked %d  %.0f/s  ack ms p50 %.2f p99 %.2f p99.9 %.2f  connections %d  reconnects %d",
                Math.round((nowNanos - startNanos) / 1e9),
                sent,
                acknowledged,
                (finished - lastFinished) / seconds,
                latencies.getValueAtPercentile(50) / 1e3,
                latencies.getValueAtPercentile(99) / 1e3,
                latencies.getValueAtPercentile(99.9) / 1e3,
                stats.connected(),
                stats.reconnects());
        lastNanos = nowNanos;
        lastFinished = finished;
        if (rewriteLine) {
            out.print("\r\u001b[K" + line);
        } else {
            out.println(line);
        }
        out.flush();
    }

    /** Ends the line that was being rewritten. */
    public void finish() {
        if (rewriteLine) {
            out.println();
            out.flush();
        }
    }
}
