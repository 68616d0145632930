package io.hearth.simulator.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import javax.xml.parsers.DocumentBuilderFactory;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.xml.sax.InputSource;

class ReportTest {

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    private static final long START = 7_000_000_000L;

    private static final RunSetup SETUP = new RunSetup(
            "hearth.example:8883, TLS", List.of(13L), 40, 20, "60 s", List.of("simulate --host hearth.example"));

    /** A run of so many messages with random latencies, which go into {@code all}, too. */
    private static RunStats run(int messages, long seed, Histogram all) {
        RunStats stats = new RunStats();
        Random random = new Random(seed);
        stats.started(START);
        stats.phase("one <&> only", START);
        for (int i = 0; i < messages; i++) {
            long due = START + i * 1_000_000L;
            long micros = (long) Math.exp(random.nextDouble() * 12);
            stats.messageSent(2, due);
            stats.messageAcknowledged(2, due, due + micros * 1_000);
            all.recordValue(micros);
        }
        stats.error("connection lost: <reset>");
        stats.event("chaos 1: kill -9 & wait");
        stats.badClient("malformed", "acknowledged");
        stats.shadow().desiredSent();
        stats.shadow().accepted(START, START + 3_000_000);
        stats.shadow().deltaArrived(START, START + 2_000_000);
        stats.phase(null, START + messages * 1_000_000L);
        return stats;
    }

    private static RunReport report(RunStats stats, Limits limits) {
        return RunReport.of(stats, "Some \"run\" <1>", SETUP, true, null, null, limits);
    }

    @Test
    void merge_ofWrittenReports_hasThePercentilesOfAllMessagesTogether() throws IOException {
        // Given
        Histogram all = Latencies.empty();
        Path a = directory.resolve("a.json");
        Path b = directory.resolve("b.json");
        ReportJson.write(report(run(10_000, 1, all), new Limits()), a);
        ReportJson.write(report(run(300, 2, all), new Limits()), b);

        // When
        RunReport merged = ReportJson.read(a).mergedWith(ReportJson.read(b));

        // Then
        assertEquals(2, merged.processes());
        assertEquals(10_300, merged.acknowledged());
        assertEquals(20_600, merged.acknowledgedReadings());
        for (double percentile : new double[] {1, 50, 90, 99, 99.9, 99.99, 100}) {
            assertEquals(
                    all.getValueAtPercentile(percentile), merged.latencyMicros().getValueAtPercentile(percentile));
        }
        assertEquals(2, merged.errors().get("connection lost: <reset>"));
        assertEquals(1, merged.phases().size());
        assertEquals(10_300, merged.phases().get(0).acknowledged());
        assertEquals(
                10_300,
                merged.timeline().points().stream()
                        .mapToLong(Timeline.Point::acknowledged)
                        .sum());
        assertEquals(2, Objects.requireNonNull(merged.shadow()).accepted());
        assertEquals(
                2, Objects.requireNonNull(merged.badClients().get("malformed")).get("acknowledged"));
        assertTrue(merged.passed());
    }

    @Test
    void read_afterWrite_writesTheSameBytes() throws IOException {
        Limits limits = new Limits();
        limits.set(Limits.Kind.MAX_P99, Duration.ofSeconds(1));
        Path first = directory.resolve("first.json");
        Path second = directory.resolve("second.json");
        ReportJson.write(report(run(500, 3, Latencies.empty()), limits), first);

        ReportJson.write(ReportJson.read(first), second);

        assertEquals(Files.readString(first), Files.readString(second));
    }

    @Test
    void read_somethingElse_saysWhichFileAndWhat() throws IOException {
        Path file = directory.resolve("x.json");
        Files.writeString(file, "{\"sent\":1}");
        assertTrue(String.valueOf(assertThrows(IllegalArgumentException.class, () -> ReportJson.read(file))
                        .getMessage())
                .contains("x.json: no report of format 2 or 3"));
        Files.writeString(file, "{\"format\":3}");
        assertTrue(String.valueOf(assertThrows(IllegalArgumentException.class, () -> ReportJson.read(file))
                        .getMessage())
                .contains("x.json: no field limits"));
        Files.writeString(file, "no JSON");
        assertThrows(IllegalArgumentException.class, () -> ReportJson.read(file));
    }

