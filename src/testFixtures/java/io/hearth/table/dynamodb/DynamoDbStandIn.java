package io.hearth.table.dynamodb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.table.dynamodb.DynamoDbHttp.Answer;
import io.hearth.table.dynamodb.DynamoDbHttp.Call;
import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The DynamoDB API for tests: dynalite, which does the writes and answers the reads, and what it lacks. That is streams, time to
 * live, the item that a failed condition returns, and what indexes add to the consumed capacity. Every write passes by here,
 * one at a time of each key, so that streams have the writes of a key in the order in which they were done.
 *
 * @see <a href="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/">Amazon DynamoDB API reference</a>
 */
final class DynamoDbStandIn {
    private final DynamoDbHttp http;
    private final Map<String, StandInTable> tables = new ConcurrentHashMap<>();
    private final List<ReentrantLock> keyLocks =
            Stream.generate(ReentrantLock::new).limit(1 << 12).toList();

    DynamoDbStandIn(URI dynalite) throws IOException {
        http = new DynamoDbHttp(dynalite, this::handle);
    }

    URI endpoint() {
        return http.endpoint();
    }

    /** The latest stream of a table. */
    StandInStream stream(String table) {
        StandInStream stream = table(table).latestStream();
        if (stream == null) {
            throw new IllegalStateException("the table " + table + " has no stream");
        }
        return stream;
    }

    /** Removes what has expired at {@code now}, as DynamoDB does within days. */
    void removeExpired(String name, Instant now) throws IOException, InterruptedException {
        StandInTable table = table(name);
        for (ObjectNode key : table.expired(now)) {
            List<ReentrantLock> locks = lock(List.of(new Write(table, key, null)));
            try {
                ObjectNode request = DynamoDbHttp.JSON.createObjectNode().put("TableName", name);
                Answer answer = http.ask("DeleteItem", request.set("Key", key));
                if (answer.status() != 200) {
                    throw new IllegalStateException(answer.json().toString());
                }
                table.written(key, null, true);
            } finally {
                locks.forEach(ReentrantLock::unlock);
            }
        }
    }

    private StandInTable table(String name) {
        StandInTable table = tables.get(name);
        if (table == null) {
            throw new IllegalStateException("there is no table " + name);
        }
        return table;
    }

    private void handle(Call call) throws IOException, InterruptedException {
        DynamoDbHttp.answer(call, answer(call));
    }

    private Answer answer(Call call) throws IOException, InterruptedException {
        JsonNode request = call.json();
        StandInTable table = tables.get(request.path("TableName").asText());
        return switch (call.operation()) {
            case "CreateTable" -> createTable(call, (ObjectNode) request);
            case "UpdateTable" -> updateTable(call, request, table);
            case "DescribeTable" -> describeTable(call, request, table);
            case "UpdateTimeToLive" -> updateTimeToLive(request, table);
            case "DescribeTimeToLive" -> table == null ? http.forward(call) : describeTimeToLive(table);
            case "PutItem", "DeleteItem" -> table == null ? http.forward(call) : writeOne(call, request, table);
            case "BatchWriteItem" -> writeBatch(call, request);
            case "Scan" -> scan(call, request);
            case "DescribeStream", "GetShardIterator", "GetRecords" -> readStream(call.operation(), request);
            default -> http.forward(call);
        };
    }

    /** Answers when the table can be used: the SDK's waiter would look again after 20 seconds only. */
    private synchronized Answer createTable(Call call, ObjectNode request) throws IOException, InterruptedException {
        boolean hasStream =
                request.path("StreamSpecification").path("StreamEnabled").asBoolean();
        request.remove("StreamSpecification");
        Answer created = http.forward(call, DynamoDbHttp.bytes(request));
        if (created.status() != 200) {
            return created;
        }
        String name = request.get("TableName").asText();
        JsonNode description;
        do {
            description = describe(name);
        } while (!description.get("TableStatus").asText().equals("ACTIVE"));
        StandInTable table = new StandInTable(description);
        if (hasStream) {
            table.beginStream(description.get("TableArn").asText());
        }
        tables.put(name, table);
        return described(created.json().get("TableDescription"), table, "TableDescription");
    }

