package io.hearth.table.dynamodb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** What {@link DynamoDbStandIn} remembers of a table: its items, so that it knows what a write changes, its streams and its time to live. */
final class StandInTable {
    private final String name;
    private final ArrayNode keySchema;
    private final List<List<String>> indexes = new ArrayList<>();
    private final Map<String, ObjectNode> items = new ConcurrentHashMap<>();
    private final List<StandInStream> streams = new ArrayList<>();
    private volatile @Nullable String expiryAttribute;

    /** @param description what DescribeTable says of it */
    StandInTable(JsonNode description) {
        name = description.get("TableName").asText();
        keySchema = (ArrayNode) description.get("KeySchema");
        for (JsonNode index : description.path("GlobalSecondaryIndexes")) {
            indexes.add(attributes(index.get("KeySchema")));
        }
    }

    private static List<String> attributes(JsonNode schema) {
        List<String> names = new ArrayList<>();
        schema.forEach(element -> names.add(element.get("AttributeName").asText()));
        return names;
    }

    /** The key attributes of an item or a key; null if it lacks one. */
    @Nullable
    ObjectNode keyOf(JsonNode item) {
        ObjectNode key = DynamoDbHttp.JSON.createObjectNode();
        for (String attribute : attributes(keySchema)) {
            if (!item.has(attribute)) {
                return null;
            }
            key.set(attribute, item.get(attribute));
        }
        return key;
    }

    @Nullable
    ObjectNode item(ObjectNode key) {
        return items.get(key.toString());
    }

    /**
     * Remembers and records a write that has been done. The caller sees to it that writes of one key come here in their order.
     *
     * @param after the item; null if it was removed
     * @return the write units that the indexes took
     */
    int written(ObjectNode key, @Nullable ObjectNode after, boolean byExpiry) {
        String text = key.toString();
        ObjectNode before = after == null ? items.remove(text) : items.put(text, after);
        streams().forEach(stream -> stream.write(text, key, before, after, byExpiry));
        int units = 0;
        for (List<String> index : indexes) {
            ObjectNode entryBefore = listed(index, before);
            ObjectNode entryAfter = listed(index, after);
            boolean moves = entryBefore != null
                    && entryAfter != null
                    && index.stream()
                            .anyMatch(attribute -> !entryBefore.get(attribute).equals(entryAfter.get(attribute)));
            units += ItemSize.indexUnits(entryBefore, entryAfter, moves);
        }
        return units;
    }

    private static @Nullable ObjectNode listed(List<String> index, @Nullable ObjectNode item) {
        return item != null && index.stream().allMatch(item::has) ? item : null;
    }

    /** The keys of the items that have expired at {@code now}. */
    List<ObjectNode> expired(Instant now) {
        String attribute = expiryAttribute;
        List<ObjectNode> keys = new ArrayList<>();
        for (ObjectNode item : items.values()) {
            long expiry = item.path(String.valueOf(attribute)).path("N").asLong(Long.MAX_VALUE);
            ObjectNode key = keyOf(item);
            if (key != null && expiry <= now.getEpochSecond()) {
                keys.add(key);
            }
        }
        return keys;
    }

    @Nullable
    String expiryAttribute() {
        return expiryAttribute;
    }

    void expireBy(@Nullable String attribute) {
        expiryAttribute = attribute;
    }

    synchronized List<StandInStream> streams() {
        return List.copyOf(streams);
    }

    /** The stream that was begun last, if there is one. */
    synchronized @Nullable StandInStream latestStream() {
        return streams.isEmpty() ? null : streams.get(streams.size() - 1);
    }

    synchronized boolean hasStream() {
        StandInStream latest = latestStream();
        return latest != null && latest.isEnabled();
    }

    synchronized void beginStream(String tableArn) {
        String label = Instant.now() + "-" + streams.size();
        streams.add(new StandInStream(tableArn + "/stream/" + label, label, name, keySchema));
    }

    synchronized void endStream() {
        StandInStream latest = latestStream();
        if (latest != null) {
            latest.disable();
        }
    }

    /** Adds to a description what dynalite does not know. */
    void describe(ObjectNode description) {
        description.remove("BillingMode"); // of the request: an answer has it in its summary
        StandInStream latest = latestStream();
        if (latest != null) {
            description.put("LatestStreamArn", latest.arn()).put("LatestStreamLabel", latest.label());
            if (latest.isEnabled()) {
                description
                        .putObject("StreamSpecification")
                        .put("StreamEnabled", true)
                        .put("StreamViewType", "NEW_AND_OLD_IMAGES");
            }
        }
    }
}
