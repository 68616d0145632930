package io.hearth.upgrade;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.HearthClient;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a service answered to a list of calls, as JSON that is kept beside its data: per call the path, the status, and the
 * body, as JSON, as text, or as the SHA-256 of a text that is long.
 */
final class KeptAnswers {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int LONGEST_TEXT = 20_000;

    private KeptAnswers() {}

    /** Asks all calls and returns what to keep. */
    static ArrayNode ask(HearthClient client, List<String> paths) throws IOException, InterruptedException {
        ArrayNode kept = JSON.createArrayNode();
        for (String path : paths) {
            kept.add(ask(client, path));
        }
        return kept;
    }

    private static ObjectNode ask(HearthClient client, String path) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.get(path);
        ObjectNode kept = JSON.createObjectNode();
        kept.put("path", path);
        kept.put("status", answer.statusCode());
        String type = answer.headers().firstValue("Content-Type").orElse("");
        String body = answer.body();
        if (type.startsWith("application/json") || type.startsWith("application/problem+json")) {
            kept.set("json", steady(JSON.readTree(body)));
        } else if (body.length() > LONGEST_TEXT) {
            kept.put("sha256", sha256(body));
        } else {
            kept.put("text", body);
        }
        return kept;
    }

    /** An answer without the time at which it was given, or at which the service was started. */
    private static JsonNode steady(JsonNode json) {
        if (json instanceof ObjectNode object
                && (object.has("state") || object.path("cause").asText().equals("restart"))) {
            object.remove(List.of("timestamp", "since"));
        }
        return json;
    }

    /** The answers that are not the same in {@code others}. */
    static ArrayNode without(JsonNode kept, JsonNode others) {
        Set<JsonNode> same = new HashSet<>();
        others.forEach(same::add);
        ArrayNode rest = JSON.createArrayNode();
        kept.forEach(answer -> {
            if (!same.contains(answer)) {
                rest.add(answer);
            }
        });
        return rest;
    }

    /** The answers, those of {@code others} in place of those of the same call. */
    static ArrayNode with(JsonNode kept, JsonNode others) {
        Map<String, JsonNode> byPath = new LinkedHashMap<>();
        kept.forEach(answer -> byPath.put(answer.path("path").asText(), answer));
        others.forEach(answer -> byPath.put(answer.path("path").asText(), answer));
        return JSON.createArrayNode().addAll(byPath.values());
    }

    /**
     * Asks the calls that were kept again. The answers must be the same; JSON objects may have more fields than they had.
     *
     * @param changed calls that answer otherwise since, on purpose, with their JSON of now
     */
    static void assertAnswersAlike(HearthClient client, JsonNode kept, Map<String, JsonNode> changed)
            throws IOException, InterruptedException {
        List<String> differences = new ArrayList<>();
        Set<String> unused = new TreeSet<>(changed.keySet());
        for (JsonNode was : kept) {
            String path = was.path("path").asText();
            JsonNode is = ask(client, path);
            JsonNode expected = was;
            if (unused.remove(path)) {
                expected = ((ObjectNode) was.deepCopy()).set("json", changed.get(path));
            }
            compare(path, expected, is, differences);
        }
        assertThat(kept).isNotEmpty();
        assertThat(differences).isEmpty();
        assertThat(unused).as("calls that were not asked").isEmpty();
    }

    private static void compare(String place, JsonNode was, JsonNode is, List<String> differences) {
        if (was.isObject() && is.isObject()) {
            was.properties().forEach(field -> {
                JsonNode value = is.get(field.getKey());
                String inner = place + " " + field.getKey();
                if (value == null) {
                    differences.add(inner + " is missing, was " + shortened(field.getValue()));
                } else {
                    compare(inner, field.getValue(), value, differences);
                }
            });
        } else if (was.isArray() && is.isArray() && was.size() == is.size()) {
            for (int i = 0; i < was.size(); i++) {
                compare(place + "[" + i + "]", was.get(i), is.get(i), differences);
            }
        } else if (!was.equals(is)
                && !(was.isNumber() && is.isNumber() && isSame(place, was.asDouble(), is.asDouble()))) {
            differences.add(place + " was " + shortened(was) + ", is " + shortened(is));
        }
    }

    /** Aggregates are exact to the rounding of doubles, which depends on how the readings are stored. */
    private static boolean isSame(String place, double was, double is) {
        double rounding = place.contains("/aggregate?") ? 1e-12 * Math.abs(was) : 0;
        return Math.abs(was - is) <= rounding;
    }

    private static String shortened(JsonNode value) {
        String text = value.toString();
        return text.length() < 2_000 ? text : text.substring(0, 2_000) + "…";
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
