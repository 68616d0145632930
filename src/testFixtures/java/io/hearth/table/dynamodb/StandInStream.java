package io.hearth.table.dynamodb;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.hearth.table.dynamodb.DynamoDbHttp.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A stream of a table as Amazon's documentation describes it: shards that follow each other, each with the records of a part of
 * the keys in the order of their writes. What DynamoDB does by itself in the course of hours happens here when a test says so.
 *
 * @see <a href="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html">Change data capture for
 *     DynamoDB Streams</a>: shards split and end, a child is read after its parent, records are kept for 24 hours
 * @see <a href="https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB_Streams.html">API
 *     reference</a> of DescribeStream, GetShardIterator and GetRecords
 */
public final class StandInStream {
    private static final Duration KEPT = Duration.ofHours(24);
    private static final Duration ITERATOR_LIFE = Duration.ofMinutes(15);
    private static final int HASHES = 1 << 16;
    private static final int SHARDS_OF_A_PAGE = 100;
    private static final int RECORDS_OF_A_PAGE = 1_000;
    private static final int BYTES_OF_A_PAGE = 1 << 20;

    private final String arn;
    private final String label;
    private final String table;
    private final ArrayNode keySchema;
    private final Instant created = Instant.now();
    private final List<Shard> shards = new ArrayList<>();
    private Duration ahead = Duration.ZERO;
    private long lastNumber;
    private int iterators;
    private boolean childrenAreListed = true;
    private boolean enabled = true;

    private static final class Shard {
        final String id;
        final @Nullable String parent;
        final int fromHash;
        final int toHash;
        final long startNumber;
        final List<Entry> entries = new ArrayList<>();
        boolean listed;
        long endNumber;
        long trimmedNumber;

        @Nullable
        Instant ended;

        Shard(String id, @Nullable Shard parent, int fromHash, int toHash, long startNumber) {
            this.id = id;
            this.parent = parent == null ? null : parent.id;
            this.fromHash = fromHash;
            this.toHash = toHash;
            this.startNumber = startNumber;
        }
    }

    private record Entry(long number, Instant written, int bytes, ObjectNode record) {}

    StandInStream(String arn, String label, String table, ArrayNode keySchema) {
        this.arn = arn;
        this.label = label;
        this.table = table;
        this.keySchema = keySchema;
        add(null, 0, HASHES);
    }

    String arn() {
        return arn;
    }

    String label() {
        return label;
    }

    boolean isEnabled() {
        return enabled;
    }

    /** Ends each open shard and begins one in its place, as DynamoDB does about every four hours. */
    public synchronized void rollShards() {
        for (Shard shard : open()) {
            end(shard);
            add(shard, shard.fromHash, shard.toHash);
        }
    }

    /** Ends the open shard of the most keys and begins two in its place, as DynamoDB does when it splits a partition. */
    public synchronized void splitShard() {
        Shard shard = open().stream()
                .max(Comparator.comparing(open -> open.toHash - open.fromHash))
                .orElseThrow();
        end(shard);
        int middle = (shard.fromHash + shard.toHash) / 2;
        add(shard, shard.fromHash, middle);
        add(shard, middle, shard.toHash);
    }

    /** Whether shards are listed as soon as they begin; if not, they are listed when this is switched on again. */
    public synchronized void listChildren(boolean atOnce) {
        childrenAreListed = atOnce;
        if (atOnce) {
            shards.forEach(shard -> shard.listed = true);
        }
    }

    /** What happens as time goes by: iterators expire after 15 minutes, records after 24 hours, and shards with their records. */
    public synchronized void advance(Duration time) {
        ahead = ahead.plus(time);
    }

    /** Ends the stream; its records can be read for 24 hours more. */
    synchronized void disable() {
        open().forEach(this::end);
        enabled = false;
    }

    /**
     * Records that the item of a key was {@code before} and is {@code after}.
     *
     * @param key the same text for the same key
     * @param byExpiry whether the table's time to live removed it
     */
    synchronized void write(
            String key, ObjectNode keys, @Nullable ObjectNode before, @Nullable ObjectNode after, boolean byExpiry) {
        if (!enabled || (before == null ? after == null : before.equals(after))) {
            return; // a write that changes nothing has no record
        }
        int hash = Math.floorMod(key.hashCode() * 0x9E3779B9, HASHES);
        Shard shard = open().stream()
                .filter(open -> open.fromHash <= hash && hash < open.toHash)
                .findFirst()
                .orElseThrow();
        long number = ++lastNumber;
        ObjectNode record = DynamoDbHttp.JSON.createObjectNode();
        record.put("eventID", Long.toHexString(number));
        record.put("eventName", before == null ? "INSERT" : after == null ? "REMOVE" : "MODIFY");
        record.put("eventVersion", "1.1").put("eventSource", "aws:dynamodb").put("awsRegion", "us-east-1");
        ObjectNode data = record.putObject("dynamodb");
        data.put("ApproximateCreationDateTime", now().getEpochSecond());
        data.set("Keys", keys);
        if (after != null) {
            data.set("NewImage", after);
        }
        if (before != null) {
            data.set("OldImage", before);
        }
        int bytes = ItemSize.bytes(keys) + ItemSize.bytes(before) + ItemSize.bytes(after);
        data.put("SequenceNumber", text(number)).put("SizeBytes", bytes);
        data.put("StreamViewType", "NEW_AND_OLD_IMAGES");
        if (byExpiry) {
            record.putObject("userIdentity").put("Type", "Service").put("PrincipalId", "dynamodb.amazonaws.com");
        }
        shard.entries.add(new Entry(number, now(), bytes, record));
    }

