package io.hearth.simulator.report;

import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/** A few lines on a terminal that are written over once a second: progress, rates, latencies, errors, events. */
public final class LiveView implements ProgressView {

    private static final String BARS = "▁▂▃▄▅▆▇█";
    private static final int HISTORY = 30;
    private static final int WIDTH = 40;

    private final RunStats stats;
    private final RunPlan plan;
    private final PrintStream out;
    private final Deque<Timeline.Point> history = new ArrayDeque<>();
    private int linesShown;

    public LiveView(RunStats stats, RunPlan plan, PrintStream out) {
        this.stats = stats;
        this.plan = plan;
        this.out = out;
    }

    @Override
    public void update(Timeline.Point point, long nowNanos) {
        history.addLast(point);
        if (history.size() > HISTORY) {
            history.removeFirst();
        }
        List<String> lines = lines(point, Math.max(0, (nowNanos - stats.startNanos()) / 1e9));
        StringBuilder frame = new StringBuilder(2_048);
        if (linesShown > 0) {
            frame.append("\u001b[").append(linesShown).append('A');
        }
        // Lines that are too long for the terminal are cut by it: wrapped ones would not be counted when going up
        // again.
        frame.append("\u001b[?7l");
        for (String line : lines) {
            frame.append('\r').append(line).append("\u001b[K\n");
        }
        // What a longer frame before this one left below.
        frame.append("\u001b[J\u001b[?7h");
        linesShown = lines.size();
        out.print(frame);
        out.flush();
    }

    private List<String> lines(Timeline.Point point, double elapsed) {
        List<String> lines = new ArrayList<>();
        String phase = stats.currentPhase();
        lines.add("\u001b[1m" + plan.name() + "\u001b[0m" + (phase == null ? "" : "  " + phase));
        lines.add(bar(elapsed));
        boolean acknowledged = stats.acknowledged() > 0;
        lines.add(String.format(
                Locale.ROOT,
                "rate      %,10.0f /s   %s",
                point.perSecond(acknowledged ? point.acknowledged() : point.sent()),
                spark(p -> p.perSecond(acknowledged ? p.acknowledged() : p.sent()))));
        Histogram latency = point.latencyMicros();
        lines.add(String.format(
                Locale.ROOT,
                "p99       %,10.2f ms   %s   p50 %.2f  p99.9 %.2f  max %.2f",
                Latencies.millis(latency, 99),
                spark(p -> Latencies.millis(p.latencyMicros(), 99)),
                Latencies.millis(latency, 50),
                Latencies.millis(latency, 99.9),
                Latencies.millis(latency, 100)));
        lines.add(String.format(
                Locale.ROOT,
                "messages  sent %,d  acknowledged %,d  open %,d",
                stats.sent(),
                stats.acknowledged(),
                acknowledged ? stats.sent() - stats.acknowledged() : 0));
        lines.add(String.format(
                Locale.ROOT,
                "links     %,d of %,d up  reconnects %,d",
                stats.connected(),
                plan.connections(),
                stats.reconnects()));
        if (stats.shadow().used()) {
            lines.add(String.format(
                    Locale.ROOT,
                    "shadows   %,10.0f /s   %s   delta p50 %.2f  p99 %.2f ms",
                    point.perSecond(point.shadowUpdates()),
                    spark(p -> p.perSecond(p.shadowUpdates())),
                    Latencies.millis(point.shadowDeltaMicros(), 50),
                    Latencies.millis(point.shadowDeltaMicros(), 99)));
        }
        stats.errors().entrySet().stream()
                .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .limit(3)
                .forEach(error -> lines.add(String.format(
                        Locale.ROOT, "\u001b[31merror\u001b[0m     %,d × %s", error.getValue(), cut(error.getKey()))));
        List<RunEvent> events = stats.events();
        if (!events.isEmpty()) {
            lines.add("\u001b[33mevent\u001b[0m     "
                    + cut(events.get(events.size() - 1).text()));
        }
        return lines;
    }

    private String bar(double elapsed) {
        double progress = plan.progress(elapsed, stats.sent());
        String time = String.format(Locale.ROOT, "%d:%02d", (long) elapsed / 60, (long) elapsed % 60);
        if (progress < 0) {
            return time;
        }
        int full = (int) Math.round(progress * WIDTH);
        return "█".repeat(full)
                + "░".repeat(WIDTH - full)
                + String.format(Locale.ROOT, "  %3.0f %%  %s", progress * 100, time);
    }

    private String spark(ToDoubleFunction<Timeline.Point> value) {
        double most = history.stream().mapToDouble(value).max().orElse(0);
        StringBuilder line = new StringBuilder(HISTORY);
        for (Timeline.Point point : history) {
            double share = most > 0 ? value.applyAsDouble(point) / most : 0;
            line.append(BARS.charAt((int) Math.min(BARS.length() - 1, share * BARS.length())));
        }
        return line.toString();
    }

    private static String cut(String text) {
        return text.length() <= 90 ? text : text.substring(0, 89) + "…";
    }

    @Override
    public void finish() {
        // The last frame stays, and the cursor is below it.
    }
}
