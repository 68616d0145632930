package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The service is killed under load, while what has just arrived is sealed and rolled up all the time: the day under way counts as ended, so
 * every pass merges the newest runs into the chunk of the day before.
 */
class SealingKillIT {
    private static final int KILLS = 3;
    private static final Map<String, String> SEALING = Map.of(
            "HEARTH_SERIES_SEAL_AFTER", "PT-24H",
            "HEARTH_SERIES_SEAL_INTERVAL", "10ms",
            "HEARTH_SERIES_SEAL_SHARE", "0.5",
            "HEARTH_SERIES_ROLLUPS", "1m for 1y, 1d for 2y");

    @TempDir
    Path directory;

    @Test
    void kill_whileSealingAndRollingUp_losesAndDoublesNothingAcknowledged() throws Exception {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        try (LoadedService loaded =
                LoadedService.start(directory, SEALING, Fleet.of(20, 1_000).with("--seed", seed))) {
            for (int kill = 0; kill < KILLS; kill++) {
                awaitSealing(loaded.client());
                loaded.fleet().awaitAcknowledged(1 + random.nextInt(700));
                loaded.killAndStartAgain();
            }
            awaitSealing(loaded.client());
            loaded.fleet().awaitAcknowledged(100);
            assertThat(loaded.assertNothingLost()).isGreaterThan(KILLS * 100);
            JsonNode devices = loaded.client().json("/api/v1/devices?limit=100").get("devices");
            assertThat(devices).hasSize(20);
            for (JsonNode device : devices) {
                assertAggregatesAgree(loaded.client(), device.get("device").asText());
            }
            assertThat(loaded.process().log())
                    .doesNotContain("cannot be sealed")
                    .doesNotContain("Sealing failed");
        }
    }

    private static void awaitSealing(HearthClient client) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .untilAsserted(() -> assertThat(client.metric("hearth_series_sealed_readings_total"))
                        .isPositive());
    }

    /** What rollups say of a day against what its readings come to. */
    private static void assertAggregatesAgree(HearthClient client, String device) throws Exception {
        // A whole day in any case, also when the test runs over midnight.
        Instant from = Instant.now().truncatedTo(ChronoUnit.DAYS).minus(1, ChronoUnit.DAYS);
        String range = "from=" + from + "&to=" + from.plus(3, ChronoUnit.DAYS);
        String path = "/api/v1/devices/" + device + "/readings";
        Map<String, DoubleSummaryStatistics> expected = new HashMap<>();
        for (String cursor = ""; cursor != null; ) {
            JsonNode page = client.json(path + "?" + range + "&limit=10000" + cursor);
            for (JsonNode reading : page.get("readings")) {
                reading.get("values").properties().forEach(value -> {
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
            JsonNode buckets = client.json(path + "/aggregate?" + range + "&every=" + every + "&fn=count,min,max,sum")
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
}
