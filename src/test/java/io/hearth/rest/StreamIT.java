package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The live stream of the packaged service, read by an HTTP client. */
@Timeout(300)
class StreamIT extends RestFixture {
    /** One event as it came. */
    private record Event(String name, String data, @Nullable String id) {}

    @Test
    void stream_whenReadingsAreStored_tellsThemAtOnce() throws Exception {
        try (EventStream events = open("/api/v1/stream?ids=live-1,live-2&kinds=readings", null)) {
            batch(line("live-1", START, "\"temperature\":21.5,\"motion\":true"));
            Event first = events.next();
            assertThat(first.name()).isEqualTo("readings");
            assertThat(first.data())
                    .isEqualTo("{\"device\":\"live-1\",\"readings\":[{\"ts\":\"" + START
                            + "\",\"values\":{\"motion\":true,\"temperature\":21.5}}]}");
            batch(line("live-other", START, "\"n\":1") + line("live-2", START, "\"text\":\"a\\nb\""));
            JsonNode second = JSON.readTree(events.next().data());
            assertThat(second.at("/device").asText()).isEqualTo("live-2");
            assertThat(second.at("/readings/0/values/text").asText()).isEqualTo("a\nb");
        }
    }

    @Test
    void stream_whenAShadowChanges_tellsTheDocumentAndWhoChangedWhat() throws Exception {
        try (EventStream events = open("/api/v1/stream?ids=live-s&kinds=shadows", null)) {
            batch(line("live-s", START, "\"n\":1"));
            post("/things/live-s/shadow?name=night", "{\"state\":{\"desired\":{\"on\":true}}}");
            send(request("/things/live-s/shadow?name=night").DELETE());

            Event updated = events.next();
            assertThat(updated.name()).isEqualTo("shadows");
            JsonNode told = JSON.readTree(updated.data());
            assertThat(told.at("/device").asText()).isEqualTo("live-s");
            assertThat(told.at("/name").asText()).isEqualTo("night");
            assertThat(told.at("/change/by").asText()).isEqualTo("rest:admin");
            assertThat(told.at("/change/fields/0").asText()).isEqualTo("/desired/on");
            assertThat(told.at("/document/state/delta/on").asBoolean()).isTrue();
            assertThat(told.at("/document/version").asInt()).isEqualTo(1);
            JsonNode deleted = JSON.readTree(events.next().data());
            assertThat(deleted.at("/change/kind").asText()).isEqualTo("deleted");
            assertThat(deleted.at("/document").isNull()).isTrue();
        }
    }

    @Test
    void stream_whenResumedWithTheLastId_tellsWhatCameSince() throws Exception {
        String id;
        try (EventStream events = open("/api/v1/stream?ids=resume-1", null)) {
            batch(line("resume-1", START, "\"n\":1"));
            Event first = events.next();
            assertThat(first.id()).isNotNull();
            id = first.id();
        }
        batch(line("resume-1", START.plusSeconds(1), "\"n\":2"));
        batch(line("resume-1", START.plusSeconds(2), "\"n\":3"));
        try (EventStream byHeader = open("/api/v1/stream?ids=resume-1", id);
                EventStream byParameter = open("/api/v1/stream?ids=resume-1&after=" + id, null)) {
            for (EventStream events : List.of(byHeader, byParameter)) {
                assertThat(events.next().data()).contains("\"n\":2");
                assertThat(events.next().data()).contains("\"n\":3");
            }
        }
    }

