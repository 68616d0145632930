package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A fleet of simulated devices that publishes for as long as a test wants, and afterwards the proof that what was acknowledged
 * to it is stored: once, unchanged, and nothing of it among the dead letters. The simulator is a process of its own.
 */
public final class Fleet implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Pattern ACKNOWLEDGED = Pattern.compile("  acked (\\d+)");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Simulator simulator;
    private final Path directory;
    private final String prefix;
    private long acknowledgedReadings = -1;

    private Fleet(Simulator simulator, Path directory, String prefix) {
        this.simulator = simulator;
        this.directory = directory;
        this.prefix = prefix;
    }

    /** Devices that publish readings with a time, at QoS 1, until they are stopped. Lost connections are made again quickly. */
    public static final class Plan {
        private final List<String> arguments = new ArrayList<>();
        private String prefix = "fleet-";

        private Plan(int devices, int messagesPerSecond) {
            with("--devices", devices);
            with("--rate", messagesPerSecond);
            with("--client", "raw");
            with("--duration", "1h");
            with("--progress-every", "50ms");
            with("--reconnect-max", "200ms");
            with("--stop-timeout", "60s");
            // What was due while the service was away, and not sent before the end, is nobody's loss.
            with("--max-unsent", Integer.MAX_VALUE);
        }

        /** Adds an option of the simulator. */
        public Plan with(String option, Object value) {
            arguments.add(option);
            arguments.add(String.valueOf(value));
            return this;
        }

        /** Adds an option of the simulator that takes no value. */
        public Plan with(String option) {
            arguments.add(option);
            return this;
        }

        /** What the ids of the devices begin with: fleets that publish to one service need different ones. */
        public Plan prefix(String beginning) {
            prefix = beginning;
            return this;
        }

        /**
         * Has the fleet publish to a service that runs.
         *
         * @param directory for its ledger, reports and logs; of its own
         */
        public Fleet publishTo(HearthProcess hearth, Path directory) throws IOException {
            return with("--password", hearth.devicePassword()).publishTo(hearth.mqttPort(), directory);
        }

        /** Has the fleet publish to a broker that lets everybody in. */
        public Fleet publishTo(Mosquitto broker, Path directory) throws IOException {
            return publishTo(broker.port(), directory);
        }

        private Fleet publishTo(int port, Path directory) throws IOException {
            Files.createDirectories(directory);
            List<String> command = new ArrayList<>(List.of("simulate", "--port", String.valueOf(port)));
            command.addAll(arguments);
            command.addAll(List.of(
                    "--device-prefix",
                    prefix,
                    "--ledger",
                    directory.resolve("ledger").toString(),
                    "--report-json",
                    directory.resolve("report.json").toString()));
            Simulator simulator = Simulator.start(directory.resolve("simulate.log"), command.toArray(String[]::new));
            return new Fleet(simulator, directory, prefix);
        }
    }

    /** Plans a fleet that together publishes so many messages a second. */
    public static Plan of(int devices, int messagesPerSecond) {
        return new Plan(devices, messagesPerSecond);
    }

    /** How many messages have been acknowledged so far, as the fleet counts. */
    public long acknowledged() {
        long acknowledged = 0;
        for (Matcher matcher = ACKNOWLEDGED.matcher(simulator.endOfLog()); matcher.find(); ) {
            acknowledged = Long.parseLong(matcher.group(1));
        }
        return acknowledged;
    }

    /** Waits until so many more messages have been acknowledged than now. */
    public void awaitAcknowledged(long more) {
        long wanted = acknowledged() + more;
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).until(() -> {
            assertThat(simulator.isRunning()).as(simulator.log()).isTrue();
            return acknowledged() >= wanted;
        });
    }

    /** Stops it where it is, as a suspended machine is, so that it takes in no acknowledgement until {@link #resume}. */
    public void pause() throws IOException, InterruptedException {
        simulator.signal("STOP");
    }

    public void resume() throws IOException, InterruptedException {
        simulator.signal("CONT");
    }

    public boolean isRunning() {
        return simulator.isRunning();
    }

    /**
     * Has it publish nothing more and waits until it has ended. It must end well: with an acknowledgement for everything that
     * it has sent.
     *
     * @return how many readings were acknowledged to it
     */
    public long stop() throws IOException, InterruptedException {
        simulator.terminate();
        assertThat(simulator.await()).as(simulator.log()).isZero();
        JsonNode report = JSON.readTree(directory.resolve("report.json").toFile());
        assertThat(report.path("unacknowledged").asLong(-1)).isZero();
        acknowledgedReadings = report.path("acknowledgedReadings").asLong(-1);
        return acknowledgedReadings;
    }

    /** Checks, after {@link #stop}, that what was acknowledged is stored once and unchanged, and is in no dead letter. */
    public void verify(HearthProcess hearth) throws IOException, InterruptedException {
        verifyOnceCaughtUp(hearth, Duration.ZERO);
    }

    /** As {@link #verify}, where a broker may still have messages that arrive within {@code patience}. */
    public void verifyOnceCaughtUp(HearthProcess hearth, Duration patience) throws IOException, InterruptedException {
        assertThat(acknowledgedReadings).as("the fleet was stopped").isNotNegative();
        long deadline = System.nanoTime() + patience.toNanos();
        Path report = directory.resolve("verify.json");
        int exitCode;
        String log;
        do {
            try (Simulator verify = Simulator.verify(
                    directory.resolve("verify.log"),
                    directory.resolve("ledger"),
                    hearth,
                    "--min-acknowledged",
                    String.valueOf(Math.max(1, acknowledgedReadings)),
                    "--report-json",
                    report.toString())) {
                exitCode = verify.await();
                log = verify.log();
            }
        } while (exitCode != 0 && System.nanoTime() < deadline);
        assertThat(exitCode).as(log).isZero();
        assertThat(JSON.readTree(report.toFile()).path("acknowledged").asLong())
                .as("readings in the ledger, and as the fleet has counted")
                .isEqualTo(acknowledgedReadings);
        assertThat(hearth.client().deadLetters())
                .as("dead letters of the fleet")
                .noneMatch(letter -> letter.path("topic").asText().startsWith("devices/" + prefix));
    }

    /** Of how many readings the acknowledgement is proven. */
    public long acknowledgedReadings() {
        return acknowledgedReadings;
    }

    public String log() {
        return simulator.log();
    }

    /** Ends it at once, if it runs. */
    @Override
    public void close() {
        simulator.close();
    }
}
