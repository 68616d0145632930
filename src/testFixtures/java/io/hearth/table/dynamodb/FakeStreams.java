package io.hearth.table.dynamodb;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.DescribeStreamRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeStreamResponse;
import software.amazon.awssdk.services.dynamodb.model.ExpiredIteratorException;
import software.amazon.awssdk.services.dynamodb.model.GetRecordsRequest;
import software.amazon.awssdk.services.dynamodb.model.GetRecordsResponse;
import software.amazon.awssdk.services.dynamodb.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.dynamodb.model.GetShardIteratorResponse;
import software.amazon.awssdk.services.dynamodb.model.OperationType;
import software.amazon.awssdk.services.dynamodb.model.Record;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.Shard;
import software.amazon.awssdk.services.dynamodb.model.StreamStatus;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsAsyncClient;

/** A stream in which each step is made by a test. A shard is listed from its begin to {@link #forget}, in the order of ids. */
final class FakeStreams implements DynamoDbStreamsAsyncClient {
    private final TreeMap<String, FakeShard> shards = new TreeMap<>();
    private final Set<String> expired = new HashSet<>();
    private final Set<String> issued = new HashSet<>();
    int pageShards = 100;
    int listed;
    boolean disabled;
    boolean gone;

    /** Is run once, behind a page of the list that is not the last one. */
    @Nullable
    Runnable betweenPages;

    private static final class FakeShard {
        final @Nullable String parent;
        final List<String> bodies = new ArrayList<>();
        boolean ended;

        FakeShard(@Nullable String parent) {
            this.parent = parent;
        }
    }

    /** Writes to the shard that has just begun. */
    interface Begun {
        void write(String body);
    }

    Begun begin(String shard, @Nullable String parent) {
        shards.put(shard, new FakeShard(parent));
        return body -> write(shard, body);
    }

    void write(String shard, String body) {
        shard(shard).bodies.add(body);
    }

    void end(String shard) {
        shard(shard).ended = true;
    }

    void forget(String shard) {
        shards.remove(shard);
    }

    void expireIterators() {
        expired.addAll(issued);
    }

    private FakeShard shard(String id) {
        FakeShard shard = shards.get(id);
        if (shard == null) {
            throw notFound();
        }
        return shard;
    }

    private static ResourceNotFoundException notFound() {
        return ResourceNotFoundException.builder()
                .message("gone")
                .statusCode(400)
                .build();
    }

    @Override
    public CompletableFuture<DescribeStreamResponse> describeStream(DescribeStreamRequest request) {
        if (gone) {
            return CompletableFuture.failedFuture(notFound());
        }
        listed++;
        String after = request.exclusiveStartShardId();
        List<Shard> page = new ArrayList<>();
        boolean more = false;
        for (Map.Entry<String, FakeShard> entry : (after == null ? shards : shards.tailMap(after, false)).entrySet()) {
            if (page.size() == pageShards) {
                more = true;
                break;
            }
            FakeShard shard = entry.getValue();
            page.add(Shard.builder()
                    .shardId(entry.getKey())
                    .parentShardId(shard.parent)
                    .sequenceNumberRange(
                            range -> range.startingSequenceNumber("0").endingSequenceNumber(shard.ended ? "99" : null))
                    .build());
        }
        String last = more ? page.get(page.size() - 1).shardId() : null;
        Runnable then = betweenPages;
        if (more && then != null) {
            betweenPages = null;
            then.run();
        }
        return CompletableFuture.completedFuture(DescribeStreamResponse.builder()
                .streamDescription(stream -> stream.shards(page)
                        .streamStatus(disabled ? StreamStatus.DISABLED : StreamStatus.ENABLED)
                        .lastEvaluatedShardId(last))
                .build());
    }

    @Override
    public CompletableFuture<GetShardIteratorResponse> getShardIterator(GetShardIteratorRequest request) {
        FakeShard shard = shards.get(request.shardId());
        if (shard == null) {
            return CompletableFuture.failedFuture(notFound());
        }
        int from = switch (request.shardIteratorType()) {
            case LATEST -> shard.bodies.size();
            case AFTER_SEQUENCE_NUMBER -> Integer.parseInt(request.sequenceNumber()) + 1;
            default -> 0;
        };
        return CompletableFuture.completedFuture(GetShardIteratorResponse.builder()
                .shardIterator(iterator(request.shardId(), from))
                .build());
    }

    private String iterator(String shard, int from) {
        String iterator = shard + "|" + from + "|" + issued.size();
        issued.add(iterator);
        return iterator;
    }

    @Override
    public CompletableFuture<GetRecordsResponse> getRecords(GetRecordsRequest request) {
        if (expired.contains(request.shardIterator())) {
            return CompletableFuture.failedFuture(
                    ExpiredIteratorException.builder().statusCode(400).build());
        }
        String[] parts = request.shardIterator().split("\\|", -1);
        FakeShard shard = shard(parts[0]);
        int from = Integer.parseInt(parts[1]);
        int to = Math.min(shard.bodies.size(), from + request.limit());
        List<Record> records = new ArrayList<>();
        for (int i = from; i < to; i++) {
            String number = String.valueOf(i);
            String body = shard.bodies.get(i);
            records.add(Record.builder()
                    .eventName(OperationType.INSERT)
                    .dynamodb(data -> data.sequenceNumber(number).newImage(ItemCodec.encode(StreamFeedTest.item(body))))
                    .build());
        }
        boolean over = shard.ended && to == shard.bodies.size();
        return CompletableFuture.completedFuture(GetRecordsResponse.builder()
                .records(records)
                .nextShardIterator(over ? null : iterator(parts[0], to))
                .build());
    }

    @Override
    public String serviceName() {
        return "fake";
    }

    @Override
    public void close() {}
}
