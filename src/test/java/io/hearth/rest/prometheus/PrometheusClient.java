package io.hearth.rest.prometheus;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Speaks Prometheus' HTTP API as Grafana's data source does. */
final class PrometheusClient {
    /** Times stay as they are written. */
    private static final ObjectMapper JSON =
            new ObjectMapper().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final URI base;
    private final String authorization;

    /** @param base what goes before {@code /api/v1} */
    PrometheusClient(URI base, String authorization) {
        this.base = base;
        this.authorization = authorization;
    }

    record Reply(int status, JsonNode json) {}

    /** Sends a GET; parameters are names and values in turn. */
    Reply get(String path, String... parameters) throws IOException, InterruptedException {
        String query = form(parameters);
        URI uri = URI.create(base + "/api/v1/" + path + (query.isEmpty() ? "" : "?" + query));
        return send(HttpRequest.newBuilder(uri).GET());
    }

    /** Sends a POST with a form; parameters are names and values in turn. */
    Reply post(String path, String... parameters) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(URI.create(base + "/api/v1/" + path))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form(parameters))));
    }

    private Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response =
                CLIENT.send(request.header("Authorization", authorization).build(), BodyHandlers.ofString());
        return new Reply(response.statusCode(), JSON.readTree(response.body()));
    }

    private static String form(String... parameters) {
        List<String> pairs = new ArrayList<>();
        for (int i = 0; i < parameters.length; i += 2) {
            pairs.add(URLEncoder.encode(parameters[i], StandardCharsets.UTF_8) + "="
                    + URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
        }
        return String.join("&", pairs);
    }
}
