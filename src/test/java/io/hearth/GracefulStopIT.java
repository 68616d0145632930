package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM under load: not ready first, then everything that was taken in is stored and acknowledged, and it ends in time. */
class GracefulStopIT {
    private static final int STOPS = 2;

    /** Orchestrators give it as long before they kill it, the chart of this repository twice as long. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    @Test
    void terminate_underLoad_isNotReadyFirst_losesNothing_andEndsInTime() throws Exception {
        long longestMillis = 0;
        try (LoadedService loaded = LoadedService.start(
                directory,
                Map.of("QUARKUS_SHUTDOWN_DELAY", "1s"),
                Fleet.of(50, 2_000).with("--no-ts"))) {
            for (int stop = 0; stop < STOPS; stop++) {
                HearthProcess hearth = loaded.process();
                loaded.fleet().awaitAcknowledged(2_000);
                assertThat(hearth.client().ready()).isEqualTo(200);
                // Somebody follows the stream, and must not hold it up.
                var unused = HttpClient.newHttpClient()
                        .sendAsync(hearth.client().request("/api/v1/stream").build(), BodyHandlers.discarding());
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
                loaded.startAgain();
            }
            long acknowledged = loaded.assertNothingLost();
            System.out.printf(
                    "GracefulStopIT: %d stops under load, the longest %d ms with 1 s of not being ready; %d readings"
                            + " stored once%n",
                    STOPS, longestMillis, acknowledged);
        }
    }

    /** The answers of the readiness probe until the service is gone. */
    private static Set<Integer> readinessUntilEnd(HearthProcess hearth) throws InterruptedException {
        Set<Integer> seen = new TreeSet<>();
        HearthClient client = hearth.client();
        while (hearth.isRunning()) {
            try {
                seen.add(client.ready());
            } catch (IOException e) {
                seen.add(0); // nobody listens any more
            }
        }
        return seen;
    }
}