    @Test
    void judge_eachLimit_passesAtItAndFailsBeyondIt() {
        Histogram all = Latencies.empty();
        RunStats stats = run(1_000, 4, all);
        RunReport report = report(stats, new Limits());
        for (Limits.Kind kind : Limits.Kind.values()) {
            Limits probe = new Limits();
            probe.set(kind, kind.isMinimum() ? 0 : 1e12);
            double actual = report.judgedBy(probe).outcomes().get(0).actual();
            if (kind == Limits.Kind.MAX_CONNECT_P99) {
                assertTrue(Double.isInfinite(actual), "no connection was timed, so no limit on it can be kept");
                assertFalse(report.judgedBy(probe).passed());
                continue;
            }
            probe.set(kind, actual);
            assertTrue(report.judgedBy(probe).passed(), kind.key());
            probe.set(kind, kind.isMinimum() ? actual + 1 : actual - 1);
            assertFalse(report.judgedBy(probe).passed(), kind.key());
            assertTrue(report.judgedBy(probe).text().contains("EXCEEDED"), kind.key());
        }
    }

    @Test
    void passed_withoutLimits_failsOnAnythingUnacknowledgedOrUnsent() {
        RunStats stats = run(10, 5, Latencies.empty());
        assertTrue(report(stats, new Limits()).passed());
        stats.messageSent(1, START);
        assertFalse(report(stats, new Limits()).passed());
        stats.messageAcknowledged(1, START, START);
        assertTrue(report(stats, new Limits()).passed());
        stats.shadow().reportedSent();
        assertFalse(report(stats, new Limits()).passed(), "a shadow update without an answer");
        Limits limits = new Limits();
        limits.set(Limits.Kind.MAX_UNACKNOWLEDGED, 1);
        assertTrue(report(stats, limits).passed());
        stats.unsent(3);
        assertFalse(report(stats, limits).passed());
    }

    @Test
    void passed_chaosThatCostNoConnection_failsAndSaysWhy() {
        RunStats stats = run(10, 9, Latencies.empty());
        assertTrue(chaosReport(stats, new ChaosResult(2, 0, 5), new Limits()).passed());
        assertIdle(stats, new ChaosResult(0, 0, 0), "No chaos command was run");
        assertIdle(stats, new ChaosResult(2, 2, 0), "Every chaos command failed");
        assertIdle(stats, new ChaosResult(2, 0, 0), "killed nothing that this run could see");
        Limits harmless = new Limits();
        harmless.set(Limits.Kind.MIN_LOST_CONNECTIONS, 0);
        assertTrue(chaosReport(stats, new ChaosResult(2, 0, 0), harmless).passed(), "chaos that is to cut nothing");
    }

    private static void assertIdle(RunStats stats, ChaosResult chaos, String reason) {
        RunReport report = chaosReport(stats, chaos, new Limits());
        assertFalse(report.passed());
        assertTrue(report.text().contains("FAILED: "), report.text());
        assertTrue(report.explanation().contains(reason), report.explanation());
    }

    private static RunReport chaosReport(RunStats stats, ChaosResult chaos, Limits limits) {
        return RunReport.of(stats, "chaos", SETUP, true, chaos, null, limits);
    }

    @Test
    void explanation_errorsOfAPassedRun_saysWhyTheyDoNotFailIt() {
        RunReport report = report(run(10, 10, Latencies.empty()), new Limits());
        assertTrue(report.passed());
        assertTrue(report.explanation().contains("1 errors on the way"), report.explanation());
        assertTrue(report.explanation().contains("max-errors is not set"), report.explanation());

        Limits limits = new Limits();
        limits.set(Limits.Kind.MAX_ERRORS, 3);
        assertTrue(report.judgedBy(limits).explanation().contains("within max-errors"));
        limits.set(Limits.Kind.MAX_ERRORS, 0);
        assertTrue(report.judgedBy(limits).explanation().contains("max-errors was not kept: 1 instead of 0"));
    }

