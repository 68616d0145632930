package io.hearth.simulator.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/** A report as one HTML page that needs nothing else: no server, no other file, no network. */
public final class HtmlReport {

    private final RunReport report;
    private List<String> columns = List.of();
    private final StringBuilder out = new StringBuilder(64 * 1024);

    private HtmlReport(RunReport report) {
        this.report = report;
    }

    public static void write(RunReport report, Path file) throws IOException {
        Files.writeString(file, new HtmlReport(report).render(), StandardCharsets.UTF_8);
    }

    private String render() throws IOException {
        String title = report.name() == null ? "Simulated load" : report.name();
        out.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
        out.append(Html.escape(title)).append("</title>\n<style>\n").append(resource("report.css"));
        out.append("</style>\n</head>\n<body>\n<main>\n<header><h1>")
                .append(Html.escape(title))
                .append("</h1>");
        out.append("<span class=\"verdict ").append(report.passed() ? "passed\">passed" : "failed\">FAILED");
        out.append("</span></header>\n<div class=\"dim\">");
        out.append(report.startedAt().truncatedTo(ChronoUnit.SECONDS));
        out.append(String.format(Locale.ROOT, ", %.0f s", seconds(report.duration())));
        out.append(report.processes() > 1 ? ", " + report.processes() + " processes" : "")
                .append("</div>\n");
        out.append("<p>").append(Html.escape(report.explanation())).append("</p>\n");
        setup();
        tiles();
        charts();
        limits();
        phases();
        latencies();
        counts();
        out.append("</main>\n<script>\n").append(resource("report.js")).append("</script>\n</body>\n</html>\n");
        return out.toString();
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = HtmlReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("the jar lacks " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    private void setup() {
        RunSetup setup = report.setup();
        if (setup == null) {
            return;
        }
        out.append("<dl>\n");
        fact("target", setup.target());
        fact("seed", setup.seedText());
        fact("size", setup.size());
        fact("schedule", setup.schedule());
        for (String command : setup.commands()) {
            fact("command", command);
        }
        if (report.chaos() != null) {
            fact("chaos", report.chaos().text());
        }
        out.append("</dl>\n");
    }

    private void fact(String name, String value) {
        out.append("<dt>").append(name).append("</dt><dd>");
        out.append(Html.escape(value)).append("</dd>\n");
    }

    private void tiles() {
        out.append("<div class=\"tiles\">\n");
        tile(whole(report.ratePerSecond()), "messages/s");
        if (report.acknowledgementsExpected()) {
            tile(millis(report.latencyMicros(), 50), "ms to acknowledge, p50");
            tile(millis(report.latencyMicros(), 99), "ms to acknowledge, p99");
        }
        ShadowResult shadow = report.shadow();
        if (shadow != null) {
            tile(whole(report.shadowRatePerSecond()), "shadow updates/s");
            tile(millis(shadow.deltaMicros(), 99), "ms from write to delta, p99");
        }
        tile(whole(report.sentReadings()), "readings sent");
        tile(whole(report.unacknowledged() + report.unsent()), "unacknowledged or unsent");
        tile(whole(report.errorCount()), "errors");
        out.append("</div>\n");
    }

    private void tile(String value, String name) {
        out.append("<div class=\"tile\"><b>")
                .append(value)
                .append("</b><span>")
                .append(name)
                .append("</span></div>\n");
    }

    private void charts() {
        List<Timeline.Point> points = List.copyOf(report.timeline().points());
        if (points.isEmpty()) {
            return;
        }
        double half = report.timeline().stepSeconds() / 2.0;
        long origin = points.get(0).epochSecond();
        double[] xs = points.stream()
                .mapToDouble(point -> point.epochSecond() - origin + half)
                .toArray();
        double end = points.get(points.size() - 1).epochSecond()
                - origin
                + report.timeline().stepSeconds();
        SvgChart rate = chart("Messages per second", "/s", xs, end, false)
                .series("sent", values(points, point -> point.perSecond(point.sent())));
        if (report.acknowledgementsExpected()) {
            rate.series("acknowledged", values(points, point -> point.perSecond(point.acknowledged())));
        }
        append(rate, origin);
        append(percentiles("Time to acknowledge, ms", xs, end, points, Timeline.Point::latencyMicros), origin);
        if (report.shadow() != null) {
            append(
                    chart("Shadow updates accepted per second", "/s", xs, end, false)
                            .series("updates", values(points, point -> point.perSecond(point.shadowUpdates()))),
                    origin);
            append(
                    percentiles(
                            "From an app's write to the device's delta, ms",
                            xs,
                            end,
                            points,
                            Timeline.Point::shadowDeltaMicros),
                    origin);
        }
        append(
                chart("Errors and reconnects per second", "/s", xs, end, false)
                        .series("reconnects", values(points, point -> point.perSecond(point.reconnects())))
                        .series("errors", values(points, point -> point.perSecond(point.errors()))),
                origin);
        append(
                chart("Connections", "", xs, end, false).series("connected", values(points, Timeline.Point::connected)),
                origin);
    }

    private SvgChart percentiles(
            String title,
            double[] xs,
            double end,
            List<Timeline.Point> points,
            Function<Timeline.Point, Histogram> histogram) {
        SvgChart chart = chart(title, "ms", xs, end, true);
        double[] percentiles = {50, 99, 99.9, 100};
        String[] names = {"p50", "p99", "p99.9", "max"};
        for (int i = 0; i < names.length; i++) {
            double percentile = percentiles[i];
            chart.series(
                    names[i],
                    values(
                            points,
                            point -> histogram.apply(point).getTotalCount() == 0
                                    ? Double.NaN
                                    : Latencies.millis(histogram.apply(point), percentile)));
        }
        return chart;
    }

    private static double[] values(List<Timeline.Point> points, ToDoubleFunction<Timeline.Point> value) {
        return points.stream().mapToDouble(value).toArray();
    }

    private SvgChart chart(String title, String unit, double[] xs, double end, boolean logarithmic) {
        return new SvgChart(title, unit, xs, end, logarithmic);
    }

    private void append(SvgChart chart, long originSecond) {
        Instant origin = Instant.ofEpochSecond(originSecond);
        for (PhaseResult phase : report.phases()) {
            double from = seconds(Duration.between(origin, phase.start()));
            chart.band(phase.name(), from, from + seconds(phase.duration()));
        }
        for (RunEvent event : report.events()) {
            chart.mark(event.text(), seconds(Duration.between(origin, event.at())));
        }
        out.append(chart.render());
    }

    private void limits() {
        if (report.outcomes().isEmpty()) {
            return;
        }
        table("Limits", "limit", "asked for", "measured", "result");
        for (Limits.Outcome outcome : report.outcomes()) {
            row(
                    outcome.kind().key(),
                    Html.escape(outcome.limitText()),
                    Html.escape(outcome.actualText()),
                    outcome.passed() ? "<span class=\"good\">kept</span>" : "<span class=\"bad\">not kept</span>");
        }
        endTable();
    }

    private void phases() {
        if (report.phases().isEmpty()) {
            return;
        }
        table("Phases", "phase", "s", "messages/s", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "errors");
        for (PhaseResult phase : report.phases()) {
            row(
                    Html.escape(phase.name()),
                    String.format(Locale.ROOT, "%.1f", seconds(phase.duration())),
                    whole(phase.ratePerSecond(report.acknowledgementsExpected())),
                    millis(phase.latencyMicros(), 50),
                    millis(phase.latencyMicros(), 99),
                    millis(phase.latencyMicros(), 99.9),
                    millis(phase.latencyMicros(), 100),
                    whole(phase.errors()));
        }
        endTable();
    }

    private void latencies() {
        table("Latencies", "from … to", "count", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms");
        latency("message due … acknowledged", report.latencyMicros());
        latency("socket opened … CONNACK", report.connectMicros());
        ShadowResult shadow = report.shadow();
        if (shadow != null) {
            latency("app's write due … device's delta", shadow.deltaMicros());
            latency("update due … accepted", shadow.answerMicros());
        }
        endTable();
    }

    private void latency(String name, Histogram histogram) {
        if (histogram.getTotalCount() > 0) {
            row(
                    name,
                    whole(histogram.getTotalCount()),
                    millis(histogram, 50),
                    millis(histogram, 90),
                    millis(histogram, 99),
                    millis(histogram, 99.9),
                    millis(histogram, 100));
        }
    }

    private void counts() {
        table("Counts", "what", "count");
        row("messages sent", whole(report.sent()));
        row("readings sent", whole(report.sentReadings()));
        if (report.acknowledgementsExpected()) {
            row("messages acknowledged", whole(report.acknowledged()));
        }
        row("messages unsent", whole(report.unsent()));
        row("sent twice on purpose", whole(report.duplicates()));
        row("resent after a lost connection", whole(report.resent()));
        row("reconnects", whole(report.reconnects()));
        ShadowResult shadow = report.shadow();
        if (shadow != null) {
            row("shadow updates of apps", whole(shadow.desired()));
            row("shadow updates of devices", whole(shadow.reported()));
            row("shadow updates unanswered", whole(shadow.unanswered()));
            shadow.rejected().forEach((reason, count) -> row("rejected: " + Html.escape(reason), whole(count)));
        }
        endTable();
        if (!report.errors().isEmpty()) {
            table("Errors", "reason", "count");
            report.errors().forEach((reason, count) -> row(Html.escape(reason), whole(count)));
            endTable();
        }
        if (!report.badClients().isEmpty()) {
            table("Clients that misbehave on purpose", "kind", "outcome", "attempts");
            for (Map.Entry<String, Map<String, Long>> kind : report.badClients().entrySet()) {
                kind.getValue()
                        .forEach((outcome, count) ->
                                row(Html.escape(kind.getKey()), Html.escape(outcome), whole(count)));
            }
            endTable();
        }
        if (!report.events().isEmpty()) {
            table("Events", "at", "what");
            for (RunEvent event : report.events()) {
                out.append("<tr><td>")
                        .append(event.at().truncatedTo(ChronoUnit.MILLIS))
                        .append("</td>");
                out.append("<td class=\"text\">")
                        .append(Html.escape(event.text()))
                        .append("</td></tr>\n");
            }
            endTable();
        }
    }

    private void table(String title, String... names) {
        columns = List.of(names);
        out.append("<h2>").append(title).append("</h2>\n<div class=\"table\"><table");
        // On a narrow page each row of these becomes a block of lines.
        out.append(names.length > 3 ? " class=\"broad\">" : ">").append("\n<tr>");
        for (String column : names) {
            out.append("<th>").append(column).append("</th>");
        }
        out.append("</tr>\n");
    }

    /** Cells are HTML already. */
    private void row(String... cells) {
        out.append("<tr>");
        for (int i = 0; i < cells.length; i++) {
            out.append("<td data-name=\"").append(columns.get(i)).append("\">");
            out.append(cells[i]).append("</td>");
        }
        out.append("</tr>\n");
    }

    private void endTable() {
        out.append("</table></div>\n");
    }

    private static String whole(double value) {
        return String.format(Locale.ROOT, "%,.0f", value);
    }

    private static String millis(Histogram histogram, double percentile) {
        double millis = Latencies.millis(histogram, percentile);
        return String.format(Locale.ROOT, millis >= 100 ? "%,.0f" : "%.2f", millis);
    }
}