    synchronized Answer describe(@Nullable String afterShard) {
        trim();
        ObjectNode answer = DynamoDbHttp.JSON.createObjectNode();
        ObjectNode description = answer.putObject("StreamDescription");
        description.put("StreamArn", arn).put("StreamLabel", label).put("TableName", table);
        description.put("StreamStatus", enabled ? "ENABLED" : "DISABLED");
        description.put("StreamViewType", "NEW_AND_OLD_IMAGES");
        description.put("CreationRequestDateTime", created.getEpochSecond());
        description.set("KeySchema", keySchema);
        ArrayNode listed = description.putArray("Shards");
        for (Shard shard : shards) {
            boolean isBefore = afterShard != null && shard.id.compareTo(afterShard) <= 0;
            if (!shard.listed || isBefore) {
                continue;
            }
            if (listed.size() == SHARDS_OF_A_PAGE) {
                description.set(
                        "LastEvaluatedShardId", listed.get(SHARDS_OF_A_PAGE - 1).get("ShardId"));
                break;
            }
            ObjectNode node = listed.addObject().put("ShardId", shard.id);
            if (shard.parent != null) {
                node.put("ParentShardId", shard.parent);
            }
            ObjectNode range =
                    node.putObject("SequenceNumberRange").put("StartingSequenceNumber", text(shard.startNumber));
            if (shard.ended != null) {
                range.put("EndingSequenceNumber", text(shard.endNumber));
            }
        }
        return Answer.ok(answer);
    }

    synchronized Answer iterator(String shardId, String type, @Nullable String sequenceNumber) {
        trim();
        Shard shard = find(shardId).orElse(null);
        if (shard == null) {
            return Answer.error(400, "ResourceNotFoundException", "there is no shard " + shardId);
        }
        boolean atNumber = type.equals("AT_SEQUENCE_NUMBER") || type.equals("AFTER_SEQUENCE_NUMBER");
        if (atNumber != (sequenceNumber != null)) {
            return Answer.error(400, "ValidationException", "a sequence number is needed for AT and AFTER only");
        }
        long number = sequenceNumber == null ? 0 : Long.parseLong(sequenceNumber);
        if (atNumber && number <= shard.trimmedNumber) {
            return Answer.error(400, "TrimmedDataAccessException", "the record is no longer kept");
        }
        long from = switch (type) {
            case "LATEST" -> lastNumber + 1;
            case "AT_SEQUENCE_NUMBER" -> number;
            case "AFTER_SEQUENCE_NUMBER" -> number + 1;
            default -> shard.trimmedNumber + 1; // TRIM_HORIZON
        };
        return Answer.ok(DynamoDbHttp.JSON.createObjectNode().put("ShardIterator", iterator(shard, from)));
    }

    /** @param iterator one that begins with the ARN of this stream */
    synchronized Answer records(String iterator, int limit) {
        trim();
        if (limit < 1 || limit > RECORDS_OF_A_PAGE) {
            return Answer.error(400, "ValidationException", "limit: " + limit);
        }
        String[] parts = iterator.split("\\|", -1);
        Shard shard = find(parts[1]).orElse(null);
        long from = Long.parseLong(parts[2]);
        if (Instant.ofEpochMilli(Long.parseLong(parts[3])).plus(ITERATOR_LIFE).isBefore(now())) {
            return Answer.error(400, "ExpiredIteratorException", "the iterator was issued more than 15 minutes ago");
        }
        if (shard == null || from <= shard.trimmedNumber) {
            return Answer.error(400, "TrimmedDataAccessException", "the records are no longer kept");
        }
        ObjectNode answer = DynamoDbHttp.JSON.createObjectNode();
        ArrayNode records = answer.putArray("Records");
        long next = from;
        int bytes = 0;
        boolean more = false;
        for (Entry entry : shard.entries) {
            if (entry.number >= from) {
                more = records.size() == limit || bytes > BYTES_OF_A_PAGE;
                if (more) {
                    break;
                }
                records.add(entry.record);
                bytes += entry.bytes;
                next = entry.number + 1;
            }
        }
        if (more || shard.ended == null) {
            answer.put("NextShardIterator", iterator(shard, next));
        }
        return Answer.ok(answer);
    }

    private String iterator(Shard shard, long from) {
        return String.join(
                "|", arn, shard.id, Long.toString(from), Long.toString(now().toEpochMilli()), "" + iterators++);
    }

    private void trim() {
        Instant oldest = now().minus(KEPT);
        for (Shard shard : shards) {
            while (!shard.entries.isEmpty() && shard.entries.get(0).written.isBefore(oldest)) {
                shard.trimmedNumber = shard.entries.remove(0).number;
            }
        }
        shards.removeIf(shard -> shard.ended != null && shard.ended.isBefore(oldest));
    }

    private void end(Shard shard) {
        shard.ended = now();
        shard.endNumber = ++lastNumber;
    }

    private void add(@Nullable Shard parent, int fromHash, int toHash) {
        long number = ++lastNumber;
        String id = String.format("shardId-%020d-%08x", number, fromHash);
        Shard shard = new Shard(id, parent, fromHash, toHash, number);
        shard.listed = childrenAreListed;
        shards.add(shard);
    }

    private List<Shard> open() {
        return shards.stream().filter(shard -> shard.ended == null).toList();
    }

    private Optional<Shard> find(String id) {
        return shards.stream().filter(shard -> shard.id.equals(id)).findFirst();
    }

    private Instant now() {
        return Instant.now().plus(ahead).truncatedTo(ChronoUnit.MILLIS);
    }

    private static String text(long number) {
        return String.format("%021d", number);
    }
}