    @Test
    void html_namesTargetSeedSizeCommandAndLimits() throws IOException {
        Path file = directory.resolve("named.html");
        HtmlReport.write(chaosReport(run(10, 11, Latencies.empty()), new ChaosResult(1, 0, 2), new Limits()), file);

        String html = rendered(file);

        for (String fact : List.of(
                "hearth.example:8883, TLS",
                "<dd>13</dd>",
                "40 devices, 20 connections",
                "60 s",
                "simulate --host hearth.example",
                "max-unacknowledged",
                "min-lost-connections",
                "1 commands run, 0 failed, 2 connections lost")) {
            assertTrue(html.contains(fact), fact);
        }
    }

    @Test
    void html_onANarrowPage_hasPlotsAndRowsOfItsWidth() throws IOException {
        Path file = directory.resolve("narrow.html");
        HtmlReport.write(report(run(3_000, 12, Latencies.empty()), new Limits()), file);

        assertTrue(Files.readString(file).contains("@media (max-width: 640px)"));
        String html = rendered(file);
        assertEquals(6, html.split("<svg class=\"narrow\" viewBox=\"0 0 344 200\"", -1).length - 1);
        assertTrue(html.contains("<td data-name=\"p99.9 ms\">"));
    }

    @Test
    void read_reportOfFormat2_isReadWithoutSetupAndChaos() throws IOException {
        Path file = directory.resolve("old.json");
        RunReport report = chaosReport(run(100, 13, Latencies.empty()), new ChaosResult(1, 0, 2), new Limits());
        ReportJson.write(report, file);
        ObjectMapper json = new ObjectMapper();
        ObjectNode old = (ObjectNode) json.readTree(Files.readAllBytes(file));
        old.put("format", 2);
        old.remove(List.of("setup", "chaos", "explanation"));
        Files.write(file, json.writeValueAsBytes(old));

        RunReport read = ReportJson.read(file);

        assertEquals(100, read.acknowledged());
        assertNull(read.setup());
        assertNull(read.chaos());
    }

    @Test
    void timeline_longRun_keepsItsCountsInFewerPoints() {
        Timeline timeline = new Timeline();
        for (int second = 0; second < 5_000; second++) {
            timeline.add(new Timeline.Point(
                    1_000_000 + second, 1_000, 3, 2, 1, 0, 10, Latencies.empty(), 0, Latencies.empty()));
        }
        assertTrue(timeline.points().size() <= Timeline.MAX_POINTS);
        assertEquals(16, timeline.stepSeconds());
        assertEquals(
                15_000,
                timeline.points().stream().mapToLong(Timeline.Point::sent).sum());
        Timeline.Point middle = timeline.points().stream().skip(100).findFirst().orElseThrow();
        assertEquals(3, middle.perSecond(middle.sent()), 1e-9);
        assertEquals(10, middle.connected());

        Timeline other = new Timeline();
        other.add(new Timeline.Point(
                middle.epochSecond() + 5, 1_000, 7, 7, 0, 0, 1, Latencies.empty(), 0, Latencies.empty()));
        Timeline merged = other.mergedWith(timeline);
        assertEquals(16, merged.stepSeconds());
        assertEquals(
                15_007, merged.points().stream().mapToLong(Timeline.Point::sent).sum());
        assertEquals(
                11,
                merged.points().stream()
                        .filter(point -> point.epochSecond() == middle.epochSecond())
                        .findFirst()
                        .orElseThrow()
                        .connected());
    }