    /** Only the stream can be updated. */
    private synchronized Answer updateTable(Call call, JsonNode request, @Nullable StandInTable table)
            throws IOException, InterruptedException {
        if (table == null) {
            return http.forward(call); // is refused
        }
        boolean enable =
                request.path("StreamSpecification").path("StreamEnabled").asBoolean();
        if (enable == table.hasStream()) {
            return Answer.error(400, "ValidationException", "the stream of the table is as it should be");
        }
        if (enable) {
            table.beginStream(
                    describe(request.get("TableName").asText()).get("TableArn").asText());
        } else {
            table.endStream();
        }
        return described(describe(request.get("TableName").asText()), table, "TableDescription");
    }

    private synchronized Answer describeTable(Call call, JsonNode request, @Nullable StandInTable table)
            throws IOException, InterruptedException {
        return table == null
                ? http.forward(call)
                : described(describe(request.get("TableName").asText()), table, "Table");
    }

    private JsonNode describe(String name) throws IOException, InterruptedException {
        return http.ask("DescribeTable", DynamoDbHttp.JSON.createObjectNode().put("TableName", name))
                .json()
                .get("Table");
    }

    private static Answer described(JsonNode description, StandInTable table, String field) {
        table.describe((ObjectNode) description);
        return Answer.ok(DynamoDbHttp.JSON.createObjectNode().set(field, description));
    }

    private synchronized Answer updateTimeToLive(JsonNode request, @Nullable StandInTable table) {
        if (table == null) {
            return Answer.error(400, "ResourceNotFoundException", "there is no such table");
        }
        JsonNode specification = request.get("TimeToLiveSpecification");
        boolean enable = specification.get("Enabled").asBoolean();
        if (enable == (table.expiryAttribute() != null)) {
            return Answer.error(400, "ValidationException", "time to live is as it should be");
        }
        table.expireBy(enable ? specification.get("AttributeName").asText() : null);
        return Answer.ok(DynamoDbHttp.JSON.createObjectNode().set("TimeToLiveSpecification", specification));
    }

    private static Answer describeTimeToLive(StandInTable table) {
        ObjectNode answer = DynamoDbHttp.JSON.createObjectNode();
        ObjectNode description = answer.putObject("TimeToLiveDescription");
        description.put("TimeToLiveStatus", table.expiryAttribute() == null ? "DISABLED" : "ENABLED");
        if (table.expiryAttribute() != null) {
            description.put("AttributeName", table.expiryAttribute());
        }
        return Answer.ok(answer);
    }

    /** @param item null for a removal */
    private record Write(
            StandInTable table, ObjectNode key, @Nullable ObjectNode item) {}

    private Answer writeOne(Call call, JsonNode request, StandInTable table) throws IOException, InterruptedException {
        Write write = write(table, request.get("Item"), request.get("Key"));
        if (write == null) {
            return http.forward(call);
        }
        List<ReentrantLock> locks = lock(List.of(write));
        try {
            ObjectNode before = table.item(write.key);
            Answer answer = http.forward(call);
            if (answer.status() == 200) {
                int units = table.written(write.key, write.item, false);
                ObjectNode body = (ObjectNode) answer.json();
                addUnits(body.get("ConsumedCapacity"), units);
                return Answer.ok(body);
            }
            boolean returned =
                    request.path("ReturnValuesOnConditionCheckFailure").asText().equals("ALL_OLD");
            if (returned && before != null) {
                ObjectNode body = (ObjectNode) answer.json();
                if (body.get("__type").asText().endsWith("#ConditionalCheckFailedException")) {
                    return new Answer(answer.status(), DynamoDbHttp.bytes(body.set("Item", before)));
                }
            }
            return answer;
        } finally {
            locks.forEach(ReentrantLock::unlock);
        }
    }

