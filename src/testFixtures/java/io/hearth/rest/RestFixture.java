package io.hearth.rest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.HearthProcess;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The packaged service of a test class, and how to talk to it. Each test has devices of its own. */
abstract class RestFixture {
    static final ObjectMapper JSON = new ObjectMapper();
    static final HttpClient CLIENT = HttpClient.newHttpClient();
    static final String NDJSON = "application/x-ndjson";

    /** A whole second of the past hour, so that readings are neither ahead of the clock nor expired. */
    static final Instant START = Instant.now().truncatedTo(ChronoUnit.SECONDS).minus(1, ChronoUnit.HOURS);

    @SuppressWarnings("NullAway.Init")
    static HearthProcess hearth;

    /** What the service says of itself, which is the same for each. */
    private static @Nullable ApiContract contract;

    @BeforeAll
    static void start() {
        // Wrong credentials are tried by the hundred.
        hearth = HearthProcess.start(Map.of("HEARTH_LIMITS_SIGN_IN_DELAY", "0s"));
    }

    @AfterAll
    static void stop() {
        hearth.close();
    }

    static void storeRamp(String device, int count) throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < count; i++) {
            lines.append(line(device, START.plusSeconds(i), "\"n\":" + i));
        }
        assertThat(json(batch(lines.toString()), 200).at("/stored").asInt()).isEqualTo(count);
    }

    static String line(String device, Instant time, String values) {
        return "{\"device\":\"" + device + "\",\"ts\":\"" + time + "\",\"values\":{" + values + "}}\n";
    }

    static HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(hearth.httpUri().resolve(path.replace("+00:00", "%2B00:00")))
                .header("Authorization", "Bearer " + hearth.adminToken());
    }

    static HttpResponse<byte[]> get(String path) throws Exception {
        return send(request(path).GET());
    }

    static HttpResponse<byte[]> post(String path, String json) throws Exception {
        return send(request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(json)));
    }

    static HttpResponse<byte[]> batch(String lines) throws Exception {
        return batch(lines.getBytes(UTF_8), null);
    }

    static HttpResponse<byte[]> batch(byte[] body, @Nullable String encoding) throws Exception {
        BodyPublisher streamed = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body));
        HttpRequest.Builder request =
                request("/api/v1/readings:batch").header("Content-Type", NDJSON).POST(streamed);
        return send(encoding == null ? request : request.header("Content-Encoding", encoding));
    }

    static int status(HttpRequest.Builder request) throws Exception {
        return send(request).statusCode();
    }

    /** Sends a request; its answer must be one that the OpenAPI document has. */
    static HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
        HttpResponse<byte[]> response =
                CLIENT.send(request.timeout(java.time.Duration.ofSeconds(60)).build(), BodyHandlers.ofByteArray());
        if (contract == null) {
            contract = new ApiContract(hearth.client().json("/q/openapi?format=json"));
        }
        URI uri = response.request().uri();
        String method = response.request().method();
        // Who has no or wrong credentials is refused before anybody looks for an operation.
        boolean refusedUnrouted = (response.statusCode() == 401 || response.statusCode() == 403)
                && !contract.knows(method, uri.getRawPath());
        if (contract.knows(uri.getRawPath()) && !refusedUnrouted) {
            boolean packed = response.headers().firstValue("Content-Encoding").isPresent();
            String target = uri.getRawQuery() == null ? uri.getRawPath() : uri.getRawPath() + '?' + uri.getRawQuery();
            ApiContract.Request sent = new ApiContract.Request(method, target, null, new byte[0]);
            assertThat(contract.problemsOf(
                            sent,
                            new ApiContract.Answer(
                                    response.statusCode(),
                                    response.headers()
                                            .firstValue("Content-Type")
                                            .orElse(null),
                                    packed ? null : response.body())))
                    .as(sent + " is answered with " + text(response))
                    .isEmpty();
        }
        return response;
    }

    static String text(HttpResponse<byte[]> response) {
        return new String(response.body(), UTF_8);
    }

    static JsonNode json(HttpResponse<byte[]> response, int status) throws IOException {
        assertThat(response.statusCode()).as(text(response)).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/json");
        return JSON.readTree(response.body());
    }

    static JsonNode problem(HttpResponse<byte[]> response, int status, String type) throws IOException {
        assertThat(response.statusCode()).as(text(response)).isEqualTo(status);
        assertThat(response.headers().firstValue("Content-Type").orElse("")).startsWith("application/problem+json");
        JsonNode problem = JSON.readTree(response.body());
        assertThat(problem.at("/type").asText()).isEqualTo("urn:hearth:problem:" + type);
        assertThat(problem.at("/status").asInt()).isEqualTo(status);
        assertThat(problem.at("/title").asText()).isNotEmpty();
        assertThat(problem.at("/detail").asText()).isNotEmpty();
        return problem;
    }

    /**
     * What the service answers to a request line (and headers) that no client would send; nothing if it cuts the connection.
     *
     * @throws java.net.SocketTimeoutException it neither answers nor ends
     */
    static String raw(String head) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", hearth.httpUri().getPort())) {
            socket.setSoTimeout(60_000);
            String request = head + "\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer " + hearth.adminToken()
                    + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(UTF_8));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            try {
                socket.getInputStream().transferTo(answer);
            } catch (SocketException reset) {
                // The service may cut a connection off whose request it will not read to the end.
                answer.flush();
            }
            return answer.toString(UTF_8);
        }
    }

    static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }
}
