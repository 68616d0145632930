package io.hearth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM under load: not ready first, then everything that was taken in is stored and acknowledged, and it ends in time. */
class GracefulStopIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final int STOPS = 3;
    private static final Duration LIMIT = Duration.ofSeconds(10);

    @TempDir
    Path directory;

    @Test
    void terminate_underLoad_isNotReadyFirst_losesNothing_andEndsWithinTenSeconds() throws Exception {
        HearthProcess hearth =
                HearthProcess.start(directory, Map.of("QUARKUS_SHUTDOWN_DELAY", "1s", "HEARTH_SERIES_SEAL", "off"));
        Map<String, String> samePorts = new HashMap<>(Map.of(
                "QUARKUS_SHUTDOWN_DELAY",
                "1s",
                "QUARKUS_HTTP_PORT",
                String.valueOf(hearth.httpUri().getPort()),
                "HEARTH_MQTT_PORT",
                String.valueOf(hearth.mqttPort())));
        Path ledger = directory.resolve("ledger");
        long longestMillis = 0;
        try (Simulator simulator = Simulator.start(
                directory.resolve("simulate.log"),
                "simulate",
                "--port",
                String.valueOf(hearth.mqttPort()),
                "--password",
                hearth.devicePassword(),
                "--devices",
                "50",
                "--rate",
                "2000",
                "--duration",
                "10m",
                "--client",
                "raw",
                "--no-ts",
                "--ledger",
                ledger.toString())) {
            simulator.awaitAcknowledged();
            for (int stop = 0; stop < STOPS; stop++) {
                // The moment is what varies: not a wait for something that could be awaited.
                TimeUnit.MILLISECONDS.sleep(1500);
                assertThat(simulator.isRunning()).as(simulator.log()).isTrue();
                assertThat(ready(hearth)).isEqualTo(200);
                // Somebody follows the stream, and must not hold it up.
                CLIENT.sendAsync(request(hearth, "/api/v1/stream").build(), BodyHandlers.discarding());
                long startNanos = System.nanoTime();
                hearth.terminate();
                Set<Integer> seen = readinessUntilEnd(hearth);
                long millis = Duration.ofNanos(System.nanoTime() - startNanos).toMillis();
                longestMillis = Math.max(longestMillis, millis);
                assertThat(hearth.awaitExit()).as(hearth.log()).isEqualTo(143);
                assertThat(Duration.ofMillis(millis)).as(hearth.log()).isLessThan(LIMIT);
                assertThat(seen).as("not ready before it was gone").contains(503);
                assertThat(hearth.log())
                        .contains("stopped: all that was acknowledged is stored")
                        .doesNotContain("ERROR");
                hearth = HearthProcess.start(directory, samePorts);
            }
            simulator.stop();
        }
        try (Simulator verify = Simulator.verify(directory.resolve("verify.log"), ledger, hearth)) {
            int exitCode = verify.await();
            assertThat(exitCode).as(verify.log()).isZero();
            System.out.printf(
                    "GracefulStopIT: %d stops under load, the longest %d ms with 1 s of not being ready; %s%n",
                    STOPS,
                    longestMillis,
                    verify.log().lines().reduce((one, last) -> last).orElse(""));
        } finally {
            hearth.kill();
        }
    }

    /** The answers of the readiness probe until the service is gone. */
    private static Set<Integer> readinessUntilEnd(HearthProcess hearth) throws InterruptedException {
        Set<Integer> seen = new TreeSet<>();
        while (hearth.isRunning()) {
            try {
                seen.add(ready(hearth));
            } catch (IOException e) {
                seen.add(0); // nobody listens any more
            }
        }
        return seen;
    }

    private static int ready(HearthProcess hearth) throws IOException, InterruptedException {
        return CLIENT.send(
                        HttpRequest.newBuilder(hearth.httpUri().resolve("/q/health/ready"))
                                .timeout(Duration.ofSeconds(5))
                                .build(),
                        BodyHandlers.ofString(UTF_8))
                .statusCode();
    }

    private static HttpRequest.Builder request(HearthProcess hearth, String path) {
        return HttpRequest.newBuilder(hearth.httpUri().resolve(path))
                .header("Authorization", "Bearer " + hearth.adminToken());
    }
}
