package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's first command, as Maven runs it after the build: what it prints works, and it leaves nothing running. */
class DemoIT {
    private static final Duration LIMIT = Duration.ofMinutes(4);

    @TempDir
    Path directory;

    private final int httpPort = FreePort.next();
    private final int mqttPort = FreePort.next();
    private final List<ProcessHandle> started = new ArrayList<>();

    @AfterEach
    void endWhatIsLeft() {
        started.forEach(ProcessHandle::destroyForcibly);
    }

    @Test
    void demo_printedCalls_answer_andSigtermOfMavenEndsEverything() throws Exception {
        Process maven = start();
        await().atMost(LIMIT).until(() -> calls().size() == 3);
        remember(maven);
        List<String> calls = calls();

        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(run(calls.get(0))).contains("\"sim-0\"", "\"sim-4\"");
            assertThat(run(calls.get(1))).contains("\"device\":\"sim-0\"", "\"value\":");
            assertThat(run(calls.get(2))).contains("\"device\":\"sim-0\"", "\"values\":");
        });
        // What SIGINT and SIGHUP, from a terminal, are to a JVM, too.
        maven.destroy();
        assertAllEnd();
    }

    @Test
    void maven_killed_takesAllProcessesWithIt() throws Exception {
        Process maven = start();
        await().atMost(LIMIT).until(() -> calls().size() == 3);
        remember(maven);
        maven.destroyForcibly();
        assertAllEnd();
    }

    @Test
    void start_portTaken_isSaidInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(httpPort, 1, InetAddress.getLoopbackAddress())) {
            Process maven = start();
            remember(maven);

            assertThat(maven.waitFor()).isEqualTo(1);
            assertThat(Files.readAllLines(output()))
                    .filteredOn(line -> line.matches(".*[a-z]{2}.*") && !line.contains(" INFO "))
                    .singleElement()
                    .asString()
                    .contains("127.0.0.1:" + taken.getLocalPort(), "QUARKUS_HTTP_PORT");
        }
    }

    private void assertAllEnd() throws IOException {
        assertThat(started).as("Maven, the guard, the service, the simulator").hasSize(4);
        await().atMost(LIMIT).untilAsserted(() -> assertThat(started).noneMatch(ProcessHandle::isAlive));
        try (ServerSocket http = new ServerSocket(httpPort, 1, InetAddress.getLoopbackAddress());
                ServerSocket mqtt = new ServerSocket(mqttPort, 1, InetAddress.getLoopbackAddress())) {
            assertThat(List.of(http, mqtt)).allMatch(ServerSocket::isBound);
        }
    }

    /** Maven with the goals that the profile runs behind the build. */
    private Process start() throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder("mvn", "-q", "-o", "-Pdemo", "exec:exec@demo-classes", "exec:java@demo");
        builder.environment().put("QUARKUS_HTTP_PORT", String.valueOf(httpPort));
        builder.environment().put("HEARTH_MQTT_PORT", String.valueOf(mqttPort));
        builder.environment().put("HEARTH_DATA_DIR", directory.resolve("data").toString());
        return builder.redirectErrorStream(true)
                .redirectOutput(output().toFile())
                .start();
    }

    private void remember(Process maven) {
        started.add(maven.toHandle());
        maven.descendants().forEach(started::add);
    }

    private Path output() {
        return directory.resolve("output");
    }

    private List<String> calls() {
        try {
            return Files.readAllLines(output()).stream()
                    .map(String::strip)
                    .filter(line -> line.startsWith("curl "))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String run(String call) throws IOException, InterruptedException {
        Process shell =
                new ProcessBuilder("sh", "-c", call).redirectErrorStream(true).start();
        String answer = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(shell.waitFor()).as("%s answered %s", call, answer).isZero();
        return answer;
    }
}
