package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's first command: what it prints works as printed. */
class DemoIT {
    @TempDir
    Path directory;

    @Test
    void demo_printedCalls_answerReadingsOfTheSimulatedDevices() throws Exception {
        Path output = directory.resolve("output");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "src/demo/Demo.java");
        builder.environment().put("QUARKUS_HTTP_PORT", String.valueOf(FreePort.next()));
        builder.environment().put("HEARTH_MQTT_PORT", String.valueOf(FreePort.next()));
        builder.environment().put("HEARTH_DATA_DIR", directory.resolve("data").toString());
        Process demo = builder.redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            await().atMost(Duration.ofSeconds(60)).until(() -> calls(output).size() == 3);
            List<String> calls = calls(output);

            await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> {
                assertThat(run(calls.get(0))).contains("\"sim-0\"", "\"sim-4\"");
                assertThat(run(calls.get(1))).contains("\"device\":\"sim-0\"", "\"value\":");
                assertThat(run(calls.get(2))).contains("\"device\":\"sim-0\"", "\"values\":");
            });
        } finally {
            demo.descendants().forEach(ProcessHandle::destroy);
            demo.destroy();
            demo.waitFor();
        }
    }

    private static List<String> calls(Path output) {
        try {
            return Files.readAllLines(output).stream()
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
