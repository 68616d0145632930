package io.hearth.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hearth.HearthProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sealing by itself, in the packaged service. */
class SealScheduleIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @Test
    void endedDay_isSealedByItself_alsoWhenReadingsComeLate_andStoppingDoesNotWait() throws Exception {
        Map<String, String> settings = Map.of("HEARTH_SERIES_SEAL_AFTER", "0s", "HEARTH_SERIES_SEAL_INTERVAL", "50ms");
        try (HearthProcess hearth = HearthProcess.start(settings)) {
            Instant dayBefore = Instant.now().truncatedTo(ChronoUnit.DAYS).minus(Duration.ofDays(1));
            store(hearth, dayBefore);
            await().atMost(Duration.ofSeconds(90))
                    .untilAsserted(() -> assertThat(sealedReadings(hearth)).isEqualTo(1));

            store(hearth, dayBefore.plusSeconds(1));
            await().atMost(Duration.ofSeconds(90))
                    .untilAsserted(() -> assertThat(sealedReadings(hearth)).isEqualTo(3));

            long startNanos = System.nanoTime();
            hearth.stop();
            assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(Duration.ofSeconds(60));
            assertThat(hearth.log()).doesNotContain("Sealing failed").doesNotContain("not loaded ahead");
        }
    }

    @Test
    void share_ofMoreThanACore_isRefusedAtStart_inOneLine() {
        assertThatThrownBy(() -> HearthProcess.start(Map.of("HEARTH_SERIES_SEAL_SHARE", "2")))
                .hasMessageContaining("Hearth cannot start")
                .hasMessageContaining("HEARTH_SERIES_SEAL_SHARE");
    }

    private static void store(HearthProcess hearth, Instant time) throws IOException, InterruptedException {
        String body = "{\"ts\":\"%s\",\"values\":{\"a\":1}}".formatted(time);
        HttpRequest request = request(hearth, "/api/v1/devices/d1/readings")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body))
                .build();
        assertThat(CLIENT.send(request, BodyHandlers.ofString(UTF_8)).statusCode())
                .isEqualTo(200);
    }

    private static double sealedReadings(HearthProcess hearth) throws IOException, InterruptedException {
        return CLIENT.send(request(hearth, "/q/metrics").build(), BodyHandlers.ofString(UTF_8))
                .body()
                .lines()
                .filter(line -> line.startsWith("hearth_series_sealed_readings_total "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    private static HttpRequest.Builder request(HearthProcess hearth, String path) {
        return HttpRequest.newBuilder(hearth.httpUri().resolve(path))
                .header("Authorization", "Bearer " + hearth.adminToken());
    }
}
