package io.hearth.table.dynamodb;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.CursorCodec;
import io.hearth.table.CursorCodec.Kind;
import io.hearth.table.Direction;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.SortRange;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;

/**
 * Answers queries and scans page by page. The position in a cursor is the key at which a page of DynamoDB ended: for a query
 * the sort key; for the index its sort key and the item's own keys; for a scan the item's keys. Each part stands behind its
 * length as a varint.
 */
final class Pages {
    private final DynamoDbAsyncClient client;
    private final String table;
    private final Requests requests;
    private final InstantSource clock;

    Pages(DynamoDbAsyncClient client, String table, Requests requests, InstantSource clock) {
        this.client = client;
        this.table = table;
        this.requests = requests;
        this.clock = clock;
    }

    CompletableFuture<Page> query(Query query, boolean ofIndex) {
        Key.encodePartitionKey(query.partitionKey());
        byte[] request = CursorCodec.request(query);
        Kind kind = ofIndex ? Kind.INDEX : Kind.QUERY;
        Cursor cursor = query.cursor();
        Map<String, AttributeValue> startKey =
                cursor == null ? null : startKey(query, ofIndex, CursorCodec.decode(kind, request, cursor));
        if (isEmpty(query.range())) {
            return CompletableFuture.completedFuture(new Page(List.of(), null));
        }
        QueryRequest asked = QueryRequest.builder()
                .tableName(table)
                .indexName(ofIndex ? ItemCodec.INDEX : null)
                .keyConditionExpression(condition(query.range(), ofIndex))
                .expressionAttributeValues(values(query))
                // The partition need not come with every item: of small ones it is the larger part.
                .projectionExpression(ofIndex ? null : ItemCodec.PROJECTION)
                .scanIndexForward(query.direction() == Direction.ASCENDING)
                .limit(query.limit())
                .exclusiveStartKey(startKey)
                // The index is only eventually consistent, whatever is asked for.
                .consistentRead(!ofIndex && query.consistency() == Consistency.STRONG)
                .returnConsumedCapacity(ReturnConsumedCapacity.TOTAL)
                .build();
        Operation operation = ofIndex ? Operation.INDEX : Operation.QUERY;
        return requests.read(
                        operation, response -> Requests.units(response.consumedCapacity()), () -> client.query(asked))
                .thenApply(response -> new Page(
                        live(response.items(), query, ofIndex),
                        response.hasLastEvaluatedKey()
                                ? CursorCodec.encode(kind, request, position(response.lastEvaluatedKey(), kind))
                                : null));
    }

    CompletableFuture<Page> scan(Scan scan) {
        byte[] request = CursorCodec.request(scan);
        Cursor cursor = scan.cursor();
        Map<String, AttributeValue> startKey =
                cursor == null ? null : startKey(CursorCodec.decode(Kind.SCAN, request, cursor));
        ScanRequest asked = ScanRequest.builder()
                .tableName(table)
                .segment(scan.segment())
                .totalSegments(scan.segments())
                .limit(scan.limit())
                .exclusiveStartKey(startKey)
                .consistentRead(true)
                .returnConsumedCapacity(ReturnConsumedCapacity.TOTAL)
                .build();
        return requests.read(
                        Operation.SCAN,
                        response -> Requests.units(response.consumedCapacity()),
                        () -> client.scan(asked))
                .thenApply(response -> new Page(
                        live(response.items()),
                        response.hasLastEvaluatedKey()
                                ? CursorCodec.encode(
                                        Kind.SCAN, request, position(response.lastEvaluatedKey(), Kind.SCAN))
                                : null));
    }

    private List<Item> live(List<Map<String, AttributeValue>> found) {
        long now = clock.instant().getEpochSecond();
        return found.stream()
                .map(ItemCodec::decode)
                .filter(item -> !item.isExpiredAt(now))
                .toList();
    }

    /** What has not expired, and is in the range: DynamoDB has no half-open one. */
    private List<Item> live(List<Map<String, AttributeValue>> found, Query query, boolean ofIndex) {
        long now = clock.instant().getEpochSecond();
        Bytes end = query.range().end();
        List<Item> items = new ArrayList<>(found.size());
        for (Map<String, AttributeValue> attributes : found) {
            Item item = ofIndex ? ItemCodec.decode(attributes) : ItemCodec.decode(query.partitionKey(), attributes);
            Bytes sortKey = ofIndex
                    ? Objects.requireNonNull(item.index()).sortKey()
                    : item.key().sortKey();
            if (!item.isExpiredAt(now) && !isEnd(sortKey, end)) {
                items.add(item);
            }
        }
        return items;
    }

