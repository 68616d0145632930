package io.hearth.simulator.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a finished simulation came to.
 *
 * @param acknowledgementsExpected false at QoS 0, where the broker sends none
 * @param failure why the run broke off, or null
 * @param duration from the first message due to the last acknowledgement, without connecting
 * @param latencyMicros time from when a message was meant to be sent until its acknowledgement
 */
public record RunReport(
        boolean acknowledgementsExpected,
        int readingsPerMessage,
        long sent,
        long acknowledged,
        long resent,
        long unsent,
        long reconnects,
        Map<String, Long> errors,
        Duration duration,
        Histogram latencyMicros,
        @Nullable String failure) {

    /** Takes the counters as they are now. */
    public static RunReport of(
            RunStats stats, boolean acknowledgementsExpected, int readingsPerMessage, @Nullable String failure) {
        return new RunReport(
                acknowledgementsExpected,
                readingsPerMessage,
                stats.sent(),
                stats.acknowledged(),
                stats.resent(),
                stats.unsent(),
                stats.reconnects(),
                stats.errors(),
                stats.activeTime(),
                stats.totalLatencies(),
                failure);
    }

    /** Messages sent that no acknowledgement came for; 0 where none is expected. */
    public long unacknowledged() {
        return acknowledgementsExpected ? sent - acknowledged : 0;
    }

    /** Whether everything that was to be sent was sent and acknowledged. */
    public boolean passed() {
        return failure == null && unacknowledged() == 0 && unsent == 0;
    }

    private double ratePerSecond() {
        long finished = acknowledgementsExpected ? acknowledged : sent;
        return finished / Math.max(1e-9, duration.toNanos() / 1e9);
    }

    /** The report for people, several lines. */
    public String text() {
        StringBuilder text = new StringBuilder();
        line(text, "sent", String.format(Locale.ROOT, "%d messages, %d readings", sent, sent * readingsPerMessage));
        if (acknowledgementsExpected) {
            line(text, "acknowledged", Long.toString(acknowledged));
            line(text, "unacknowledged", Long.toString(unacknowledged()));
        } else {
            line(text, "acknowledged", "none expected at QoS 0");
        }
        line(text, "unsent", Long.toString(unsent));
        line(text, "resent", Long.toString(resent));
        line(text, "reconnects", Long.toString(reconnects));
        line(text, "duration", String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9));
        line(text, "rate", String.format(Locale.ROOT, "%.0f messages/s", ratePerSecond()));
        if (acknowledgementsExpected) {
            line(
                    text,
                    "ack latency",
                    String.format(
                            Locale.ROOT,
                            "p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms",
                            millis(50),
                            millis(90),
                            millis(99),
                            millis(99.9),
                            millis(100)));
        }
        errors.forEach((reason, count) -> line(text, "error", reason + " (" + count + ")"));
        if (failure != null) {
            line(text, "failed", failure);
        }
        line(text, "result", passed() ? "passed" : "FAILED");
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%-15s %s%n", name, value));
    }

    private double millis(double percentile) {
        return latencyMicros.getValueAtPercentile(percentile) / 1e3;
    }

    /** Writes the report as one JSON object. */
    public void writeJson(Path file) throws IOException {
        Map<String, Object> latency = new LinkedHashMap<>();
        latency.put("p50", millis(50));
        latency.put("p90", millis(90));
        latency.put("p99", millis(99));
        latency.put("p999", millis(99.9));
        latency.put("max", millis(100));
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("passed", passed());
        json.put("sent", sent);
        json.put("sentReadings", sent * readingsPerMessage);
        json.put("acknowledged", acknowledged);
        json.put("acknowledgedReadings", acknowledged * readingsPerMessage);
        json.put("unacknowledged", unacknowledged());
        json.put("unsent", unsent);
        json.put("resent", resent);
        json.put("reconnects", reconnects);
        json.put("durationSeconds", duration.toNanos() / 1e9);
        json.put("messagesPerSecond", ratePerSecond());
        json.put("latencyMillis", latency);
        json.put("errors", errors);
        json.put("failure", failure);
        byte[] bytes =
                new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(json);
        Files.write(file, bytes);
    }
}