    @Test
    void html_hostileNames_areEscapedAndThePlotsAreWellFormed() throws Exception {
        Path file = directory.resolve("report.html");
        HtmlReport.write(report(run(3_000, 6, Latencies.empty()), new Limits()), file);

        assertFalse(Files.readString(file).matches("(?s).*(src|href|url\\(|import).*"), "needs nothing from elsewhere");
        String html = rendered(file);

        assertTrue(html.contains("Some &quot;run&quot; &lt;1&gt;"));
        assertFalse(html.contains("<&>") || html.contains("<reset>") || html.contains("kill -9 & wait"));
        assertFalse(html.matches("(?s).*(src|href)=.*"), "needs nothing from elsewhere");
        int plots = 0;
        for (int at = html.indexOf("<figure"); at >= 0; at = html.indexOf("<figure", at + 1)) {
            String figure = html.substring(at, html.indexOf("</figure>", at) + "</figure>".length());
            DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(figure)));
            assertFalse(figure.contains("NaN") || figure.contains("Infinity"), figure);
            plots++;
        }
        assertEquals(6, plots);
    }

    @Test
    void html_namesThatEndScriptsOrStandForTheReport_areShownAsTheyAre() throws Exception {
        String hostile = "</script><script>alert(1)</script><!-- {{report}} \u2028 \\ ${1} ` ]]>";
        RunStats stats = run(10, 14, Latencies.empty());
        stats.error(hostile);
        stats.event(hostile);
        stats.badClient(hostile, hostile);
        stats.shadow().rejected(hostile);
        RunSetup setup = new RunSetup(hostile, List.of(Long.MAX_VALUE), 1, 1, hostile, List.of(hostile));
        Path file = directory.resolve("hostile.html");
        HtmlReport.write(RunReport.of(stats, hostile, setup, true, null, null, new Limits()), file);

        String html = rendered(file);

        String shown = hostile.replace("<", "&lt;").replace(">", "&gt;");
        for (String cell : List.of(
                "<h1>%s</h1>",
                "<dd>%s</dd>",
                "<td data-name=\"reason\">%s</td>",
                "<td data-name=\"kind\">%s</td>",
                "<td data-name=\"outcome\">%s</td>",
                "<td data-name=\"what\">rejected: %s</td>",
                "<td data-name=\"what\">%s</td>")) {
            assertTrue(html.contains(cell.replace("%s", shown)), html);
        }
        assertFalse(html.contains("<script"), html);
        assertTrue(html.contains("<dd>9223372036854775807</dd>"), "a seed keeps all its digits");
    }

    /** What a browser's page would hold; Node.js runs the page's script. */
    private String rendered(Path file) throws IOException {
        Path script = directory.resolve("render.js");
        try (InputStream in = Objects.requireNonNull(ReportTest.class.getResourceAsStream("render.js"))) {
            Files.copy(in, script, StandardCopyOption.REPLACE_EXISTING);
        }
        Process node = new ProcessBuilder("node", script.toString(), file.toString())
                .redirectError(directory.resolve("node.log").toFile())
                .start();
        String html = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            assertEquals(0, node.waitFor(), Files.readString(directory.resolve("node.log")));
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return html;
    }

    @Test
    void liveView_eachUpdate_writesOverTheOneBefore() {
        RunStats stats = run(100, 7, Latencies.empty());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        LiveView view = new LiveView(
                stats,
                new RunPlan("town", Duration.ofSeconds(10), Long.MAX_VALUE, 5),
                new PrintStream(bytes, true, StandardCharsets.UTF_8));
        view.update(stats.sample(System.nanoTime()), START + 5_000_000_000L);
        String first = bytes.toString(StandardCharsets.UTF_8);
        bytes.reset();
        view.update(stats.sample(System.nanoTime()), START + 6_000_000_000L);
        String second = bytes.toString(StandardCharsets.UTF_8);

        long lines = first.chars().filter(c -> c == '\n').count();
        assertTrue(first.contains("town") && first.contains("50 %") && first.contains("connection lost"), first);
        assertTrue(second.startsWith("\u001b[" + lines + "A"), second);
        assertTrue(second.contains("60 %"), second);
    }

    @Test
    void progressDisplay_eachUpdate_isOnePlainLine() {
        RunStats stats = run(100, 8, Latencies.empty());
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ProgressDisplay display = new ProgressDisplay(stats, new PrintStream(bytes, true, StandardCharsets.UTF_8));
        display.update(stats.sample(System.nanoTime()), START + 5_000_000_000L);
        String text = bytes.toString(StandardCharsets.UTF_8);

        assertEquals(1, text.lines().count());
        assertTrue(text.contains("   5s  sent 100  acked 100") && !text.contains("\u001b"), text);
    }
}
