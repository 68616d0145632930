package io.hearth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Calls a running service over HTTP with its admin token. Paths begin at the root: {@code /api/v1/devices}. */
public final class HearthClient {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A service that does not answer for so long hangs, also on a machine that is busy. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final URI base;
    private final String token;

    public HearthClient(URI base, String token) {
        this.base = base;
        this.token = token;
    }

    public URI base() {
        return base;
    }

    public HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    /** The JSON that a call answers, which must be a success. */
    public JsonNode json(String path) throws IOException, InterruptedException {
        return success(get(path));
    }

    public HttpResponse<String> post(String path, String contentType, String body)
            throws IOException, InterruptedException {
        return send(request(path).header("Content-Type", contentType).POST(BodyPublishers.ofString(body)));
    }

    /** Posts a body of JSON. */
    public HttpResponse<String> post(String path, String json) throws IOException, InterruptedException {
        return post(path, "application/json", json);
    }

    /** Posts without a body. */
    public HttpResponse<String> post(String path) throws IOException, InterruptedException {
        return send(request(path).POST(BodyPublishers.noBody()));
    }

    public HttpResponse<String> delete(String path) throws IOException, InterruptedException {
        return send(request(path).DELETE());
    }

    /** A request with the token, for calls that need more of their own. */
    public HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(PATIENCE).header("Authorization", "Bearer " + token);
    }

    public static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return CLIENT.send(request.build(), BodyHandlers.ofString(UTF_8));
    }

    /** The JSON of an answer, which must be a success. */
    public static JsonNode success(HttpResponse<String> answer) throws IOException {
        assertThat(answer.statusCode())
                .as("%s: %s", answer.uri(), answer.body())
                .isBetween(200, 299);
        return JSON.readTree(answer.body());
    }

    /** A metric of the service, the sum over all labels; 0 if there is none. */
    public double metric(String name) throws IOException, InterruptedException {
        return metric(name, "");
    }

    /** As {@link #metric(String)}, of those that have a label: {@code reason="too_many"}. */
    public double metric(String name, String label) throws IOException, InterruptedException {
        HttpResponse<String> answer = get("/q/metrics");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body()
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .filter(line -> line.contains(label))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    /** All dead letters, the latest first. */
    public List<JsonNode> deadLetters() throws IOException, InterruptedException {
        List<JsonNode> all = new ArrayList<>();
        for (String cursor = ""; cursor != null; ) {
            JsonNode page = json("/api/v1/dead-letters?limit=1000" + cursor);
            page.path("deadLetters").forEach(all::add);
            JsonNode next = page.path("nextCursor");
            cursor = next.isNull() || next.isMissingNode() ? null : "&cursor=" + next.asText();
        }
        return all;
    }

    /** What the readiness probe answers. */
    public int ready() throws IOException, InterruptedException {
        return get("/q/health/ready").statusCode();
    }

    /** What the readiness probe says to who shows the token. */
    public String readiness() throws IOException, InterruptedException {
        return get("/q/health/ready").body();
    }

    /** What the liveness probe answers. */
    public int live() throws IOException, InterruptedException {
        return get("/q/health/live").statusCode();
    }
}
