package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthProcess;
import io.hearth.Seed;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * One random history around the last change of the clock, sealed in part and with late readings: the packaged service's range
 * query, export, aggregates and Prometheus API all answer what the raw readings come to.
 */
class AnswersAgreeIT {
    private static final ZoneId ZONE = ZoneId.of("Europe/Berlin");
    private static final int DAYS = 3;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void everyWayToAsk_agreesWithPlainRecomputation() throws Exception {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        LocalDate change = LocalDate.ofInstant(
                ZONE.getRules()
                        .previousTransition(Instant.now().minusSeconds(5 * 86_400))
                        .getInstant(),
                ZONE);
        LocalDate first = change.minusDays(1);
        Instant from = first.atStartOfDay(ZONE).toInstant();
        Instant to = first.plusDays(DAYS).atStartOfDay(ZONE).toInstant();
        TreeMap<Long, Double> readings = new TreeMap<>();
        for (int i = 0; i < 3000; i++) {
            long time = from.toEpochMilli() + random.nextLong(to.toEpochMilli() - from.toEpochMilli());
            readings.put(time, random.nextInt(2000) / 10.0 - 50);
        }
        Map<String, String> settings = Map.of(
                "HEARTH_RETENTION", "400d",
                "HEARTH_SERIES_SEAL", "off",
                "HEARTH_SERIES_ROLLUPS", "1h for 2y, 1d for 10y",
                "HEARTH_SERIES_ROLLUP_ZONE", ZONE.getId());
        try (HearthProcess hearth = HearthProcess.start(settings)) {
            List<Long> times = new ArrayList<>(readings.keySet());
            Collections.shuffle(times, random);
            store(hearth, times.subList(0, 2000), readings);
            send(request(hearth, "/api/v1/maintenance:seal").POST(BodyPublishers.noBody()));
            // Late ones, some of them again, which wait to be sealed.
            store(hearth, times.subList(1900, times.size()), readings);

            assertRangeAgrees(hearth, from, to, readings);
            assertExportAgrees(hearth, from, to, readings);
            for (int round = 0; round < 2; round++) {
                for (int day = 0; day < DAYS; day++) {
                    Instant start = first.plusDays(day).atStartOfDay(ZONE).toInstant();
                    Instant end = first.plusDays(day + 1).atStartOfDay(ZONE).toInstant();
                    DoubleSummaryStatistics expected =
                            readings.subMap(start.toEpochMilli(), end.toEpochMilli()).values().stream()
                                    .mapToDouble(value -> value)
                                    .summaryStatistics();
                    assertDayAgrees(hearth, from, to, start, expected);
                    assertPrometheusAgrees(hearth, start, end, expected);
                }
                send(request(hearth, "/api/v1/maintenance:seal").POST(BodyPublishers.noBody()));
            }
        }
    }

    private static void store(HearthProcess hearth, List<Long> times, TreeMap<Long, Double> readings)
            throws IOException, InterruptedException {
        StringBuilder lines = new StringBuilder();
        for (Long time : times) {
            lines.append("{\"device\":\"d1\",\"ts\":").append(time);
            lines.append(",\"values\":{\"n\":").append(readings.get(time)).append("}}\n");
        }
        send(request(hearth, "/api/v1/readings:batch")
                .header("Content-Type", "application/x-ndjson")
                .POST(BodyPublishers.ofString(lines.toString())));
    }

    private static void assertRangeAgrees(
            HearthProcess hearth, Instant from, Instant to, TreeMap<Long, Double> readings) throws Exception {
        TreeMap<Long, Double> found = new TreeMap<>();
        String path = "/api/v1/devices/d1/readings?ts=epoch&limit=10000&from=" + from + "&to=" + to;
        for (JsonNode reading : get(hearth, path).get("readings")) {
            found.put(reading.get("ts").asLong(), reading.at("/values/n").asDouble());
        }
        assertThat(found).isEqualTo(readings);
    }

    private static void assertExportAgrees(
            HearthProcess hearth, Instant from, Instant to, TreeMap<Long, Double> readings) throws Exception {
        TreeMap<Long, Double> found = new TreeMap<>();
        String path = "/api/v1/export?format=ndjson&from=" + from + "&to=" + to;
        for (String line : send(request(hearth, path)).lines().toList()) {
            JsonNode reading = JSON.readTree(line);
            assertThat(reading.get("device").asText()).isEqualTo("d1");
            Instant time = Instant.parse(reading.get("ts").asText());
            found.put(time.toEpochMilli(), reading.at("/values/n").asDouble());
        }
        assertThat(found).isEqualTo(readings);
    }

    private static void assertDayAgrees(
            HearthProcess hearth, Instant from, Instant to, Instant day, DoubleSummaryStatistics expected)
            throws Exception {
        String path = "/api/v1/devices/d1/readings/aggregate?every=1d&fn=count,min,max,sum&ts=epoch&tz=" + ZONE
                + "&from=" + from + "&to=" + to;
        for (JsonNode bucket : get(hearth, path).get("buckets")) {
            if (bucket.get("ts").asLong() == day.toEpochMilli()) {
                JsonNode n = bucket.get("n");
                assertThat(n.get("count").asLong()).isEqualTo(expected.getCount());
                assertThat(n.get("min").asDouble()).isEqualTo(expected.getMin());
                assertThat(n.get("max").asDouble()).isEqualTo(expected.getMax());
                assertThat(n.get("sum").asDouble()).isCloseTo(expected.getSum(), within(1e-6));
                return;
            }
        }
        throw new AssertionError("no bucket of " + day);
    }

    private static void assertPrometheusAgrees(
            HearthProcess hearth, Instant start, Instant end, DoubleSummaryStatistics expected) throws Exception {
        // A window is open on the left, and times are milliseconds.
        double at = (end.toEpochMilli() - 1) / 1e3;
        long seconds = end.getEpochSecond() - start.getEpochSecond();
        Map<String, Double> wanted = Map.of(
                "count", (double) expected.getCount(),
                "min", expected.getMin(),
                "max", expected.getMax(),
                "sum", expected.getSum());
        for (Map.Entry<String, Double> function : wanted.entrySet()) {
            String query = function.getKey() + "_over_time(n{device=\"d1\"}[" + seconds + "s])";
            JsonNode answer = get(
                    hearth,
                    "/prometheus/api/v1/query?query=" + URLEncoder.encode(query, UTF_8)
                            + String.format(Locale.ROOT, "&time=%.3f", at));
            assertThat(answer.at("/data/result/0/value/1").asDouble())
                    .as(query)
                    .isCloseTo(function.getValue(), within(1e-6));
        }
    }

    private static HttpRequest.Builder request(HearthProcess hearth, String path) {
        URI uri = hearth.httpUri().resolve(path);
        return HttpRequest.newBuilder(uri).header("Authorization", "Bearer " + hearth.adminToken());
    }

    private static JsonNode get(HearthProcess hearth, String path) throws IOException, InterruptedException {
        return JSON.readTree(send(request(hearth, path)));
    }

    private static String send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response = CLIENT.send(request.build(), BodyHandlers.ofString(UTF_8));
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return response.body();
    }
}