    private static boolean isEnd(Bytes sortKey, @Nullable Bytes end) {
        return end != null && sortKey.equals(end);
    }

    private static boolean isEmpty(SortRange range) {
        Bytes end = range.end();
        Bytes start = range.start() == null ? Bytes.EMPTY : range.start();
        return end != null && end.compareTo(start) <= 0;
    }

    private static String condition(SortRange range, boolean ofIndex) {
        String partition = ofIndex ? ItemCodec.INDEX_PARTITION_KEY : ItemCodec.PARTITION_KEY;
        String sort = ofIndex ? ItemCodec.INDEX_SORT_KEY : ItemCodec.SORT_KEY;
        String condition = partition + " = :partition";
        if (hasStart(range)) {
            return condition + " AND " + sort + (range.end() == null ? " >= :start" : " BETWEEN :start AND :end");
        }
        return range.end() == null ? condition : condition + " AND " + sort + " < :end";
    }

    private static Map<String, AttributeValue> values(Query query) {
        Map<String, AttributeValue> values = new HashMap<>();
        values.put(":partition", AttributeValue.fromS(query.partitionKey()));
        Bytes start = query.range().start();
        if (start != null && hasStart(query.range())) {
            values.put(":start", ItemCodec.binary(start));
        }
        Bytes end = query.range().end();
        if (end != null) {
            values.put(":end", ItemCodec.binary(end));
        }
        return values;
    }

    private static boolean hasStart(SortRange range) {
        return range.start() != null && range.start().length() > 0;
    }

    private static byte[] position(Map<String, AttributeValue> key, Kind kind) {
        ByteWriter out = new ByteWriter(64);
        Key own = ItemCodec.key(key);
        if (kind == Kind.INDEX) {
            append(out, Objects.requireNonNull(ItemCodec.indexKey(key)).sortKey());
        }
        if (kind != Kind.QUERY) {
            out.writeText(own.partitionKey());
        }
        append(out, own.sortKey());
        return out.toByteArray();
    }

    private static void append(ByteWriter out, Bytes part) {
        out.writeVarint(part.length());
        out.writeBytes(part.array());
    }

    private static Map<String, AttributeValue> startKey(Query query, boolean ofIndex, byte[] position) {
        if (!ofIndex) {
            Bytes sortKey = read(position, Pages::bytes);
            requireWithin(query.range(), sortKey);
            return ItemCodec.encode(new Key(query.partitionKey(), sortKey));
        }
        ByteReader in = new ByteReader(position);
        Bytes indexSortKey = readFrom(in, Pages::bytes);
        requireWithin(query.range(), indexSortKey);
        Map<String, AttributeValue> key = ItemCodec.encode(readFrom(in, Pages::key));
        key.put(ItemCodec.INDEX_PARTITION_KEY, AttributeValue.fromS(query.partitionKey()));
        key.put(ItemCodec.INDEX_SORT_KEY, ItemCodec.binary(indexSortKey));
        return key;
    }

    private static Map<String, AttributeValue> startKey(byte[] position) {
        return ItemCodec.encode(read(position, Pages::key));
    }

    private static void requireWithin(SortRange range, @Nullable Bytes sortKey) {
        if (sortKey == null || !range.contains(sortKey) && !isEnd(sortKey, range.end())) {
            throw new InvalidCursorException("the cursor lies outside of its query", null);
        }
    }

    private interface Part<T> {
        T read(ByteReader in);
    }

    private static <T> T read(byte[] position, Part<T> part) {
        return readFrom(new ByteReader(position), part);
    }

    private static <T> T readFrom(ByteReader in, Part<T> part) {
        try {
            return part.read(in);
        } catch (CorruptItemException | IllegalArgumentException e) {
            throw new InvalidCursorException("the cursor has no position", e);
        }
    }

    private static Key key(ByteReader in) {
        return new Key(in.readText(), bytes(in));
    }

    private static Bytes bytes(ByteReader in) {
        int length = in.readCount(in.remaining());
        int at = in.take(length);
        return Bytes.wrap(Arrays.copyOfRange(in.array(), at, at + length));
    }
}
