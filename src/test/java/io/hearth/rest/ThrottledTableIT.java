package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthProcess;
import io.hearth.table.dynamodb.FaultProxy;
import io.hearth.table.dynamodb.TestDynamoDb;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What callers over HTTP are told while DynamoDB refuses everything, and what the metrics show of it. */
class ThrottledTableIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void everyCall_whileTheTableIsThrottled_saysWhenToComeAgain_andIsServedAfterwards() throws Exception {
        TestDynamoDb dynamoDb = TestDynamoDb.get();
        try (FaultProxy proxy = new FaultProxy(dynamoDb.endpoint(), Duration.ofSeconds(20), 1)) {
            Map<String, String> environment = new HashMap<>(dynamoDb.environment(proxy.endpoint()));
            environment.put("HEARTH_DYNAMODB_REQUEST_TIMEOUT", "4s");
            environment.put("HEARTH_DYNAMODB_DEADLINE", "4s");
            try (HearthProcess hearth = HearthProcess.start(environment)) {
                String time = Instant.now().minusSeconds(60).toString();
                assertThat(send(store(hearth, time)).join().statusCode()).isEqualTo(200);

                proxy.throttleEverything(true);
                Map<String, CompletableFuture<HttpResponse<String>>> answers = new LinkedHashMap<>();
                for (String path : new String[] {
                    "devices/d1/readings",
                    "devices/d1/readings/latest",
                    "devices/d1/readings/aggregate?from=-1h&to=now&every=5m&fn=avg",
                    "readings/aggregate?from=-1h&to=now&every=5m&fn=avg&ids=d1",
                    "readings/latest?ids=d1,d2",
                    "devices",
                    "devices/d1",
                    "dead-letters"
                }) {
                    answers.put(path, send(request(hearth, "/api/v1/" + path).GET()));
                }
                answers.put("POST", send(store(hearth, time)));
                for (Map.Entry<String, CompletableFuture<HttpResponse<String>>> answer : answers.entrySet()) {
                    requireTryAgain(answer.getKey(), answer.getValue().join());
                }

                proxy.throttleEverything(false);
                await().atMost(Duration.ofSeconds(90))
                        .untilAsserted(() -> assertThat(
                                        send(store(hearth, time)).join().statusCode())
                                .isEqualTo(200));
                HttpResponse<String> readings = send(request(hearth, "/api/v1/devices/d1/readings")
                                .GET())
                        .join();
                assertThat(JSON.readTree(readings.body()).at("/readings")).hasSize(1);
                requireMetrics(send(request(hearth, "/q/metrics").GET()).join().body());
            }
        }
    }

    private static void requireTryAgain(String call, HttpResponse<String> answer) throws IOException {
        assertThat(answer.statusCode()).as(call + ": " + answer.body()).isEqualTo(503);
        assertThat(answer.headers().firstValue("Retry-After")).as(call).hasValue("1");
        assertThat(answer.headers().firstValue("Content-Type").orElse(""))
                .as(call)
                .startsWith("application/problem+json");
        assertThat(JSON.readTree(answer.body()).at("/type").asText()).isEqualTo("urn:hearth:problem:overloaded");
    }

    private static void requireMetrics(String metrics) {
        assertThat(value(metrics, "hearth_table_capacity_units_total{kind=\"write\",operation=\"write\"}"))
                .isGreaterThanOrEqualTo(2);
        assertThat(value(metrics, "hearth_table_capacity_units_total{kind=\"read\",operation=\"query\"}"))
                .isPositive();
        assertThat(value(metrics, "hearth_table_throttled_total{operation=\"query\"}"))
                .isPositive();
        assertThat(value(metrics, "hearth_table_throttled_total{operation=\"write\"}"))
                .isPositive();
        assertThat(value(metrics, "hearth_table_request_seconds_count{operation=\"write\"}"))
                .isPositive();
        assertThat(value(metrics, "hearth_table_pending_bytes")).isZero();
        assertThat(value(metrics, "hearth_table_pending_batches")).isZero();
    }

    private static double value(String metrics, String name) {
        return metrics.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .findFirst()
                .orElseThrow(() -> new AssertionError(name + " is not among\n"
                        + String.join(
                                "\n",
                                metrics.lines()
                                        .filter(line -> line.startsWith("hearth_table"))
                                        .toList())));
    }

    private static HttpRequest.Builder store(HearthProcess hearth, String time) {
        String body = "{\"ts\":\"" + time + "\",\"values\":{\"a\":1}}";
        return request(hearth, "/api/v1/devices/d1/readings")
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body));
    }

    private static HttpRequest.Builder request(HearthProcess hearth, String path) {
        return HttpRequest.newBuilder(hearth.httpUri().resolve(path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Bearer " + hearth.adminToken());
    }

    private static CompletableFuture<HttpResponse<String>> send(HttpRequest.Builder request) {
        return CLIENT.sendAsync(request.build(), BodyHandlers.ofString(UTF_8));
    }
}
