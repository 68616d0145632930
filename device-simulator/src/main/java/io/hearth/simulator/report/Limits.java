package io.hearth.simulator.report;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** What a run must keep to pass. Each limit is set or not; one that is not set is not looked at. */
public final class Limits {

    /** What can be limited. */
    public enum Kind {
        MAX_P50("ms"),
        MAX_P99("ms"),
        MAX_P999("ms"),
        MAX_LATENCY("ms"),
        MAX_CONNECT_P99("ms"),
        MAX_SHADOW_P50("ms"),
        MAX_SHADOW_P99("ms"),
        MIN_RATE("messages/s"),
        MIN_SHADOW_RATE("updates/s"),
        MIN_LOST_CONNECTIONS(""),
        MAX_ERRORS(""),
        MAX_RECONNECTS(""),
        MAX_UNACKNOWLEDGED(""),
        MAX_UNSENT("");

        private final String unit;

        Kind(String unit) {
            this.unit = unit;
        }

        /** As it stands in options, scenarios and reports: {@code max-p99}. */
        public String key() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Whether the limit is a duration, counted in milliseconds. */
        public boolean isDuration() {
            return unit.equals("ms");
        }

        boolean isMinimum() {
            return name().startsWith("MIN");
        }
    }

    /** How a run did against one limit. */
    public record Outcome(Kind kind, double limit, double actual) {
        public boolean passed() {
            return kind.isMinimum() ? actual >= limit : actual <= limit;
        }

        String limitText() {
            return number(limit) + (kind.unit.isEmpty() ? "" : " " + kind.unit);
        }

        String actualText() {
            return number(actual);
        }

        /** For people. */
        public String text() {
            return kind.key() + " " + limitText() + ": " + actualText() + (passed() ? "" : "  EXCEEDED");
        }

        private static String number(double value) {
            if (Double.isInfinite(value)) {
                return "nothing measured";
            }
            return value == Math.rint(value) && Math.abs(value) < 1e15
                    ? Long.toString((long) value)
                    : String.format(Locale.ROOT, "%.2f", value);
        }
    }

    private final Map<Kind, Double> limits = new LinkedHashMap<>();

    /** Sets a limit; a duration in milliseconds. */
    public void set(Kind kind, double limit) {
        limits.put(kind, limit);
    }

    public void set(Kind kind, @Nullable Duration limit) {
        if (limit != null) {
            set(kind, limit.toNanos() / 1e6);
        }
    }

    /** Takes over what the other sets. */
    public void overrideWith(Limits other) {
        limits.putAll(other.limits);
    }

    @Nullable
    Double get(Kind kind) {
        return limits.get(kind);
    }

    /** Also against what every run must keep unless it is set otherwise. */
    List<Outcome> judge(RunReport report) {
        Map<Kind, Double> all = new LinkedHashMap<>(limits);
        all.putIfAbsent(Kind.MAX_UNACKNOWLEDGED, 0.0);
        all.putIfAbsent(Kind.MAX_UNSENT, 0.0);
        if (report.chaos() != null) {
            all.putIfAbsent(Kind.MIN_LOST_CONNECTIONS, 1.0);
        }
        List<Outcome> outcomes = new ArrayList<>();
        all.forEach((kind, limit) -> outcomes.add(new Outcome(kind, limit, actual(kind, report))));
        return outcomes;
    }

    private static double actual(Kind kind, RunReport report) {
        ShadowResult shadow = report.shadow();
        return switch (kind) {
            case MAX_P50 -> millis(report.latencyMicros(), 50);
            case MAX_P99 -> millis(report.latencyMicros(), 99);
            case MAX_P999 -> millis(report.latencyMicros(), 99.9);
            case MAX_LATENCY -> millis(report.latencyMicros(), 100);
            case MAX_CONNECT_P99 -> millis(report.connectMicros(), 99);
            case MAX_SHADOW_P50 -> shadow == null ? Double.POSITIVE_INFINITY : millis(shadow.deltaMicros(), 50);
            case MAX_SHADOW_P99 -> shadow == null ? Double.POSITIVE_INFINITY : millis(shadow.deltaMicros(), 99);
            case MIN_RATE -> report.ratePerSecond();
            case MIN_SHADOW_RATE -> report.shadowRatePerSecond();
            case MIN_LOST_CONNECTIONS ->
                report.chaos() == null ? 0 : report.chaos().connectionsLost();
            case MAX_ERRORS -> report.errorCount();
            case MAX_RECONNECTS -> report.reconnects();
            case MAX_UNACKNOWLEDGED -> report.unacknowledged() + (shadow == null ? 0 : shadow.unanswered());
            case MAX_UNSENT -> report.unsent();
        };
    }

    /** Nothing measured keeps no limit. */
    private static double millis(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0 ? Double.POSITIVE_INFINITY : Latencies.millis(histogram, percentile);
    }
}