    private Answer writeBatch(Call call, JsonNode request) throws IOException, InterruptedException {
        List<Write> writes = new ArrayList<>();
        for (Map.Entry<String, JsonNode> entry : request.path("RequestItems").properties()) {
            StandInTable table = tables.get(entry.getKey());
            for (JsonNode node : entry.getValue()) {
                Write write =
                        table == null ? null : write(table, node.at("/PutRequest/Item"), node.at("/DeleteRequest/Key"));
                if (write == null) {
                    return http.forward(call); // is refused
                }
                writes.add(write);
            }
        }
        List<ReentrantLock> locks = lock(writes);
        try {
            Answer answer = http.forward(call);
            if (answer.status() != 200) {
                return answer;
            }
            int units = 0;
            for (Write write : writes) {
                units += write.table.written(write.key, write.item, false);
            }
            ObjectNode body = (ObjectNode) answer.json();
            addUnits(body.path("ConsumedCapacity").path(0), units); // tests write to one table at a time
            return Answer.ok(body);
        } finally {
            locks.forEach(ReentrantLock::unlock);
        }
    }

    /** A strongly consistent scan takes twice the units, which dynalite does not count. */
    private Answer scan(Call call, JsonNode request) throws IOException, InterruptedException {
        Answer answer = http.forward(call);
        if (!request.path("ConsistentRead").asBoolean() || answer.status() != 200) {
            return answer;
        }
        JsonNode body = answer.json();
        JsonNode consumed = body.path("ConsumedCapacity");
        addUnits(consumed, consumed.path("CapacityUnits").asDouble());
        return Answer.ok(body);
    }

    private static @Nullable Write write(StandInTable table, @Nullable JsonNode item, @Nullable JsonNode key) {
        boolean puts = item instanceof ObjectNode;
        JsonNode attributes = puts ? item : key;
        ObjectNode keyAttributes = attributes == null ? null : table.keyOf(attributes);
        return keyAttributes == null ? null : new Write(table, keyAttributes, puts ? (ObjectNode) item : null);
    }

    /** Locks what the writes need, always in the same order. */
    private List<ReentrantLock> lock(List<Write> writes) {
        TreeSet<Integer> numbers = new TreeSet<>();
        writes.forEach(write -> numbers.add(Math.floorMod(write.key.hashCode(), keyLocks.size())));
        List<ReentrantLock> locks = numbers.stream().map(keyLocks::get).toList();
        locks.forEach(ReentrantLock::lock);
        return locks;
    }

    private static void addUnits(@Nullable JsonNode capacity, double units) {
        if (capacity instanceof ObjectNode consumed) {
            consumed.put("CapacityUnits", consumed.get("CapacityUnits").asDouble() + units);
        }
    }

    private Answer readStream(String operation, JsonNode request) {
        String named = request.path(operation.equals("GetRecords") ? "ShardIterator" : "StreamArn")
                .asText();
        StandInStream stream = tables.values().stream()
                .flatMap(table -> table.streams().stream())
                .filter(found -> operation.equals("GetRecords")
                        ? named.startsWith(found.arn() + "|")
                        : named.equals(found.arn()))
                .findFirst()
                .orElse(null);
        if (stream == null) {
            return operation.equals("GetRecords")
                    ? Answer.error(400, "ValidationException", "not an iterator: " + named)
                    : Answer.error(400, "ResourceNotFoundException", "there is no stream " + named);
        }
        return switch (operation) {
            case "DescribeStream" -> stream.describe(text(request, "ExclusiveStartShardId"));
            case "GetShardIterator" ->
                stream.iterator(
                        request.get("ShardId").asText(),
                        request.get("ShardIteratorType").asText(),
                        text(request, "SequenceNumber"));
            default -> stream.records(named, request.path("Limit").asInt(1_000));
        };
    }

    private static @Nullable String text(JsonNode request, String field) {
        return request.has(field) ? request.get(field).asText() : null;
    }
}
