package io.hearth.boot;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.hearth.HearthProcess;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.Test;

/** What the service says of itself: lines of JSON, and spans to a collector; and that neither says what devices send. */
class LogsAndTracesIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String MARK = "marked-payload-4711";

    /** One span of OTLP [1], as far as this test looks at it. [1] opentelemetry-proto, trace/v1/trace.proto */
    private record Span(String trace, String id, String parent, String name, long startNanos, long endNanos) {}

    @Test
    void logAsJsonAndTracesOn_everyLineIsJson_spansReachFromMessageToCommit_andNoPayloadIsInEither() throws Exception {
        List<byte[]> exported = new CopyOnWriteArrayList<>();
        HttpServer collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            exported.add(exchange.getRequestBody().readAllBytes());
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        try (HearthProcess hearth = HearthProcess.start(Map.of(
                "HEARTH_LOG_JSON", "true",
                "QUARKUS_OTEL_SDK_DISABLED", "false",
                "QUARKUS_OTEL_TRACES_SAMPLER_ARG", "1.0",
                "QUARKUS_OTEL_BSP_SCHEDULE_DELAY", "200ms",
                "QUARKUS_OTEL_EXPORTER_OTLP_ENDPOINT",
                        "http://127.0.0.1:" + collector.getAddress().getPort()))) {
            sendMarked(hearth);
            await().atMost(PATIENCE).untilAsserted(() -> {
                List<Span> spans = spans(exported);
                Span message =
                        named(spans, "process devices/{deviceId}/telemetry").orElseThrow();
                Span commit = spans.stream()
                        .filter(span -> span.name.equals("commit") && span.parent.equals(message.id))
                        .findFirst()
                        .orElseThrow();
                assertThat(commit.trace).isEqualTo(message.trace);
                assertThat(message.parent).isEmpty();
                assertThat(message.startNanos).isLessThanOrEqualTo(commit.startNanos);
                assertThat(commit.endNanos).isLessThanOrEqualTo(message.endNanos);
                assertThat(named(spans, "POST /api/v1/devices/{id}/readings")).isPresent();
            });
            hearth.stop();
            for (byte[] body : exported) {
                assertThat(new String(body, UTF_8)).doesNotContain(MARK);
            }
            List<String> lines = hearth.log().lines().toList();
            assertThat(lines).hasSizeGreaterThan(2);
            for (String line : lines) {
                JsonNode event = JSON.readTree(line);
                assertThat(event.at("/timestamp").asText()).as(line).isNotEmpty();
                assertThat(event.at("/level").asText()).as(line).isNotEmpty();
                assertThat(event.at("/loggerName").asText()).as(line).isNotEmpty();
                assertThat(event.at("/message").asText()).as(line).isNotEmpty();
            }
            assertThat(hearth.log()).doesNotContain(MARK);
            System.out.printf(
                    "LogsAndTracesIT: %d lines, all JSON; %d spans, message to commit and REST; no payload in either%n",
                    lines.size(), spans(exported).size());
        } finally {
            collector.stop(0);
        }
    }

    /** Good and bad payloads with a mark, over MQTT and HTTP. */
    private static void sendMarked(HearthProcess hearth) throws Exception {
        try (MqttClient device =
                new MqttClient("tcp://127.0.0.1:" + hearth.mqttPort(), "logs", new MemoryPersistence())) {
            MqttConnectOptions options = new MqttConnectOptions();
            options.setUserName("d1");
            options.setPassword(hearth.devicePassword().toCharArray());
            device.connect(options);
            Map<String, Integer> statuses = new LinkedHashMap<>();
            statuses.put("{\"note\":\"" + MARK + "\"}", 200);
            statuses.put("{\"" + MARK + "\":1}", 200);
            statuses.put("{\"note\":\"" + MARK, 400);
            statuses.put(MARK + "\n" + MARK, 400);
            statuses.put("{\"ts\":\"" + MARK + "\",\"values\":{\"a\":1}}", 400);
            statuses.put("[{\"ts\":4102444800,\"values\":{\"note\":\"" + MARK + "\"}}]", 400);
            statuses.put("{\"note\":\"" + MARK.repeat(20_000) + "\"}", 413);
            for (Map.Entry<String, Integer> expected : statuses.entrySet()) {
                String payload = expected.getKey();
                device.publish("devices/d1/telemetry", payload.getBytes(UTF_8), 1, false);
                device.publish("devices/" + "x".repeat(200) + "/telemetry", payload.getBytes(UTF_8), 1, false);
                HttpRequest request = HttpRequest.newBuilder(hearth.httpUri().resolve("/api/v1/devices/d1/readings"))
                        .header("Authorization", "Bearer " + hearth.adminToken())
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(payload))
                        .build();
                assertThat(CLIENT.send(request, BodyHandlers.discarding()).statusCode())
                        .as(payload)
                        .isEqualTo(expected.getValue());
            }
            device.disconnect();
        }
    }

    private static Optional<Span> named(List<Span> spans, String name) {
        return spans.stream().filter(span -> span.name.equals(name)).findFirst();
    }

    private static List<Span> spans(List<byte[]> requests) {
        List<Span> spans = new ArrayList<>();
        for (byte[] request : requests) {
            for (byte[] resource : fields(request, 1)) {
                for (byte[] scope : fields(resource, 2)) {
                    for (byte[] span : fields(scope, 2)) {
                        spans.add(new Span(
                                hex(fields(span, 1)),
                                hex(fields(span, 2)),
                                hex(fields(span, 4)),
                                new String(fields(span, 5).get(0), UTF_8),
                                fixed64(fields(span, 7).get(0)),
                                fixed64(fields(span, 8).get(0))));
                    }
                }
            }
        }
        return spans;
    }

    /** The values of a field of a Protocol Buffers message, without what they mean. */
    private static List<byte[]> fields(byte[] message, int number) {
        List<byte[]> found = new ArrayList<>();
        ByteBuffer in = ByteBuffer.wrap(message);
        while (in.hasRemaining()) {
            long tag = varint(in);
            int length = switch ((int) (tag & 7)) {
                case 0 -> {
                    varint(in);
                    yield 0;
                }
                case 1 -> 8;
                case 2 -> (int) varint(in);
                case 5 -> 4;
                default -> throw new IllegalArgumentException("wire type " + (tag & 7));
            };
            byte[] value = Arrays.copyOfRange(message, in.position(), in.position() + length);
            in.position(in.position() + length);
            if (tag >>> 3 == number) {
                found.add(value);
            }
        }
        return found;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    private static long fixed64(byte[] value) {
        return ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private static String hex(List<byte[]> values) {
        return values.isEmpty() ? "" : HexFormat.of().formatHex(values.get(0));
    }
}
