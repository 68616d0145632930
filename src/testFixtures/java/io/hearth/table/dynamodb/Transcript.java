package io.hearth.table.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Requests to the DynamoDB API and what was answered, in order. What differs from run to run is in them by a name:
 * {@code ${table}}, and {@code ${stream-1}}, {@code ${shard-1}}, {@code ${iterator-1}}, {@code ${sequence-1}} and so on in the
 * order in which they are answered. {@code ${bytes-1500}} is 1,500 zero bytes in Base64.
 */
final class Transcript {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern NAME = Pattern.compile("\\$\\{([a-z]+(?:-(\\d+))?)}");
    private static final Map<String, String> NAMED = Map.of(
            "LatestStreamArn", "stream",
            "StreamArn", "stream",
            "ShardId", "shard",
            "ParentShardId", "shard",
            "ShardIterator", "iterator",
            "NextShardIterator", "iterator",
            "SequenceNumber", "sequence");

    /** Present or not, but with any value. */
    private static final Set<String> ANY_VALUE = Set.of(
            "StartingSequenceNumber",
            "EndingSequenceNumber",
            "LatestStreamLabel",
            "StreamLabel",
            "ApproximateCreationDateTime",
            "CreationRequestDateTime",
            "message");

    /** What the engine does not read: times, counts, names of the region, and how far the table is made. */
    private static final Set<String> IGNORED = Set.of(
            "CreationDateTime",
            "DeletionProtectionEnabled",
            "IndexArn",
            "IndexSizeBytes",
            "IndexStatus",
            "ItemCount",
            "LastDecreaseDateTime",
            "LastIncreaseDateTime",
            "LastUpdateToPayPerRequestDateTime",
            "NumberOfDecreasesToday",
            "SizeBytes",
            "TableArn",
            "TableId",
            "TableSizeBytes",
            "TableStatus",
            "TableThroughputModeSummary",
            "WarmThroughput",
            "awsRegion",
            "eventID",
            "eventSource",
            "eventVersion");

    /**
     * One request and the answer that it must get. In the file that is the recorded {@code response}, or what stands there
     * {@code instead}, with the reason.
     */
    record Exchange(String what, String call, JsonNode request, int status, JsonNode response) {}

    private final Map<String, String> values = new HashMap<>();
    private final Map<String, String> names = new HashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();

    Transcript(String table) {
        values.put("table", table);
        names.put(table, "table");
    }

    static List<Exchange> read(String name) throws IOException {
        try (InputStream in = Transcript.class.getResourceAsStream("/dynamodb-transcripts/" + name + ".json")) {
            List<Exchange> exchanges = new ArrayList<>();
            for (JsonNode node : JSON.readTree(in)) {
                exchanges.add(new Exchange(
                        node.get("what").asText(),
                        node.get("call").asText(),
                        node.get("request"),
                        node.get("status").asInt(),
                        node.has("instead") ? node.get("instead") : node.get("response")));
            }
            return exchanges;
        }
    }

    /** A request as it is sent: with values in place of names. */
    byte[] request(JsonNode named) throws IOException {
        Matcher matcher = NAME.matcher(JSON.writeValueAsString(named));
        StringBuilder text = new StringBuilder();
        while (matcher.find()) {
            String name = matcher.group(1);
            String value = name.startsWith("bytes-") ? zeros(Integer.parseInt(matcher.group(2))) : values.get(name);
            if (value == null) {
                throw new IllegalStateException("nothing has been answered yet that is called " + name);
            }
            matcher.appendReplacement(text, Matcher.quoteReplacement(value));
        }
        return matcher.appendTail(text).toString().getBytes(UTF_8);
    }

    /** An answer as it is written down: with names in place of values, and without what does not matter. */
    JsonNode response(byte[] answered) throws IOException {
        return named("", JSON.readTree(answered));
    }

    /** The same text for answers that differ in the order of fields only. */
    static String text(JsonNode response) throws IOException {
        return JSON.writer(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
                .withDefaultPrettyPrinter()
                .writeValueAsString(JSON.treeToValue(response, Object.class));
    }

    private JsonNode named(String field, JsonNode node) {
        if (node instanceof ObjectNode object) {
            ObjectNode result = JSON.createObjectNode();
            for (Map.Entry<String, JsonNode> entry : object.properties()) {
                String name = entry.getKey().equals("Message") ? "message" : entry.getKey();
                if (!IGNORED.contains(name) && !isOnDemand(name, entry.getValue())) {
                    result.set(nameOf(name), named(name, entry.getValue()));
                }
            }
            return result;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode result = JSON.createArrayNode();
            array.forEach(element -> result.add(named(field, element)));
            return result;
        }
        if (ANY_VALUE.contains(field)) {
            return TextNode.valueOf("…");
        }
        if (node.isNumber()) {
            return JSON.getNodeFactory().numberNode(node.asDouble());
        }
        if (!node.isTextual()) {
            return node;
        }
        String text = node.asText();
        if (field.equals("__type")) {
            return TextNode.valueOf(text.substring(text.indexOf('#') + 1));
        }
        String kind = NAMED.get(field);
        if (kind != null && !names.containsKey(text)) {
            String name = kind + "-" + counts.merge(kind, 1, Integer::sum);
            names.put(text, name);
            values.put(name, text);
        }
        return TextNode.valueOf(field.equals("B") ? shortened(text) : nameOf(text));
    }

    /** Capacity on demand is said by zeros for a table and an index, or by leaving it out. */
    private static boolean isOnDemand(String field, JsonNode value) {
        return field.equals("ProvisionedThroughput")
                && value.path("ReadCapacityUnits").asInt() == 0
                && value.path("WriteCapacityUnits").asInt() == 0;
    }

    private String nameOf(String value) {
        String name = names.get(value);
        return name == null ? value : "${" + name + "}";
    }

    private static String shortened(String base64) {
        byte[] bytes = Base64.getDecoder().decode(base64);
        return bytes.length > 100 && Arrays.equals(bytes, new byte[bytes.length])
                ? "${bytes-" + bytes.length + "}"
                : base64;
    }

    private static String zeros(int length) {
        return Base64.getEncoder().encodeToString(new byte[length]);
    }
}
