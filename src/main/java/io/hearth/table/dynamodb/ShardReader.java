package io.hearth.table.dynamodb;

import io.hearth.table.Change;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.dynamodb.FeedPosition.ShardPosition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ExpiredIteratorException;
import software.amazon.awssdk.services.dynamodb.model.GetRecordsResponse;
import software.amazon.awssdk.services.dynamodb.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.dynamodb.model.OperationType;
import software.amazon.awssdk.services.dynamodb.model.Record;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ShardIteratorType;
import software.amazon.awssdk.services.dynamodb.model.TrimmedDataAccessException;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsAsyncClient;

/**
 * Reads the records of a shard from a position on. Iterators, which DynamoDB forgets after 15 minutes, are kept for the positions
 * that were reached last: they save a request, and lead over stretches without records. Without one a position finds its
 * place again by its sequence number, or by the time from which on it counts.
 */
final class ShardReader {
    private static final int KEPT_ITERATORS = 4096;
    private static final int MAX_RECORDS = 1000;

    /** Creation times of records are rounded to seconds, and clocks differ a little. */
    private static final long CLOCK_SLACK_SECONDS = 2;

    private static final String TTL_PRINCIPAL = "dynamodb.amazonaws.com";

    private final DynamoDbStreamsAsyncClient streams;
    private final Requests requests;
    private final String streamArn;
    private final Map<ShardPosition, String> iterators = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<ShardPosition, String> eldest) {
            return size() > KEPT_ITERATORS;
        }
    };

    ShardReader(DynamoDbStreamsAsyncClient streams, Requests requests, String streamArn) {
        this.streams = streams;
        this.requests = requests;
        this.streamArn = streamArn;
    }

    /**
     * Some changes of a shard.
     *
     * @param next where to go on; null if the shard has been read to its end and gets no more records
     */
    record Part(List<Change> changes, @Nullable ShardPosition next) {}

    /** A position behind all records that the shard has now. */
    CompletableFuture<ShardPosition> endOf(String shard, long nowSeconds, long start) {
        ShardPosition position = new ShardPosition(shard, null, nowSeconds, start);
        return iterator(position, ShardIteratorType.LATEST).thenApply(iterator -> {
            keep(position, iterator);
            return position;
        });
    }

    CompletableFuture<Part> read(ShardPosition position, int limit) {
        String kept = kept(position);
        if (kept == null) {
            return iterator(
                            position,
                            position.after() == null
                                    ? ShardIteratorType.TRIM_HORIZON
                                    : ShardIteratorType.AFTER_SEQUENCE_NUMBER)
                    .thenCompose(iterator -> records(iterator, limit))
                    .thenApply(response -> part(position, response, position.sinceSeconds()));
        }
        // The iterator of a start at the end of a shard is exact, so nothing that it brings is old.
        return records(kept, limit)
                .thenApply(response -> part(position, response, 0))
                .exceptionallyCompose(wrapped -> {
                    Throwable failure = Failure.unwrap(wrapped);
                    if (failure instanceof ExpiredIteratorException) {
                        forget(position);
                        return read(position, limit);
                    }
                    return CompletableFuture.failedFuture(failure);
                });
    }

    private CompletableFuture<GetRecordsResponse> records(String iterator, int limit) {
        return expiring(requests.read(
                Operation.CHANGES,
                response -> 0,
                () -> streams.getRecords(
                        request -> request.shardIterator(iterator).limit(Math.min(limit, MAX_RECORDS)))));
    }

    private CompletableFuture<String> iterator(ShardPosition position, ShardIteratorType type) {
        GetShardIteratorRequest request = GetShardIteratorRequest.builder()
                .streamArn(streamArn)
                .shardId(position.shard())
                .shardIteratorType(type)
                .sequenceNumber(position.after())
                .build();
        return expiring(requests.read(Operation.CHANGES, response -> 0, () -> streams.getShardIterator(request)))
                .thenApply(response -> response.shardIterator());
    }

    private static <T> CompletableFuture<T> expiring(CompletableFuture<T> answer) {
        return answer.exceptionallyCompose(wrapped -> {
            Throwable failure = Failure.unwrap(wrapped);
            boolean gone =
                    failure instanceof TrimmedDataAccessException || failure instanceof ResourceNotFoundException;
            return CompletableFuture.failedFuture(
                    gone
                            ? new CursorExpiredException("the changes behind the cursor are no longer kept", failure)
                            : failure);
        });
    }

    private Part part(ShardPosition position, GetRecordsResponse response, long sinceSeconds) {
        List<Change> changes = new ArrayList<>();
        ShardPosition reached = position;
        boolean old = sinceSeconds > 0;
        for (Record record : response.records()) {
            Instant created = record.dynamodb().approximateCreationDateTime();
            old &= created != null && created.getEpochSecond() < sinceSeconds - CLOCK_SLACK_SECONDS;
            Change change = old ? null : changeOf(record);
            if (change != null) {
                changes.add(change);
            }
            reached = reached.behind(record.dynamodb().sequenceNumber(), old);
        }
        String next = response.nextShardIterator();
        if (next == null) {
            forget(position);
            return new Part(changes, null);
        }
        // Under the position it was for as well, as whoever has that cursor may come again; but then it must be exact.
        if (reached.equals(position)) {
            keep(position, next);
        } else {
            keep(reached, next);
        }
        return new Part(changes, reached);
    }

    /** What a record tells; null for expiry, and for what only reorganises. */
    private static @Nullable Change changeOf(Record record) {
        if (record.eventName() == OperationType.REMOVE) {
            boolean expired = record.userIdentity() != null
                    && TTL_PRINCIPAL.equals(record.userIdentity().principalId());
            return expired || isReplacement(record.dynamodb().oldImage())
                    ? null
                    : new Change.Removed(ItemCodec.key(record.dynamodb().keys()));
        }
        Map<String, AttributeValue> stored = record.dynamodb().newImage();
        return isReplacement(stored) ? null : new Change.Stored(ItemCodec.decode(stored));
    }

    private static boolean isReplacement(Map<String, AttributeValue> image) {
        return image.containsKey(ItemCodec.REPLACEMENT);
    }

    private void keep(ShardPosition position, String iterator) {
        synchronized (iterators) {
            iterators.remove(position);
            iterators.put(position, iterator);
        }
    }

    private void forget(ShardPosition position) {
        synchronized (iterators) {
            iterators.remove(position);
        }
    }

    private @Nullable String kept(ShardPosition position) {
        synchronized (iterators) {
            return iterators.get(position);
        }
    }
}
