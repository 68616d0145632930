package io.hearth.rest.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.hearth.HearthProcess;
import io.hearth.Seed;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same samples in Hearth and in a real Prometheus, and the same queries to both, compared sample by sample.
 *
 * <p>Prometheus 2 closes windows at both ends, Prometheus 3 and Hearth leave the left end open: no sample lies on an end
 * here. And where a counter is close to zero behind a gap, Prometheus 2 extrapolates further than 3: counters start high.
 */
class PrometheusComparisonIT {
    private static final long START_MILLIS = Instant.now().getEpochSecond() / 60 * 60_000 - 5 * 3_600_000;
    private static final int SAMPLES = 1000;

    @TempDir
    static Path directory;

    @SuppressWarnings("NullAway.Init")
    private static HearthProcess hearth;

    @SuppressWarnings("NullAway.Init")
    private static RealPrometheus prometheus;

    @SuppressWarnings("NullAway.Init")
    private static PrometheusClient ours;

    @SuppressWarnings("NullAway.Init")
    private static PrometheusClient theirs;

    @BeforeAll
    static void start() throws Exception {
        long seed = Seed.of(PrometheusComparisonIT.class);
        Random random = new Random(seed);
        Map<String, StringBuilder> openMetrics = new TreeMap<>();
        StringBuilder lines = new StringBuilder();
        for (String device : List.of("kitchen", "hall:1", "attic-2", "cellar", "d5")) {
            double walk = 15 + random.nextInt(10);
            double counter = 100_000 + random.nextInt(1000);
            long millis = START_MILLIS + random.nextInt(60) * 1000L;
            for (int i = 0; i < SAMPLES; i++) {
                millis += 10_000;
                if (i % 300 == 299) {
                    // Past the lookback, and past most windows.
                    millis += 600_000;
                }
                walk = Math.round(walk * 10 + random.nextInt(11) - 5) / 10.0;
                // It starts anew in the middle of runs of samples, far from the gaps.
                counter = i % 300 > 100 && i % 300 < 200 && random.nextInt(30) == 0
                        ? random.nextInt(5)
                        : counter + random.nextInt(40) / 8.0;
                Map<String, Double> values = new LinkedHashMap<>();
                values.put("energy_total", counter);
                values.put("temperature", walk);
                if (random.nextInt(5) > 0) {
                    values.put("humidity", random.nextDouble() * 100);
                }
                long time = millis + 1 + random.nextInt(400);
                values.forEach((metric, value) -> openMetrics
                        .computeIfAbsent(metric, m -> new StringBuilder("# TYPE " + m + " unknown\n"))
                        .append(String.format(
                                "%s{device=\"%s\"} %s %d.%03d%n", metric, device, value, time / 1000, time % 1000)));
                lines.append("{\"device\":\"")
                        .append(device)
                        .append("\",\"ts\":")
                        .append(time)
                        .append(",\"values\":{");
                List<String> fields = new ArrayList<>();
                values.forEach((metric, value) -> fields.add("\"" + metric + "\":" + value));
                lines.append(String.join(",", fields)).append("}}\n");
            }
        }
        prometheus = RealPrometheus.start(directory, String.join("", openMetrics.values()) + "# EOF\n");
        hearth = HearthProcess.start(Map.of());
        HttpRequest request = HttpRequest.newBuilder(hearth.httpUri().resolve("/api/v1/readings:batch"))
                .header("Authorization", "Bearer " + hearth.adminToken())
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(lines.toString()))
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(request, BodyHandlers.ofString())
                        .body())
                .contains("\"stored\":" + 5 * SAMPLES);
        ours = new PrometheusClient(hearth.httpUri().resolve("/prometheus"), "Bearer " + hearth.adminToken());
        theirs = new PrometheusClient(prometheus.uri(), "none");
    }

    @AfterAll
    static void stop() throws Exception {
        if (hearth != null) {
            hearth.close();
        }
        if (prometheus != null) {
            prometheus.close();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "temperature",
                "temperature{device=\"kitchen\"}",
                "temperature{device=~\"kitchen|hall:1|nowhere\"}",
                "temperature{device=~\".*[0-9]\"}",
                "temperature{device!~\".*[0-9]\", device!=\"cellar\"}",
                "temperature{room=\"\"}",
                "temperature{room=~\".+\"}",
                "{__name__=~\"temp.*|humidity\"}",
                "temperature offset 17m",
                "temperature offset -17m",
                "avg_over_time(temperature[5m])",
                "avg_over_time(humidity[1h])",
                "min_over_time(temperature[7m])",
                "max_over_time(temperature[45s])",
                "sum_over_time(humidity[20m])",
                "count_over_time(humidity[20m])",
                "last_over_time(temperature[15m])",
                "stddev_over_time(temperature[10m])",
                "stdvar_over_time(humidity[10m])",
                "quantile_over_time(0.95, humidity[10m])",
                "quantile_over_time(1.5, humidity[10m])",
                "rate(energy_total[5m])",
                "rate(energy_total[1m])",
                "rate(energy_total[15s])",
                "rate(energy_total[2h])",
                "increase(energy_total[30m])",
                "increase(energy_total[30m] offset 11m)",
                "irate(energy_total[5m])",
                "idelta(temperature[5m])",
                "delta(temperature[10m])",
                "sum(temperature)",
                "avg(humidity)",
                "avg by (device) (rate(energy_total[5m]))",
                "sum by (__name__) ({__name__=~\"temperature|humidity\"})",
                "sum without (device) (rate(energy_total[5m]))",
                "min by () (temperature)",
                "max(temperature)",
                "count(humidity > 50)",
                "group(temperature)",
                "stddev(temperature)",
                "stdvar(temperature)",
                "topk(2, humidity)",
                "bottomk(3, rate(energy_total[10m]))",
                "topk by (device) (1, humidity)",
                "topk(scalar(vector(1)) + 1, humidity)",
                "temperature * 9 / 5 + 32",
                "-temperature ^ 2 % 7",
                "100 - humidity",
                "humidity > 50",
                "50 < humidity",
                "humidity >= bool 50",
                "50 != bool humidity",
                "abs(-temperature)",
                "ceil(humidity)",
                "floor(-humidity)",
                "round(humidity)",
                "round(-humidity, 0.25)",
                "sgn(temperature - 20)",
                "sqrt(temperature - 20)",
                "ln(humidity)",
                "log2(humidity)",
                "log10(humidity)",
                "exp(humidity / 10)",
                "clamp(humidity, 20, 80)",
                "clamp(humidity, 80, 20)",
                "clamp_min(humidity, 30)",
                "clamp_max(humidity, 30)",
                "humidity - scalar(avg(humidity))",
                "scalar(temperature)",
                "vector(time() / 7)",
                "time()",
                "1 + 2 * 3 - -4 ^ 2",
                "humidity / 0",
                "absent_metric",
            })
    void query_instantAndRange_answersAsPrometheus(String query) throws Exception {
        long start = START_MILLIS / 1000;
        for (long time : new long[] {start, start + 1000, start + 3300, start + 3777, start + 11_111, start + 17_000}) {
            compare(query, "query", "query", query, "time", String.valueOf(time));
        }
        for (String step : new String[] {"13", "60", "15m"}) {
            compare(
                    query,
                    "query_range",
                    "query",
                    query,
                    "start",
                    String.valueOf(start),
                    "end",
                    String.valueOf(start + 14_000),
                    "step",
                    step);
        }
    }

    private static void compare(String query, String path, String... parameters) throws Exception {
        PrometheusClient.Reply expected = theirs.get(path, parameters);
        PrometheusClient.Reply actual = ours.get(path, parameters);
        String context = path + " " + String.join(" ", parameters);
        assertThat(expected.status()).as(context + expected.json()).isEqualTo(200);
        assertThat(actual.status()).as(context + actual.json()).isEqualTo(200);
        assertThat(actual.json().at("/data/resultType"))
                .as(context)
                .isEqualTo(expected.json().at("/data/resultType"));
        if (expected.json().at("/data/resultType").asText().equals("scalar")) {
            compareSample(
                    context, actual.json().at("/data/result"), expected.json().at("/data/result"));
            return;
        }
        Map<String, JsonNode> found = bySeries(actual.json());
        Map<String, JsonNode> wanted = bySeries(expected.json());
        assertThat(found.keySet()).as(context).isEqualTo(wanted.keySet());
        if (query.startsWith("topk(2") && path.equals("query")) {
            assertThat(found.keySet()).as("best first: " + context).containsExactlyElementsOf(wanted.keySet());
        }
        wanted.forEach((series, node) -> {
            JsonNode values = found.getOrDefault(series, MissingNode.getInstance());
            assertThat(values).as(context + series).hasSize(node.size());
            for (int i = 0; i < node.size(); i++) {
                compareSample(context + series, values.get(i), node.get(i));
            }
        });
    }

    /** The samples of each series, by its labels in their order. */
    private static Map<String, JsonNode> bySeries(JsonNode answer) {
        Map<String, JsonNode> series = new LinkedHashMap<>();
        for (JsonNode one : answer.at("/data/result")) {
            Map<String, String> labels = new TreeMap<>();
            one.at("/metric")
                    .fields()
                    .forEachRemaining(
                            label -> labels.put(label.getKey(), label.getValue().asText()));
            JsonNode values = one.has("values")
                    ? one.at("/values")
                    : JsonNodeFactory.instance.arrayNode().add(one.at("/value"));
            assertThat(series.put(labels.toString(), values)).isNull();
        }
        return series;
    }

    private static void compareSample(String context, JsonNode actual, JsonNode expected) {
        assertThat(actual.get(0).asDouble())
                .as(context)
                .isEqualTo(expected.get(0).asDouble());
        double value = number(expected.get(1).asText());
        double found = number(actual.get(1).asText());
        boolean same = Double.compare(found, value) == 0 || Math.abs(found - value) <= 1e-9 * Math.abs(value);
        // Differences of sums that cancel out have no relative precision: what is left is rounding of the terms.
        boolean bothNothing = Math.abs(found) < 1e-11 && Math.abs(value) < 1e-11;
        assertThat(same || bothNothing)
                .as(context + " at " + expected.get(0) + ": " + found + ", Prometheus says " + value)
                .isTrue();
    }

    private static double number(String text) {
        return switch (text) {
            case "+Inf" -> Double.POSITIVE_INFINITY;
            case "-Inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(text);
        };
    }
}
