package io.hearth.rest.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthProcess;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The calls and shapes of Prometheus' API that Grafana relies on, against the packaged service. */
class PrometheusApiIT {
    /** A whole hour and a half ago, to the minute. */
    private static final long START = Instant.now().getEpochSecond() / 60 * 60 - 5400;

    @SuppressWarnings("NullAway.Init")
    private static HearthProcess hearth;

    @SuppressWarnings("NullAway.Init")
    private static PrometheusClient client;

    @BeforeAll
    static void start() throws Exception {
        hearth = HearthProcess.start(Map.of());
        client = new PrometheusClient(hearth.httpUri().resolve("/prometheus"), "Bearer " + hearth.adminToken());
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            String ts = "\"ts\":" + (START + 60 * i) + "250";
            lines.append("{\"device\":\"d1\",")
                    .append(ts)
                    .append(",\"values\":{\"temperature\":")
                    .append(20 + i / 10.0);
            lines.append(",\"ENERGY\":{\"Power\":")
                    .append(i)
                    .append("},\"motion\":")
                    .append(i % 2 == 0);
            lines.append(",\"state\":\"on\"}}\n");
            lines.append("{\"device\":\"d2\",")
                    .append(ts)
                    .append(",\"values\":{\"temperature\":")
                    .append(30)
                    .append("}}\n");
        }
        lines.append("{\"device\":\"odd\",\"ts\":").append(START).append("000,\"values\":{\"large\":123456789012.5,");
        lines.append(
                "\"small\":0.000012345,\"tiny\":1.5e-9,\"huge\":1e22,\"zero\":-0.0,\"third\":0.3333333333333333}}\n");
        HttpRequest request = HttpRequest.newBuilder(hearth.httpUri().resolve("/api/v1/readings:batch"))
                .header("Authorization", "Bearer " + hearth.adminToken())
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(lines.toString()))
                .build();
        assertThat(HttpClient.newHttpClient()
                        .send(request, BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
    }

    @AfterAll
    static void stop() {
        hearth.close();
    }

    private static JsonNode data(PrometheusClient.Reply reply) {
        assertThat(reply.status()).as(reply.toString()).isEqualTo(200);
        assertThat(reply.json().at("/status").asText()).isEqualTo("success");
        return reply.json().at("/data");
    }

    @Test
    void query_eachResultType_hasItsShape() throws Exception {
        String time = String.valueOf(START + 61);

        assertThat(data(client.get("query", "query", "temperature{device=\"d1\"}", "time", time)))
                .hasToString(
                        "{\"resultType\":\"vector\",\"result\":[{\"metric\":{\"__name__\":\"temperature\",\"device\":\"d1\"},"
                                + "\"value\":[" + time + ",\"20.1\"]}]}");
        assertThat(data(client.get("query", "query", "1+1", "time", time + ".5")))
                .hasToString("{\"resultType\":\"scalar\",\"result\":[" + time + ".5,\"2\"]}");
        assertThat(data(client.get("query", "query", "'ü\"'", "time", time)))
                .hasToString("{\"resultType\":\"string\",\"result\":[" + time + ",\"ü\\\"\"]}");
        assertThat(data(client.get("query", "query", "motion[2m]", "time", time)))
                .hasToString(
                        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{\"__name__\":\"motion\",\"device\":\"d1\"},"
                                + "\"values\":[[" + START + ".25,\"1\"],[" + (START + 60) + ".25,\"0\"]]}]}");
        assertThat(data(client.get("query", "query", "state", "time", time)))
                .hasToString("{\"resultType\":\"vector\",\"result\":[]}");
    }

    @Test
    void queryRange_byGetAndPost_answersTheSameMatrix() throws Exception {
        String[] parameters = {
            "query", "avg_over_time(temperature{device=~\"d1|d2\"}[5m])",
            "start", Instant.ofEpochSecond(START + 600).toString(),
            "end", String.valueOf(START + 720),
            "step", "1m",
            "unknown", "is ignored",
        };
        JsonNode matrix = data(client.get("query_range", parameters));

        assertThat(matrix)
                .hasToString("{\"resultType\":\"matrix\",\"result\":["
                        + "{\"metric\":{\"device\":\"d1\"},\"values\":[[" + (START + 600) + ",\"20.7\"],["
                        + (START + 660) + ",\"20.8\"],[" + (START + 720) + ",\"20.9\"]]},"
                        + "{\"metric\":{\"device\":\"d2\"},\"values\":[[" + (START + 600) + ",\"30\"],["
                        + (START + 660) + ",\"30\"],[" + (START + 720) + ",\"30\"]]}]}");
        assertThat(data(client.post("query_range", parameters))).isEqualTo(matrix);
        assertThat(data(client.get("query_range", "query", "2", "start", "0", "end", "20", "step", "10")))
                .hasToString(
                        "{\"resultType\":\"matrix\",\"result\":[{\"metric\":{},\"values\":[[0,\"2\"],[10,\"2\"],[20,\"2\"]]}]}");
    }

    @Test
    void query_withLookback_takesSamplesThatAreOlder() throws Exception {
        String[] query = {"query", "temperature{device='d2'}", "time", String.valueOf(START + 59 * 60 + 400)};

        assertThat(data(client.get("query", query)).at("/result")).isEmpty();
        String[] further = {query[0], query[1], query[2], query[3], "lookback_delta", "10m"};
        assertThat(data(client.get("query", further)).at("/result")).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({
        "large,123456789012.5",
        "small,0.000012345",
        "tiny,1.5e-9",
        "huge,1e+22",
        "zero,-0",
        "third,0.3333333333333333",
        "zero / 0,NaN",
        "1 / abs(zero),+Inf",
        "-1 / abs(zero),-Inf",
        "-large * 1000,-123456789012500",
    })
    void query_values_areWrittenAsGoWritesThem(String query, String expected) throws Exception {
        JsonNode data = data(client.get("query", "query", query, "time", String.valueOf(START)));

        assertThat(data.at("/result/0/value/1").asText()).isEqualTo(expected);
    }

    @Test
    void query_nameWithDots_isFoundByBothNames() throws Exception {
        String time = String.valueOf(START + 61);

        assertThat(data(client.get("query", "query", "ENERGY_Power", "time", time))
                        .at("/result/0")
                        .toString())
                .isEqualTo("{\"metric\":{\"__name__\":\"ENERGY_Power\",\"device\":\"d1\"},\"value\":[" + time
                        + ",\"1\"]}");
        for (String quoted : new String[] {"{\"ENERGY.Power\", device=\"d1\"}", "{__name__=\"ENERGY.Power\"}"}) {
            assertThat(data(client.post("query", "query", quoted, "time", time))
                            .at("/result/0")
                            .toString())
                    .as(quoted)
                    .isEqualTo("{\"metric\":{\"__name__\":\"ENERGY.Power\",\"device\":\"d1\"},\"value\":[" + time
                            + ",\"1\"]}");
        }
    }

    @Test
    void catalog_ofQueryBuildersAndVariables_tellsNamesAndDevices() throws Exception {
        assertThat(data(client.get("labels"))).hasToString("[\"__name__\",\"device\"]");
        assertThat(data(client.post("labels", "match[]", "nothing"))).hasToString("[]");
        assertThat(data(client.get("label/device/values"))).hasToString("[\"d1\",\"d2\",\"odd\"]");
        assertThat(data(client.get("label/device/values", "match[]", "motion", "match[]", "large")))
                .hasToString("[\"d1\",\"odd\"]");
        assertThat(data(client.get("label/__name__/values", "match[]", "{device=\"d1\"}")))
                .hasToString("[\"ENERGY_Power\",\"motion\",\"state\",\"temperature\"]");
        assertThat(data(client.get("label/room/values"))).hasToString("[]");
        assertThat(data(client.post("series", "match[]", "temperature", "match[]", "{device=\"d2\"}")))
                .hasToString(
                        "[{\"__name__\":\"temperature\",\"device\":\"d1\"},{\"__name__\":\"temperature\",\"device\":\"d2\"}]");
        assertThat(data(client.get("metadata", "metric", "motion")))
                .hasToString("{\"motion\":[{\"type\":\"unknown\",\"help\":\"\",\"unit\":\"\"}]}");
        assertThat(data(client.get("metadata", "limit", "2"))).hasSize(2);
    }

    @Test
    void catalog_withLimit_warnsOfWhatIsLeftOut() throws Exception {
        PrometheusClient.Reply reply = client.get("series", "match[]", "temperature", "limit", "1");

        assertThat(data(reply)).hasSize(1);
        assertThat(reply.json().at("/warnings")).hasToString("[\"results truncated due to limit\"]");
        PrometheusClient.Reply query =
                client.get("query", "query", "temperature", "limit", "1", "time", String.valueOf(START + 61));
        assertThat(data(query).at("/result")).hasSize(1);
        assertThat(query.json().has("warnings")).isTrue();
        PrometheusClient.Reply enough = client.get("label/device/values", "limit", "3");
        assertThat(data(enough)).hasSize(3);
        assertThat(enough.json().has("warnings")).isFalse();
    }

    @Test
    void timeFinerThanAMillisecond_isCutAsByPrometheus() throws Exception {
        assertThat(data(client.get("query", "query", "1", "time", "2026-11-30T07:00:00.747797219Z"))
                        .at("/result/0")
                        .asText())
                .isEqualTo("1796022000.747");
    }

    @Test
    void grafana_whenItTestsTheDataSource_findsWhatItAsks() throws Exception {
        assertThat(data(client.post("query", "query", "1+1", "time", "4"))
                        .at("/result/1")
                        .asText())
                .isEqualTo("2");
        assertThat(data(client.get("status/buildinfo")).at("/version").asText()).startsWith("3.");
        assertThat(data(client.get("rules"))).hasToString("{\"groups\":[]}");
        assertThat(data(client.get("alerts"))).hasToString("{\"alerts\":[]}");
        assertThat(data(client.post("query_exemplars", "query", "temperature"))).hasToString("[]");
        assertThat(data(client.get("query_exemplars", "query", "temperature"))).hasToString("[]");
        assertThat(data(client.get("format_query", "query", " temperature ")).asText())
                .isEqualTo("temperature");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "query | query= | invalid parameter \"query\": 1:1: parse error: no expression found in input",
                "query | query=rate(x) | expected type range vector in call to function \"rate\", got instant vector",
                "query | query=histogram_quantile(0.9, x) | histogram_quantile is not supported; supported are abs",
                "query | query=1&time=soon | invalid parameter \"time\": cannot parse \"soon\" to a valid timestamp",
                "query | query=1e400 | 1:1: parse error: bad number or duration syntax",
                "query | query=1&time=1e300 | invalid parameter \"time\"",
                "query | query=1&timeout=x | invalid parameter \"timeout\": not a valid duration string: \"x\"",
                "query | query=1&limit=-1 | invalid parameter \"limit\": limit must be non-negative",
                "query | query=1&limit=x | invalid parameter \"limit\": cannot parse \"x\" to a number",
                "query_range | query=x&end=1&step=1 | invalid parameter \"start\": cannot parse \"\" to a valid timestamp",
                "query_range | query=x&start=2&end=1&step=1 | end timestamp must not be before start time",
                "query_range | query=x&start=1&end=2&step=0 | zero or negative query resolution step widths",
                "query_range | query=x&start=0&end=11001&step=1 | exceeded maximum resolution of 11,000 points per timeseries",
                "query_range | query=x[5m]&start=0&end=1&step=1 | invalid expression type for range query",
                "series | start=1 | no match[] parameter provided",
                "labels | match[]={ | invalid parameter \"match[]\": 1:2: parse error: unexpected end of input",
                "labels | match[]=rate(x[5m]) | is not a series selector",
                "format_query | query=( | unexpected end of input",
            })
    void request_malformed_isAnsweredAsPrometheusDoes(String path, String form, String message) throws Exception {
        PrometheusClient.Reply reply = client.post(path, form.split("[&=]", -1));

        assertThat(reply.status()).isEqualTo(400);
        assertThat(reply.json().at("/status").asText()).isEqualTo("error");
        assertThat(reply.json().at("/errorType").asText()).isEqualTo("bad_data");
        assertThat(reply.json().at("/error").asText()).contains(message);
    }

    @Test
    void query_thatFailsWhileItIsAnswered_tellsWhy() throws Exception {
        PrometheusClient.Reply same =
                client.get("query", "query", "-{device=\"d1\"}", "time", String.valueOf(START + 61));
        assertThat(same.status()).isEqualTo(422);
        assertThat(same.json())
                .hasToString("{\"status\":\"error\",\"errorType\":\"execution\","
                        + "\"error\":\"vector cannot contain metrics with the same labelset\"}");
        PrometheusClient.Reply late = client.get("query", "query", "temperature", "timeout", "0");
        assertThat(late.status()).isEqualTo(503);
        assertThat(late.json().at("/errorType").asText()).isEqualTo("timeout");
        for (String call : new String[] {"series", "label/device/values"}) {
            PrometheusClient.Reply lateToo = client.get(call, "match[]", "{device=~\"(x?){1000}y\"}", "timeout", "0");
            assertThat(lateToo.status()).isEqualTo(503);
            assertThat(lateToo.json().at("/errorType").asText()).isEqualTo("timeout");
        }
    }

    @Test
    void regularExpressions_tooLargeWithTheirRepetitions_areBadData() throws Exception {
        String half = "{device=~\"(abcdefghijk){900}\"}";
        PrometheusClient.Reply nested = client.get("series", "match[]", "{device=~\"((x{1000}){1000}){1000}\"}");
        PrometheusClient.Reply together = client.get("series", "match[]", half, "match[]", half);

        assertThat(nested.status()).isEqualTo(400);
        assertThat(nested.json().at("/error").asText()).contains("repeat at most 1000 times in all");
        assertThat(together.status()).isEqualTo(400);
        assertThat(together.json().at("/error").asText()).contains("at most 20000 elements");
        assertThat(data(client.get("series", "match[]", half))).isEmpty();
    }

    @Test
    void query_thatNeedsMoreThanAllMayHold_isRefusedAndHoldsNothing() throws Exception {
        try (HearthProcess small = HearthProcess.start(Map.of("HEARTH_LIMITS_QUERY_BYTES", "1M"))) {
            PrometheusClient asker =
                    new PrometheusClient(small.httpUri().resolve("/prometheus"), "Bearer " + small.adminToken());
            String[] large = {"query", "vector(1) + 0" + " + 0".repeat(100), "start", "0", "end", "10000", "step", "1"};
            for (int i = 0; i < 3; i++) {
                PrometheusClient.Reply refused = asker.get("query_range", large);
                assertThat(refused.status()).isEqualTo(422);
                assertThat(refused.json().at("/errorType").asText()).isEqualTo("execution");
                assertThat(refused.json().at("/error").asText()).contains("more memory than all queries together");
            }
            assertThat(data(asker.get("query", "query", "1+1")).at("/result/1").asText())
                    .isEqualTo("2");
        }
    }

    @Test
    void gate_takesBasicHereAndNowhereElse() throws Exception {
        String basic = "Basic "
                + Base64.getEncoder()
                        .encodeToString(("grafana:" + hearth.adminToken()).getBytes(StandardCharsets.UTF_8));
        PrometheusClient grafana = new PrometheusClient(hearth.httpUri().resolve("/prometheus"), basic);
        assertThat(grafana.get("query", "query", "1").status()).isEqualTo(200);
        assertThat(grafana.post("query", "query", "1").status()).isEqualTo(200);

        PrometheusClient stranger = new PrometheusClient(hearth.httpUri().resolve("/prometheus"), "Basic Z3JhZmFuYTp4");
        assertThat(stranger.get("query", "query", "1").status()).isEqualTo(401);
        assertThat(stranger.post("query", "query", "1").status()).isEqualTo(401);
        for (String path : new String[] {"/api/v1/devices", "/prometheus/../api/v1/devices", "/prometheus"}) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(hearth.httpUri() + path))
                    .header("Authorization", basic)
                    .build();
            assertThat(HttpClient.newHttpClient()
                            .send(request, BodyHandlers.ofString())
                            .statusCode())
                    .as(path)
                    .isEqualTo(401);
        }
    }
}
