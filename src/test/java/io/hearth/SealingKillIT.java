package io.hearth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * As {@link KillIT}, while what has just arrived is sealed and rolled up all the time: the day under way counts as ended, so
 * every pass merges the newest runs into the chunk of the day before.
 */
class SealingKillIT {
    private static final int KILLS = 5;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path directory;

    @Test
    void kill_whileSealingAndRollingUp_losesAndDoublesNothingAcknowledged() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("SealingKillIT -Dseed=" + seed);
        Random random = new Random(seed);
        Map<String, String> settings = new HashMap<>(Map.of(
                "HEARTH_SERIES_SEAL_AFTER", "PT-24H",
                "HEARTH_SERIES_SEAL_INTERVAL", "10ms",
                "HEARTH_SERIES_SEAL_SHARE", "0.5",
                "HEARTH_SERIES_ROLLUPS", "1m for 1y, 1d for 2y"));
        HearthProcess hearth = HearthProcess.start(directory, settings);
        settings.put("QUARKUS_HTTP_PORT", String.valueOf(hearth.httpUri().getPort()));
        settings.put("HEARTH_MQTT_PORT", String.valueOf(hearth.mqttPort()));
        Path ledger = directory.resolve("ledger");
        try (Simulator simulator = Simulator.start(
                directory.resolve("simulate.log"),
                "simulate",
                "--port",
                String.valueOf(hearth.mqttPort()),
                "--password",
                hearth.devicePassword(),
                "--devices",
                "20",
                "--rate",
                "1000",
                "--duration",
                "10m",
                "--client",
                "raw",
                "--ledger",
                ledger.toString(),
                "--seed",
                String.valueOf(seed),
                "--with-ts")) {
            for (int kill = 0; kill < KILLS; kill++) {
                awaitSealing(hearth);
                // The moment of the kill is what varies: not a wait for something that could be awaited.
                TimeUnit.MILLISECONDS.sleep(random.nextInt(700));
                hearth.kill();
                hearth = HearthProcess.start(directory, settings);
            }
            awaitSealing(hearth);
            assertThat(simulator.isRunning()).as(simulator.log()).isTrue();
            simulator.stop();
        } catch (ConditionTimeoutException | AssertionError e) {
            // Not left behind, to keep the machine busy for the tests that follow.
            hearth.kill();
            throw e;
        }
        try (Simulator verify = Simulator.verify(directory.resolve("verify.log"), ledger, hearth)) {
            assertThat(verify.await()).as(verify.log()).isZero();
            JsonNode devices = get(hearth, "/api/v1/devices?limit=100").get("devices");
            assertThat(devices).hasSize(20);
            for (JsonNode device : devices) {
                assertAggregatesAgree(hearth, device.get("device").asText());
            }
            assertThat(hearth.log()).doesNotContain("cannot be sealed").doesNotContain("Sealing failed");
        } finally {
            hearth.kill();
        }
    }

    private static void awaitSealing(HearthProcess hearth) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(sealedReadings(hearth)).isPositive());
    }

    /** What rollups say of a day against what its readings come to. */
    private static void assertAggregatesAgree(HearthProcess hearth, String device) throws Exception {
        // A whole day in any case, also when the test runs over midnight.
        Instant from = Instant.now().truncatedTo(ChronoUnit.DAYS).minus(1, ChronoUnit.DAYS);
        String range = "from=" + from + "&to=" + from.plus(3, ChronoUnit.DAYS);
        String path = "/api/v1/devices/" + device + "/readings";
        Map<String, DoubleSummaryStatistics> expected = new HashMap<>();
        for (String cursor = ""; cursor != null; ) {
            JsonNode page = get(hearth, path + "?" + range + "&limit=10000" + cursor);
            for (JsonNode reading : page.get("readings")) {
                reading.get("values").fields().forEachRemaining(value -> {
                    if (value.getValue().isNumber()) {
                        expected.computeIfAbsent(value.getKey(), metric -> new DoubleSummaryStatistics())
                                .accept(value.getValue().asDouble());
                    }
                });
            }
            JsonNode next = page.get("nextCursor");
            cursor = next.isNull() ? null : "&cursor=" + next.asText();
        }
        assertThat(expected).isNotEmpty();
        for (String every : new String[] {"1m", "1w"}) {
            JsonNode buckets = get(hearth, path + "/aggregate?" + range + "&every=" + every + "&fn=count,min,max,sum")
                    .get("buckets");
            expected.forEach((metric, its) -> {
                DoubleSummaryStatistics found = new DoubleSummaryStatistics();
                double sum = 0;
                long count = 0;
                for (JsonNode bucket : buckets) {
                    JsonNode values = bucket.get(metric);
                    if (values != null) {
                        count += values.get("count").asLong();
                        sum += values.get("sum").asDouble();
                        found.accept(values.get("min").asDouble());
                        found.accept(values.get("max").asDouble());
                    }
                }
                assertThat(count).as("%s %s", device, metric).isEqualTo(its.getCount());
                assertThat(found.getMin()).as("%s %s", device, metric).isEqualTo(its.getMin());
                assertThat(found.getMax()).as("%s %s", device, metric).isEqualTo(its.getMax());
                assertThat(sum).as("%s %s", device, metric).isCloseTo(its.getSum(), within(1e-6 * its.getCount()));
            });
        }
    }

    private static double sealedReadings(HearthProcess hearth) throws IOException, InterruptedException {
        return send(hearth, "/q/metrics")
                .lines()
                .filter(line -> line.startsWith("hearth_series_sealed_readings_total "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf(' '))))
                .findFirst()
                .orElse(0);
    }

    private static JsonNode get(HearthProcess hearth, String path) throws IOException, InterruptedException {
        return JSON.readTree(send(hearth, path));
    }

    private static String send(HearthProcess hearth, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(hearth.httpUri().resolve(path))
                .header("Authorization", "Bearer " + hearth.adminToken())
                .build();
        HttpResponse<String> response = CLIENT.send(request, BodyHandlers.ofString(UTF_8));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }
}
