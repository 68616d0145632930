package io.hearth.simulator.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.simulator.ledger.Delivery;
import io.hearth.simulator.ledger.Ledger;
import io.hearth.simulator.publish.Mosquitto;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The scenarios that come with the simulator, in short, against a bare Mosquitto. */
@Timeout(120)
class ScenarioIT {

    private static final Path SCENARIOS = Path.of("scenarios");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    @SuppressWarnings("NullAway.Init") // set by start
    private Mosquitto mosquitto;

    @BeforeEach
    void start() throws IOException {
        mosquitto = new Mosquitto(directory);
        mosquitto.start();
    }

    @AfterEach
    void stop() {
        mosquitto.close();
    }

    private int simulate(String... arguments) {
        List<String> line =
                new ArrayList<>(List.of("simulate", "--quiet", "--port", Integer.toString(mosquitto.port())));
        line.addAll(List.of(arguments));
        return execute(line.toArray(new String[0]));
    }

    private int execute(String... arguments) {
        CommandLine commandLine = Main.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        return commandLine.execute(arguments);
    }

    private JsonNode report() throws IOException {
        return new ObjectMapper().readTree(Files.readAllBytes(directory.resolve("report.json")));
    }

    /** A busy machine may miss the scenarios' limits on time, so here they only have to lose nothing. */
    private JsonNode play(String scenario, String duration, double scale) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                "--scenario",
                SCENARIOS.resolve(scenario).toString(),
                "--duration",
                duration,
                "--scale",
                Double.toString(scale),
                "--max-p99",
                "1h",
                "--max-connect-p99",
                "1h",
                "--min-rate",
                "1",
                "--ledger",
                directory.resolve("ledger").toString(),
                "--report-json",
                directory.resolve("report.json").toString(),
                "--report-html",
                directory.resolve("report.html").toString()));
        if (scenario.equals("shadows.yaml")) {
            line.addAll(List.of("--max-shadow-p99", "1h"));
        }
        int code = simulate(line.toArray(new String[0]));
        assertEquals(ExitCode.OK, code, () -> out + "" + err);
        JsonNode report = report();
        assertEquals(0, report.get("unacknowledged").longValue());
        assertEquals(0, report.get("unsent").longValue());
        assertTrue(report.get("sent").longValue() > 0);
        assertTrue(Files.readString(directory.resolve("report.html")).contains("</html>"));
        assertEquals(report.get("sentReadings").longValue(), ledgerReadings());
        return report;
    }

    /** What is in the ledger, of which no device has two readings at one time. */
    private long ledgerReadings() throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (Ledger ledger = Ledger.open(directory.resolve("ledger"))) {
            for (String device : ledger.deviceIds()) {
                Set<Long> keys = new TreeSet<>();
                ledger.read(device, entry -> {
                    count.incrementAndGet();
                    long key = entry.timed() ? entry.deviceTimeMicros() : entry.sequence();
                    assertTrue(keys.add(key), device + " has two readings of " + key);
                    assertEquals(Delivery.ACKNOWLEDGED, entry.delivery());
                });
            }
        }
        return count.get();
    }

    @Test
    void scenarios_eachFile_isPlayedByATestOfThisClass() throws IOException {
        Set<String> tested = Set.of(
                "street.yaml",
                "rough-network.yaml",
                "reconnect-storm.yaml",
                "hostile.yaml",
                "shadows.yaml",
                "ten-thousand.yaml",
                "chaos.yaml");
        try (Stream<Path> files = Files.list(SCENARIOS)) {
            assertEquals(
                    new TreeSet<>(tested),
                    files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new)));
        }
    }

    @Test
    void simulate_street_playsItsPhasesAndItsBurst() throws IOException {
        JsonNode report = play("street.yaml", "2s", 0.1);

        assertEquals(3, report.get("phases").size());
        assertEquals("morning", report.get("phases").get(0).get("name").asText());
        assertEquals(1, report.get("events").size());
        assertTrue(
                report.get("sentReadings").longValue() > report.get("sent").longValue(), "air monitors send batches");
    }

    @Test
    void simulate_roughNetwork_doublesDelaysAndFillsBackAndEveryReadingIsAcknowledgedOnce() throws IOException {
        JsonNode report = play("rough-network.yaml", "3s", 0.3);

        assertTrue(report.get("duplicates").longValue() > 0);
        assertTrue(report.get("reconnects").longValue() > 0);
        assertTrue(
                report.get("sentReadings").longValue() > report.get("sent").longValue(),
                "what was measured while away is sent in batches");
        assertEquals(0, report.get("errors").size());
    }

    @Test
    void simulate_reconnectStorm_everyConnectionComesBack() throws IOException {
        JsonNode report = play("reconnect-storm.yaml", "2s", 0.1);

        assertEquals(2, report.get("events").size());
        assertTrue(
                report.get("reconnects").longValue() >= 500,
                () -> report.get("reconnects").toString());
        assertTrue(report.get("connectMillis").get("count").longValue() >= 1_000);
    }

    @Test
    void simulate_hostile_countsWhatBecameOfEachKindOfClientAndHonestOnesLoseNothing() throws IOException {
        JsonNode report = play("hostile.yaml", "2s", 0.2);

        JsonNode clients = report.get("badClients");
        assertEquals(10, clients.size(), clients::toString);
        assertTrue(clients.get("malformed").get("acknowledged").longValue() > 0, clients::toString);
        assertTrue(clients.get("oversized").get("acknowledged").longValue() > 0, clients::toString);
        assertTrue(clients.get("bad-length").get("closed by the server").longValue() > 0, clients::toString);
        assertTrue(clients.get("half-packet").get("cut by the client").longValue() > 0, clients::toString);
        // This Mosquitto lets everybody in.
        assertTrue(clients.get("wrong-password").get("let in").longValue() > 0, clients::toString);
        assertEquals(0, report.get("errors").size());
    }

    @Test
    void simulate_tenThousandInShort_holdsItsConnectionsAndItsRate() throws IOException {
        JsonNode report = play("ten-thousand.yaml", "2s", 0.2);

        assertEquals(2_000, report.get("connectMillis").get("count").longValue());
        // 1 s at 200/s, then 1 s rising to 600/s.
        assertEquals(200 + 400, report.get("sent").longValue(), 2);
    }

    @Test
    void simulate_shadows_devicesReportWhatAppsAskForAndRejectionsAreCounted() throws Exception {
        try (ShadowResponder responder = new ShadowResponder(mosquitto.port())) {
            JsonNode report = play("shadows.yaml", "3s", 0.2);

            JsonNode shadow = report.get("shadow");
            long desired = shadow.get("desired").longValue();
            long rejected = shadow.get("rejected").get("429 Too many").longValue();
            assertTrue(desired > 200, shadow::toString);
            assertEquals(desired / 10, rejected, 1);
            assertEquals(desired - rejected, shadow.get("deltas").longValue());
            assertEquals(desired - rejected, shadow.get("reported").longValue());
            assertEquals(2 * (desired - rejected), shadow.get("accepted").longValue());
            assertEquals(0, shadow.get("unanswered").longValue());
            assertEquals(
                    desired - rejected,
                    shadow.get("writeToDeltaMillis").get("count").longValue());
        }
    }

    @Test
    void simulate_chaosRestartsTheBroker_everythingIsAcknowledgedAndTheCommandsAreLogged() throws Exception {
        mosquitto.writePid();
        Path log = directory.resolve("chaos.log");
        try {
            int code = simulate(
                    "--scenario",
                    SCENARIOS.resolve("chaos.yaml").toString(),
                    "--duration",
                    "4s",
                    "--scale",
                    "0.3",
                    "--chaos-command",
                    mosquitto.restartCommand(),
                    "--chaos-every",
                    "1s",
                    "--chaos-after",
                    "500ms",
                    "--chaos-times",
                    "2",
                    "--chaos-seed",
                    "5",
                    "--chaos-log",
                    log.toString(),
                    "--report-json",
                    directory.resolve("report.json").toString());

            assertEquals(ExitCode.OK, code, () -> out + "" + err);
            assertEquals(2, Files.readAllLines(log, StandardCharsets.UTF_8).size(), () -> err.toString());
            assertTrue(Files.readString(log).contains("chaos 2 (seed 5): kill -9"));
            JsonNode report = report();
            assertTrue(report.get("reconnects").longValue() >= 30, () -> out.toString());
            assertEquals(2, report.get("events").size());
            assertEquals(600, report.get("acknowledged").longValue(), 1);
        } finally {
            mosquitto.killRestarted();
        }
    }

    @Test
    void simulate_chaosThatKillsNothing_isNoPass() throws IOException {
        int code = simulate(
                "--scenario",
                SCENARIOS.resolve("chaos.yaml").toString(),
                "--duration",
                "1s",
                "--scale",
                "0.1",
                "--chaos-command",
                "true",
                "--chaos-every",
                "200ms",
                "--chaos-times",
                "1",
                "--report-json",
                directory.resolve("report.json").toString());

        assertEquals(ExitCode.FAILED, code, () -> out + "" + err);
        assertTrue(out.toString().contains("killed nothing that this run could see"), out::toString);
        JsonNode report = report();
        assertEquals(1, report.get("chaos").get("commandsRun").longValue());
        assertEquals(
                "127.0.0.1:" + mosquitto.port(),
                report.get("setup").get("target").asText());
        assertEquals(13, report.get("setup").get("seeds").get(0).longValue());
        String command = report.get("setup").get("commands").get(0).asText();
        assertTrue(command.startsWith("simulate --quiet --port "), command);
        assertTrue(command.contains(" --chaos-command true "), command);
    }

    @Test
    void simulate_chaosWithoutItsVariable_isRefusedByName() {
        int code = simulate("--scenario", SCENARIOS.resolve("chaos.yaml").toString());

        assertEquals(ExitCode.USAGE, code);
        assertTrue(err.toString().contains("needs the environment variable HEARTH_RESTART"), err::toString);
    }

    @Test
    void simulate_chaosCommandFails_isAnErrorInTheReport() throws IOException {
        int code = simulate(
                "--duration",
                "1s",
                "--rate",
                "20",
                "--client",
                "raw",
                "--chaos-command",
                "exit 3",
                "--chaos-every",
                "200ms",
                "--chaos-times",
                "1",
                "--max-errors",
                "0",
                "--report-json",
                directory.resolve("report.json").toString());

        assertEquals(ExitCode.FAILED, code);
        assertEquals(
                1, report().get("errors").get("chaos command failed: exit 3").longValue());
    }

    @Test
    void reportMerge_ofTwoParts_isTheWholeFleet() throws IOException {
        for (int part = 1; part <= 2; part++) {
            simulate(
                    "--scenario",
                    SCENARIOS.resolve("reconnect-storm.yaml").toString(),
                    "--duration",
                    "1s",
                    "--scale",
                    "0.005",
                    "--part",
                    part + "/2",
                    "--report-json",
                    directory.resolve(part + ".json").toString());
        }

        int code = execute(
                "report",
                "merge",
                directory.resolve("1.json").toString(),
                directory.resolve("2.json").toString(),
                "--max-errors",
                "0",
                "--report-json",
                directory.resolve("report.json").toString(),
                "--report-html",
                directory.resolve("report.html").toString());

        assertEquals(ExitCode.OK, code, () -> out + "" + err);
        JsonNode report = report();
        assertEquals(2, report.get("processes").intValue());
        assertEquals(
                report.get("acknowledged").longValue(),
                report.get("latencyMillis").get("count").longValue());
        assertTrue(report.get("connectMillis").get("count").longValue() >= 25);
    }

    @ParameterizedTest
    @CsvSource({"--max-p99,1ms,false", "--max-p99,1h,true", "--min-rate,1000000,false", "--min-rate,1,true"})
    void simulate_limit_decidesTheExitCode(String option, String limit, boolean passes) {
        // With 20,000 messages in flight at once no server answers 99 % within a millisecond.
        int code = simulate(
                "--devices",
                "20",
                "--client",
                "raw",
                "--rate",
                "max",
                "--window",
                "1000",
                "--messages",
                "20000",
                option,
                limit);

        assertEquals(passes ? ExitCode.OK : ExitCode.FAILED, code, () -> out + "" + err);
        assertTrue(out.toString().contains(passes ? "passed" : "EXCEEDED"), out::toString);
    }
}
