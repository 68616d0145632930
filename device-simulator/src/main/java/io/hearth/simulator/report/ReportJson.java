package io.hearth.simulator.report;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Reports as JSON. Beside the percentiles stand the histograms themselves, so that reports of several processes can be
 * added up exactly. Durations are seconds, latencies milliseconds, and their histograms count microseconds.
 */
public final class ReportJson {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final int FORMAT = 3;

    /** Without {@code setup} and {@code chaos}. */
    private static final int FORMAT_BEFORE = 2;

    private ReportJson() {}

    public static void write(RunReport report, Path file) throws IOException {
        Files.write(file, JSON.writeValueAsBytes(toJson(report)));
    }

    /** @throws IllegalArgumentException the file is not such a report; the message names it */
    public static RunReport read(Path file) throws IOException {
        try {
            JsonNode json = JSON.readTree(Files.readAllBytes(file));
            int format = json.path("format").asInt();
            if (format != FORMAT && format != FORMAT_BEFORE) {
                throw new IllegalArgumentException("no report of format " + FORMAT_BEFORE + " or " + FORMAT);
            }
            return fromJson(json);
        } catch (JacksonException e) {
            throw new IllegalArgumentException(file + ": " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IllegalArgumentException(file + ": " + e.getMessage(), e);
        }
    }

    static ObjectNode toJson(RunReport report) {
        ObjectNode json = JSON.createObjectNode();
        json.put("format", FORMAT);
        json.put("passed", report.passed());
        json.put("scenario", report.name());
        RunSetup setup = report.setup();
        if (setup != null) {
            json.set("setup", JSON.valueToTree(setup));
        }
        json.put("processes", report.processes());
        json.put("startedAt", report.startedAt().toString());
        json.put("acknowledgementsExpected", report.acknowledgementsExpected());
        json.put("sent", report.sent());
        json.put("sentReadings", report.sentReadings());
        json.put("acknowledged", report.acknowledged());
        json.put("acknowledgedReadings", report.acknowledgedReadings());
        json.put("unacknowledged", report.unacknowledged());
        json.put("unsent", report.unsent());
        json.put("duplicates", report.duplicates());
        json.put("resent", report.resent());
        json.put("reconnects", report.reconnects());
        json.put("durationSeconds", report.duration().toNanos() / 1e9);
        json.put("messagesPerSecond", report.ratePerSecond());
        json.set("latencyMillis", latency(report.latencyMicros()));
        json.set("connectMillis", latency(report.connectMicros()));
        json.set("errors", JSON.valueToTree(report.errors()));
        if (report.chaos() != null) {
            json.set("chaos", JSON.valueToTree(report.chaos()));
        }
        json.put("failure", report.failure());
        json.put("explanation", report.explanation());
        ArrayNode limits = json.putArray("limits");
        for (Limits.Outcome outcome : report.outcomes()) {
            ObjectNode limit = limits.addObject();
            limit.put("limit", outcome.kind().key());
            limit.put("value", outcome.limit());
            // Infinity, where nothing was measured, has no JSON form.
            limit.set(
                    "actual",
                    Double.isInfinite(outcome.actual())
                            ? JSON.nullNode()
                            : JSON.getNodeFactory().numberNode(outcome.actual()));
            limit.put("passed", outcome.passed());
        }
        ArrayNode phases = json.putArray("phases");
        for (PhaseResult phase : report.phases()) {
            ObjectNode node = phases.addObject();
            node.put("name", phase.name());
            node.put("startedAt", phase.start().toString());
            node.put("durationSeconds", phase.duration().toNanos() / 1e9);
            node.put("sent", phase.sent());
            node.put("acknowledged", phase.acknowledged());
            node.put("messagesPerSecond", phase.ratePerSecond(report.acknowledgementsExpected()));
            node.put("errors", phase.errors());
            node.set("latencyMillis", latency(phase.latencyMicros()));
        }
        ArrayNode events = json.putArray("events");
        for (RunEvent event : report.events()) {
            events.addObject().put("at", event.at().toString()).put("text", event.text());
        }
        json.set("badClients", JSON.valueToTree(report.badClients()));
        ShadowResult shadow = report.shadow();
        if (shadow != null) {
            ObjectNode node = json.putObject("shadow");
            node.put("desired", shadow.desired());
            node.put("reported", shadow.reported());
            node.put("accepted", shadow.accepted());
            node.put("acceptedPerSecond", report.shadowRatePerSecond());
            node.put("deltas", shadow.deltas());
            node.put("unanswered", shadow.unanswered());
            node.set("rejected", JSON.valueToTree(shadow.rejected()));
            node.set("writeToDeltaMillis", latency(shadow.deltaMicros()));
            node.set("writeToAcceptedMillis", latency(shadow.answerMicros()));
        }
        ObjectNode timeline = json.putObject("timeline");
        timeline.put("stepSeconds", report.timeline().stepSeconds());
        ArrayNode points = timeline.putArray("points");
        for (Timeline.Point point : report.timeline().points()) {
            ObjectNode node = points.addObject();
            node.put("epochSecond", point.epochSecond());
            node.put("millis", point.millis());
            node.put("sent", point.sent());
            node.put("acknowledged", point.acknowledged());
            node.put("errors", point.errors());
            node.put("reconnects", point.reconnects());
            node.put("connected", point.connected());
            node.set("latencyMillis", latency(point.latencyMicros()));
            if (shadow != null) {
                node.put("shadowUpdates", point.shadowUpdates());
                node.set("shadowDeltaMillis", latency(point.shadowDeltaMicros()));
            }
        }
        return json;
    }

    private static ObjectNode latency(Histogram histogram) {
        ObjectNode node = JSON.createObjectNode();
        node.put("count", histogram.getTotalCount());
        node.put("p50", Latencies.millis(histogram, 50));
        node.put("p90", Latencies.millis(histogram, 90));
        node.put("p99", Latencies.millis(histogram, 99));
        node.put("p999", Latencies.millis(histogram, 99.9));
        node.put("max", Latencies.millis(histogram, 100));
        node.put("histogram", Latencies.encode(histogram));
        return node;
    }

    private static RunReport fromJson(JsonNode json) {
        List<Limits.Outcome> outcomes = new ArrayList<>();
        for (JsonNode node : required(json, "limits")) {
            JsonNode actual = required(node, "actual");
            outcomes.add(new Limits.Outcome(
                    Limits.Kind.valueOf(
                            text(node, "limit").toUpperCase(Locale.ROOT).replace('-', '_')),
                    required(node, "value").doubleValue(),
                    actual.isNull() ? Double.POSITIVE_INFINITY : actual.doubleValue()));
        }
        List<PhaseResult> phases = new ArrayList<>();
        for (JsonNode node : required(json, "phases")) {
            phases.add(new PhaseResult(
                    text(node, "name"),
                    Instant.parse(text(node, "startedAt")),
                    seconds(node, "durationSeconds"),
                    count(node, "sent"),
                    count(node, "acknowledged"),
                    count(node, "errors"),
                    histogram(node, "latencyMillis")));
        }
        List<RunEvent> events = new ArrayList<>();
        for (JsonNode node : required(json, "events")) {
            events.add(new RunEvent(Instant.parse(text(node, "at")), text(node, "text")));
        }
        Map<String, Map<String, Long>> badClients = new TreeMap<>();
        required(json, "badClients").properties().forEach(e -> badClients.put(e.getKey(), counts(e.getValue())));
        return new RunReport(
                nullable(json, "scenario"),
                json.has("setup") ? setup(required(json, "setup")) : null,
                (int) count(json, "processes"),
                Instant.parse(text(json, "startedAt")),
                required(json, "acknowledgementsExpected").booleanValue(),
                count(json, "sent"),
                count(json, "sentReadings"),
                count(json, "acknowledged"),
                count(json, "acknowledgedReadings"),
                count(json, "duplicates"),
                count(json, "resent"),
                count(json, "unsent"),
                count(json, "reconnects"),
                counts(required(json, "errors")),
                seconds(json, "durationSeconds"),
                histogram(json, "latencyMillis"),
                histogram(json, "connectMillis"),
                phases,
                events,
                badClients,
                json.has("shadow") ? shadow(required(json, "shadow")) : null,
                timeline(required(json, "timeline")),
                json.has("chaos") ? chaos(required(json, "chaos")) : null,
                nullable(json, "failure"),
                outcomes);
    }

    private static RunSetup setup(JsonNode node) {
        List<Long> seeds = new ArrayList<>();
        required(node, "seeds").forEach(seed -> seeds.add(seed.longValue()));
        List<String> commands = new ArrayList<>();
        required(node, "commands").forEach(command -> commands.add(command.asText()));
        return new RunSetup(
                text(node, "target"),
                seeds,
                count(node, "devices"),
                count(node, "connections"),
                text(node, "schedule"),
                commands);
    }

    private static ChaosResult chaos(JsonNode node) {
        return new ChaosResult(
                count(node, "commandsRun"), count(node, "commandsFailed"), count(node, "connectionsLost"));
    }

    private static ShadowResult shadow(JsonNode node) {
        return new ShadowResult(
                count(node, "desired"),
                count(node, "reported"),
                count(node, "accepted"),
                count(node, "deltas"),
                counts(required(node, "rejected")),
                histogram(node, "writeToDeltaMillis"),
                histogram(node, "writeToAcceptedMillis"));
    }

    private static Timeline timeline(JsonNode json) {
        int step = (int) count(json, "stepSeconds");
        if (step < 1) {
            throw new IllegalArgumentException("stepSeconds is " + step);
        }
        Timeline timeline = new Timeline(step);
        for (JsonNode node : required(json, "points")) {
            boolean shadows = node.has("shadowUpdates");
            timeline.add(new Timeline.Point(
                    count(node, "epochSecond"),
                    count(node, "millis"),
                    count(node, "sent"),
                    count(node, "acknowledged"),
                    count(node, "errors"),
                    count(node, "reconnects"),
                    (int) count(node, "connected"),
                    histogram(node, "latencyMillis"),
                    shadows ? count(node, "shadowUpdates") : 0,
                    shadows ? histogram(node, "shadowDeltaMillis") : Latencies.empty()));
        }
        return timeline;
    }

    private static JsonNode required(JsonNode json, String field) {
        JsonNode value = json.get(field);
        if (value == null) {
            throw new IllegalArgumentException("no field " + field);
        }
        return value;
    }

    private static long count(JsonNode json, String field) {
        JsonNode value = required(json, field);
        if (!value.isIntegralNumber()) {
            throw new IllegalArgumentException(field + " is not a whole number");
        }
        return value.longValue();
    }

    private static String text(JsonNode json, String field) {
        return required(json, field).asText();
    }

    private static @Nullable String nullable(JsonNode json, String field) {
        JsonNode value = required(json, field);
        return value.isNull() ? null : value.asText();
    }

    private static Duration seconds(JsonNode json, String field) {
        return Duration.ofNanos((long) (required(json, field).doubleValue() * 1e9));
    }

    private static Histogram histogram(JsonNode json, String field) {
        return Latencies.decode(text(required(json, field), "histogram"));
    }

    private static Map<String, Long> counts(JsonNode json) {
        Map<String, Long> counts = new TreeMap<>();
        json.properties().forEach(e -> counts.put(e.getKey(), e.getValue().longValue()));
        return counts;
    }
}