    /** What is written is 20 MB; were it kept for each of 60 clients, the service would end for want of memory. */
    @Test
    void stream_whenClientsDoNotRead_keepsNothingForThemAndLosesNothing() throws Exception {
        int readings = 40_000;
        List<Socket> stuck = new ArrayList<>();
        try (HearthProcess small = HearthProcess.start(Map.of(
                "JAVA_TOOL_OPTIONS", "-Xmx160m -XX:+ExitOnOutOfMemoryError", "HEARTH_STREAM_MAX_CLIENTS", "60"))) {
            List<BufferedReader> followers = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                Socket socket = new Socket("127.0.0.1", small.httpUri().getPort());
                stuck.add(socket);
                followers.add(follow(small, socket));
            }
            String filler = "\"text\":\"" + "x".repeat(500) + "\",\"n\":";
            for (int from = 0; from < readings; from += 10_000) {
                StringBuilder batch = new StringBuilder();
                for (int i = from; i < from + 10_000; i++) {
                    batch.append(line("stuck-1", START.plusMillis(i), filler + i));
                }
                JsonNode stored =
                        HearthClient.success(small.client().post("/api/v1/readings:batch", NDJSON, batch.toString()));
                assertThat(stored.at("/stored").asInt()).isEqualTo(10_000);
            }
            await().untilAsserted(() ->
                    assertThat(small.client().metric("hearth_stream_clients")).isEqualTo(60));
            HttpResponse<String> oneMore = small.client().get("/api/v1/stream");
            assertThat(oneMore.statusCode()).isEqualTo(503);
            assertThat(oneMore.headers().firstValue("Retry-After")).hasValue("1");
            assertThat(small.isRunning()).as(small.log()).isTrue();
            assertToldOnce(followers.get(0), readings);
            assertToldOnce(followers.get(59), readings);
            assertThat(small.client().metric("hearth_stream_missed_total")).isZero();
        } finally {
            for (Socket socket : stuck) {
                socket.close();
            }
        }
    }

    private static BufferedReader follow(HearthProcess hearth, Socket socket) throws IOException {
        socket.setSoTimeout(60_000);
        String head = "GET /api/v1/stream?ids=stuck-1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + hearth.adminToken() + "\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(UTF_8));
        BufferedReader lines = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
        String line;
        do {
            line = Objects.requireNonNull(lines.readLine());
        } while (!line.startsWith("retry:"));
        return lines;
    }

    private static void assertToldOnce(BufferedReader lines, int readings) throws IOException {
        BitSet told = new BitSet();
        while (told.cardinality() < readings) {
            String line = Objects.requireNonNull(lines.readLine(), "the stream has ended");
            if (line.startsWith("data: ")) {
                for (JsonNode reading : JSON.readTree(line.substring(6)).at("/readings")) {
                    int n = reading.at("/values/n").asInt();
                    assertThat(told.get(n)).as("told before: " + n).isFalse();
                    told.set(n);
                }
            }
        }
    }

    @Test
    void stream_withWrongParameters_isRefusedByName() throws Exception {
        assertThat(problem(get("/api/v1/stream?kinds=weather"), 400, "invalid-request")
                        .at("/errors/0/field")
                        .asText())
                .isEqualTo("kinds");
        assertThat(problem(get("/api/v1/stream?after=nonsense"), 400, "invalid-request")
                        .at("/errors/0/field")
                        .asText())
                .isEqualTo("after");
        assertThat(problem(
                                send(request("/api/v1/stream")
                                        .header("Last-Event-ID", "nonsense")
                                        .GET()),
                                400,
                                "invalid-request")
                        .at("/errors/0/field")
                        .asText())
                .isEqualTo("Last-Event-ID");
        problem(get("/api/v1/stream?device=x"), 400, "invalid-request");
        assertThat(CLIENT.send(
                                HttpRequest.newBuilder(hearth.httpUri().resolve("/api/v1/stream"))
                                        .build(),
                                BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(401);
    }

    private static EventStream open(String path, @Nullable String lastEventId) throws Exception {
        HttpRequest.Builder request = request(path).timeout(Duration.ofSeconds(90));
        if (lastEventId != null) {
            request.header("Last-Event-ID", lastEventId);
        }
        HttpResponse<InputStream> response = CLIENT.send(request.build(), BodyHandlers.ofInputStream());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("text/event-stream");
        assertThat(response.headers().firstValue("Cache-Control").orElse("")).isEqualTo("no-store");
        return new EventStream(new BufferedReader(new InputStreamReader(response.body(), UTF_8)));
    }

    /** Reads events as a browser does. */
    private record EventStream(BufferedReader lines) implements AutoCloseable {
        Event next() throws Exception {
            String name = "message";
            String id = null;
            List<String> data = new ArrayList<>();
            while (true) {
                String line = lines.readLine();
                if (line.isEmpty() && !data.isEmpty()) {
                    return new Event(name, String.join("\n", data), id);
                } else if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("data: ")) {
                    data.add(line.substring(6));
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                }
            }
        }

        @Override
        public void close() throws Exception {
            lines.close();
        }
    }
}
