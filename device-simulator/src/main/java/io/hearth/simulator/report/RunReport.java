package io.hearth.simulator.report;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What a finished simulation came to, or several that ran at the same time.
 *
 * @param name the scenario's name; null for a run of options alone
 * @param setup what was asked for; null if the report does not know, as those of format 2
 * @param processes how many simulators this is the sum of
 * @param startedAt when the schedule began
 * @param acknowledgementsExpected false at QoS 0, where the broker sends none
 * @param duration from the first message due to the last acknowledgement, without connecting
 * @param latencyMicros time from when a message was meant to be sent until its acknowledgement
 * @param connectMicros time from opening a socket until CONNACK
 * @param duplicates messages sent a second time on purpose
 * @param badClients outcomes of misbehaving clients' attempts, by kind of client
 * @param shadow null if there was no shadow traffic
 * @param chaos what its chaos commands did; null if it had none
 * @param failure why the run broke off, or null
 * @param outcomes how it did against its limits
 */
public record RunReport(
        @Nullable String name,
        @Nullable RunSetup setup,
        int processes,
        Instant startedAt,
        boolean acknowledgementsExpected,
        long sent,
        long sentReadings,
        long acknowledged,
        long acknowledgedReadings,
        long duplicates,
        long resent,
        long unsent,
        long reconnects,
        Map<String, Long> errors,
        Duration duration,
        Histogram latencyMicros,
        Histogram connectMicros,
        List<PhaseResult> phases,
        List<RunEvent> events,
        Map<String, Map<String, Long>> badClients,
        @Nullable ShadowResult shadow,
        Timeline timeline,
        @Nullable ChaosResult chaos,
        @Nullable String failure,
        List<Limits.Outcome> outcomes) {

    public RunReport {
        phases = List.copyOf(phases);
        events = List.copyOf(events);
        outcomes = List.copyOf(outcomes);
    }

    /** Takes the counters as they are now. */
    public static RunReport of(
            RunStats stats,
            @Nullable String name,
            @Nullable RunSetup setup,
            boolean acknowledgementsExpected,
            @Nullable ChaosResult chaos,
            @Nullable String failure,
            Limits limits) {
        stats.sample(System.nanoTime());
        return new RunReport(
                        name,
                        setup,
                        1,
                        stats.startedAt(),
                        acknowledgementsExpected,
                        stats.sent(),
                        stats.sentReadings(),
                        stats.acknowledged(),
                        stats.acknowledgedReadings(),
                        stats.duplicates(),
                        stats.resent(),
                        stats.unsent(),
                        stats.reconnects(),
                        stats.errors(),
                        stats.activeTime(),
                        stats.totalLatencies(),
                        stats.connectLatencies(),
                        stats.phases(),
                        stats.events(),
                        stats.badClients(),
                        stats.shadow().used() ? stats.shadow().result() : null,
                        stats.timeline(),
                        chaos,
                        failure,
                        List.of())
                .judgedBy(limits);
    }

    /** The same, held against these limits and no others. */
    public RunReport judgedBy(Limits limits) {
        return with(failure, limits.judge(this));
    }

    private RunReport with(@Nullable String newFailure, List<Limits.Outcome> newOutcomes) {
        return new RunReport(
                name,
                setup,
                processes,
                startedAt,
                acknowledgementsExpected,
                sent,
                sentReadings,
                acknowledged,
                acknowledgedReadings,
                duplicates,
                resent,
                unsent,
                reconnects,
                errors,
                duration,
                latencyMicros,
                connectMicros,
                phases,
                events,
                badClients,
                shadow,
                timeline,
                chaos,
                newFailure,
                newOutcomes);
    }

    /**
     * The sum of this run and another that ran at the same time. Percentiles are those of all messages together, as the
     * histograms are added and not their percentiles averaged. The sum has not been held against limits yet.
     */
    public RunReport mergedWith(RunReport other) {
        Histogram latency = latencyMicros.copy();
        latency.add(other.latencyMicros);
        Histogram connect = connectMicros.copy();
        connect.add(other.connectMicros);
        Instant start = startedAt.isBefore(other.startedAt) ? startedAt : other.startedAt;
        Instant end = startedAt.plus(duration);
        Instant otherEnd = other.startedAt.plus(other.duration);
        List<RunEvent> allEvents = new ArrayList<>(events);
        allEvents.addAll(other.events);
        allEvents.sort(Comparator.comparing(RunEvent::at));
        Map<String, Map<String, Long>> clients = new TreeMap<>();
        badClients.forEach((kind, counts) -> clients.put(kind, new TreeMap<>(counts)));
        other.badClients.forEach((kind, counts) -> clients.merge(kind, counts, RunReport::sum));
        ShadowResult bothShadows =
                shadow == null ? other.shadow : other.shadow == null ? shadow : shadow.mergedWith(other.shadow);
        RunSetup bothSetups = setup == null || other.setup == null ? null : setup.mergedWith(other.setup);
        ChaosResult bothChaos =
                chaos == null ? other.chaos : other.chaos == null ? chaos : chaos.mergedWith(other.chaos);
        String bothFailures = failure == null || failure.equals(other.failure)
                ? other.failure
                : other.failure == null ? failure : failure + "; " + other.failure;
        return new RunReport(
                name != null ? name : other.name,
                bothSetups,
                processes + other.processes,
                start,
                acknowledgementsExpected || other.acknowledgementsExpected,
                sent + other.sent,
                sentReadings + other.sentReadings,
                acknowledged + other.acknowledged,
                acknowledgedReadings + other.acknowledgedReadings,
                duplicates + other.duplicates,
                resent + other.resent,
                unsent + other.unsent,
                reconnects + other.reconnects,
                sum(errors, other.errors),
                Duration.between(start, end.isAfter(otherEnd) ? end : otherEnd),
                latency,
                connect,
                mergePhases(phases, other.phases),
                allEvents,
                clients,
                bothShadows,
                timeline.mergedWith(other.timeline),
                bothChaos,
                bothFailures,
                List.of());
    }

    private static Map<String, Long> sum(Map<String, Long> a, Map<String, Long> b) {
        Map<String, Long> both = new TreeMap<>(a);
        b.forEach((key, count) -> both.merge(key, count, Long::sum));
        return both;
    }

    private static List<PhaseResult> mergePhases(List<PhaseResult> a, List<PhaseResult> b) {
        Map<String, PhaseResult> byName = new LinkedHashMap<>();
        a.forEach(phase -> byName.put(phase.name(), phase));
        b.forEach(phase -> byName.merge(phase.name(), phase, PhaseResult::mergedWith));
        return new ArrayList<>(byName.values());
    }

    /** Messages sent that no acknowledgement came for; 0 where none is expected. */
    public long unacknowledged() {
        return acknowledgementsExpected ? sent - acknowledged : 0;
    }

    /** Errors of all reasons. */
    public long errorCount() {
        return errors.values().stream().mapToLong(Long::longValue).sum();
    }

    /**
     * Whether the run came to its end and kept its limits. Unless set otherwise these are that everything due was sent, that
     * what was sent was acknowledged (shadow updates by their answer), and that chaos cost at least one connection.
     */
    public boolean passed() {
        return failure == null && outcomes.stream().allMatch(Limits.Outcome::passed);
    }

    /** Why the run passed or failed, and what its errors mean for that; sentences for people. */
    public String explanation() {
        List<String> sentences = new ArrayList<>();
        if (failure != null) {
            sentences.add("The run broke off: " + failure + ".");
        }
        for (Limits.Outcome outcome : outcomes) {
            if (!outcome.passed()) {
                sentences.add(missed(outcome));
            }
        }
        if (passed()) {
            sentences.add(
                    unacknowledged() + unsent == 0 && acknowledgementsExpected
                            ? "Everything due was sent and acknowledged in the end."
                            : "Every limit was kept.");
        }
        if (errorCount() > 0 && passed()) {
            sentences.add(
                    outcomes.stream().anyMatch(outcome -> outcome.kind() == Limits.Kind.MAX_ERRORS)
                            ? String.format(
                                    Locale.ROOT, "The %,d errors on the way are within max-errors.", errorCount())
                            : String.format(
                                    Locale.ROOT,
                                    "The %,d errors on the way, such as lost connections, do not count against it,"
                                            + " as max-errors is not set.",
                                    errorCount()));
        }
        return String.join(" ", sentences);
    }

    private String missed(Limits.Outcome outcome) {
        if (outcome.kind() == Limits.Kind.MIN_LOST_CONNECTIONS) {
            ChaosResult result = chaos;
            if (result == null || result.commandsRun() == 0) {
                return "No chaos command was run before the end.";
            }
            if (result.commandsFailed() == result.commandsRun()) {
                return "Every chaos command failed.";
            }
            if (result.connectionsLost() == 0) {
                return "The chaos commands cost no connection: they killed nothing that this run could see."
                        + " If that is intended, set min-lost-connections to 0.";
            }
        }
        return "The limit " + outcome.kind().key() + " was not kept: " + outcome.actualText() + " instead of "
                + outcome.limitText() + ".";
    }

    private double perSecond(long count) {
        return count / Math.max(1e-9, duration.toNanos() / 1e9);
    }

    /** Acknowledgements per second; messages sent, where none are expected. */
    public double ratePerSecond() {
        return perSecond(acknowledgementsExpected ? acknowledged : sent);
    }

    /** Shadow updates accepted per second. */
    public double shadowRatePerSecond() {
        return shadow == null ? 0 : perSecond(shadow.accepted());
    }

    /** The report for people, several lines. */
    public String text() {
        StringBuilder text = new StringBuilder();
        RunSetup asked = setup;
        if (asked != null) {
            line(text, "target", asked.target());
            line(text, "seed", asked.seedText());
            line(text, "size", asked.size() + ", " + asked.schedule());
            asked.commands().forEach(command -> line(text, "command", command));
        }
        if (processes > 1) {
            line(text, "processes", Integer.toString(processes));
        }
        line(text, "sent", String.format(Locale.ROOT, "%d messages, %d readings", sent, sentReadings));
        if (acknowledgementsExpected) {
            line(text, "acknowledged", Long.toString(acknowledged));
            line(text, "unacknowledged", Long.toString(unacknowledged()));
        } else {
            line(text, "acknowledged", "none expected at QoS 0");
        }
        line(text, "unsent", Long.toString(unsent));
        line(text, "resent", Long.toString(resent));
        if (duplicates > 0) {
            line(text, "duplicates", Long.toString(duplicates));
        }
        line(text, "reconnects", Long.toString(reconnects));
        line(text, "duration", String.format(Locale.ROOT, "%.2f s", duration.toNanos() / 1e9));
        line(text, "rate", String.format(Locale.ROOT, "%.0f messages/s", ratePerSecond()));
        if (acknowledgementsExpected) {
            line(text, "ack latency", percentiles(latencyMicros));
        }
        if (connectMicros.getTotalCount() > 0) {
            line(text, "connect", percentiles(connectMicros));
        }
        for (PhaseResult phase : phases) {
            line(
                    text,
                    "phase",
                    String.format(
                            Locale.ROOT,
                            "%s: %.0f messages/s, %s",
                            phase.name(),
                            phase.ratePerSecond(acknowledgementsExpected),
                            percentiles(phase.latencyMicros())));
        }
        ShadowResult shadows = shadow;
        if (shadows != null) {
            line(
                    text,
                    "shadow updates",
                    String.format(
                            Locale.ROOT,
                            "%d desired, %d reported, %d accepted (%.0f/s), %d unanswered",
                            shadows.desired(),
                            shadows.reported(),
                            shadows.accepted(),
                            shadowRatePerSecond(),
                            shadows.unanswered()));
            line(text, "write to delta", percentiles(shadows.deltaMicros()) + ", " + shadows.deltas() + " deltas");
            line(text, "write to accept", percentiles(shadows.answerMicros()));
            shadows.rejected().forEach((reason, count) -> line(text, "rejected", reason + " (" + count + ")"));
        }
        badClients.forEach((kind, counts) -> line(text, "bad client", kind + ": " + counts));
        if (chaos != null) {
            line(text, "chaos", chaos.text());
        }
        errors.forEach((reason, count) -> line(text, "error", reason + " (" + count + ")"));
        outcomes.forEach(outcome -> line(text, "limit", outcome.text()));
        line(text, "result", (passed() ? "passed: " : "FAILED: ") + explanation());
        return text.toString();
    }

    private static void line(StringBuilder text, String name, String value) {
        text.append(String.format(Locale.ROOT, "%-15s %s%n", name, value));
    }

    private static String percentiles(Histogram histogram) {
        return String.format(
                Locale.ROOT,
                "p50 %.2f  p90 %.2f  p99 %.2f  p99.9 %.2f  max %.2f ms",
                Latencies.millis(histogram, 50),
                Latencies.millis(histogram, 90),
                Latencies.millis(histogram, 99),
                Latencies.millis(histogram, 99.9),
                Latencies.millis(histogram, 100));
    }
}
