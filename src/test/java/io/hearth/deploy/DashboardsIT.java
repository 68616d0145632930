package io.hearth.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthProcess;
import io.hearth.Simulator;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What the dashboards and alert rules ask, asked of a real Prometheus that scrapes the packaged service under load, and of the
 * service's own read API.
 */
class DashboardsIT {
    /** The row whose series exist only with a broker or with the DynamoDB API. */
    private static final String OTHER_MODES = "Other modes";

    private static final Set<String> METRICS_OF_OTHER_MODES = Set.of(
            "hearth_backup_last_timestamp_seconds",
            "hearth_backup_recoverable_until_timestamp_seconds",
            "hearth_mqtt_broker_connected",
            "hearth_mqtt_broker_sessions_begun_total",
            "hearth_table_throttled_total",
            "hearth_table_request_failures_total");

    private static final int SCRAPES = 12;
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** What Grafana puts in the place of variables, the longer names first. */
    private static final Map<String, String> VARIABLES = new LinkedHashMap<>();

    static {
        VARIABLES.put("$__rate_interval", "10s");
        VARIABLES.put("$__interval", "5s");
        VARIABLES.put("$__range", "10s");
        VARIABLES.put("$instance", ".*");
        VARIABLES.put("$peer", ".*");
        VARIABLES.put("$devices", ".+");
        VARIABLES.put("$device", ".+");
        VARIABLES.put("$metric", "temperature");
        VARIABLES.put("$window", "15m");
        VARIABLES.put("$silent", "0");
        VARIABLES.put("$agg", "15m");
    }

    @TempDir
    static Path directory;

    private static HearthProcess peer;
    private static HearthProcess hearth;
    private static Simulator simulator;
    private static ScrapingPrometheus prometheus;

    @BeforeAll
    static void start() throws Exception {
        String token = "what-peers-are-let-in-with";
        peer = HearthProcess.start(Map.of("HEARTH_REGION", "b", "HEARTH_SYNC_TOKEN", token));
        hearth = HearthProcess.start(Map.of(
                "HEARTH_REGION",
                "a",
                "HEARTH_SYNC_PEERS",
                "b=" + peer.httpUri(),
                "HEARTH_SYNC_PEER_TOKENS",
                "b=" + token));
        prometheus = ScrapingPrometheus.start(directory, hearth.httpUri(), hearth.adminToken());
        simulator = Simulator.start(
                directory.resolve("simulator.log"),
                "simulate",
                "--port=" + hearth.mqttPort(),
                "--password=" + hearth.devicePassword(),
                "--devices=20",
                "--interval=200ms",
                "--duration=10m");
        await("scrapes of a service under load").atMost(Duration.ofSeconds(90)).until(() -> {
            for (String path : new String[] {"devices", "devices/sim-1/readings", "readings/latest"}) {
                get(hearth.httpUri().resolve("/api/v1/" + path));
            }
            JsonNode stored = prometheus("query?query="
                    + encode("count_over_time(up{job=\"hearth\"}[1m]) >= " + SCRAPES
                            + " and on (instance) rate(hearth_ingest_readings_stored_total[10s]) > 0"));
            return !stored.path("data").path("result").isEmpty();
        });
    }

    @AfterAll
    static void stop() throws Exception {
        for (AutoCloseable part : new AutoCloseable[] {simulator, prometheus, hearth, peer}) {
            if (part != null) {
                part.close();
            }
        }
    }

    static List<Dashboard> dashboards() {
        return Dashboard.all();
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyQuery_underLoad_answersWithData(Dashboard dashboard) throws Exception {
        for (Dashboard.Query query : dashboard.queries()) {
            String expression = VARIABLES.entrySet().stream()
                    .reduce(
                            query.expression(),
                            (text, variable) -> text.replace(variable.getKey(), variable.getValue()),
                            String::concat);
            JsonNode answer = ask(query, expression);

            assertThat(answer.path("status").asText())
                    .as("%s: %s answered %s", query.panel(), expression, answer)
                    .isEqualTo("success");
            if (!query.row().startsWith(OTHER_MODES)) {
                assertThat(hasNumber(answer.path("data").path("result")))
                        .as("%s: %s answered %s", query.panel(), expression, answer)
                        .isTrue();
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dashboards")
    void everyQueryOfAVariable_answersWithValues(Dashboard dashboard) throws Exception {
        for (JsonNode variable : dashboard.variables()) {
            if (!variable.path("type").asText().equals("query")) {
                continue;
            }
            Matcher query = Pattern.compile("label_values\\((?:(.*), )?(\\w+)\\)")
                    .matcher(variable.path("query").path("query").asText().replace("$metric", "temperature"));
            assertThat(query.matches()).as("%s", variable.path("query")).isTrue();
            String match = query.group(1) == null ? "" : "?match[]=" + encode(query.group(1));
            String path = "label/" + query.group(2) + "/values" + match.replace("[]", "%5B%5D");
            boolean ofMetrics = variable.path("datasource").path("uid").asText().contains("metrics");

            assertThat((ofMetrics ? prometheus(path) : readings(path)).path("data"))
                    .as("%s", variable.path("name"))
                    .isNotEmpty();
        }
    }

    @Test
    void everyMetricOfTheAlerts_isThere() throws Exception {
        Set<String> known = Dashboard.each(prometheus("label/__name__/values").path("data"))
                .map(JsonNode::asText)
                .collect(Collectors.toSet());
        Set<String> named = new HashSet<>();
        Pattern metric = Pattern.compile("\\b(?:up\\b|(?:hearth|http|jvm|process|disk)_[a-z_]+)");
        for (KubernetesObject alert : AlertRulesTest.alerts()) {
            metric.matcher(alert.text("expr")).results().forEach(found -> named.add(found.group()));
        }
        named.removeAll(METRICS_OF_OTHER_MODES);

        assertThat(known).containsAll(named);
    }

    @Test
    void rules_inARealPrometheus_areEvaluatedWithoutError() throws Exception {
        await("rules are evaluated").atMost(Duration.ofSeconds(90)).untilAsserted(() -> {
            JsonNode groups = prometheus("rules").path("data").path("groups");
            assertThat(groups).isNotEmpty();
            assertThat(groups.findValuesAsText("health")).isNotEmpty().containsOnly("ok");
        });
    }

    private static JsonNode ask(Dashboard.Query query, String expression) throws Exception {
        double now = System.currentTimeMillis() / 1000.0;
        String path = query.instant()
                ? "query?query=" + encode(expression)
                : "query_range?step=1&start=" + (now - 5) + "&end=" + now + "&query=" + encode(expression);
        return query.source().equals("metrics") ? prometheus(path) : readings(path);
    }

    /** Whether any sample is a number; a percentile of nothing is none. */
    private static boolean hasNumber(JsonNode result) {
        return Dashboard.each(result)
                .flatMap(series ->
                        series.has("value") ? Stream.of(series.path("value")) : Dashboard.each(series.path("values")))
                .anyMatch(sample -> !sample.path(1).asText().equals("NaN"));
    }

    private static JsonNode prometheus(String path) throws IOException, InterruptedException {
        return get(prometheus.uri().resolve("/api/v1/" + path));
    }

    private static JsonNode readings(String path) throws IOException, InterruptedException {
        return get(hearth.httpUri().resolve("/prometheus/api/v1/" + path));
    }

    private static JsonNode get(URI uri) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("Authorization", "Bearer " + hearth.adminToken())
                .timeout(Duration.ofSeconds(90))
                .build();
        try {
            HttpResponse<String> response = CLIENT.send(request, BodyHandlers.ofString());
            return MAPPER.readTree(response.body());
        } catch (IOException notYet) {
            return MAPPER.missingNode();
        }
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
