package io.hearth.table.dynamodb;

import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.dynamodb.FeedPosition.ShardPosition;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.DescribeStreamRequest;
import software.amazon.awssdk.services.dynamodb.model.Shard;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsAsyncClient;

/**
 * The change feed, from DynamoDB Streams. A stream consists of shards; when one ends, about every four hours or because its
 * partition was split, others take its place and name it as their parent. All changes of a key are in one line of shards, so
 * reading a parent to its end before its children keeps them in order.
 */
final class StreamFeed {
    /** How long DynamoDB keeps records, less what reading them may take. */
    private static final Duration KEPT = Duration.ofHours(23);

    /** Cursors name the hour they were issued in, so that one stays the same while nothing happens. */
    private static final long ISSUE_STEP_SECONDS = 3_600;

    private static final int SHARDS_AT_ONCE = 8;

    private final DynamoDbStreamsAsyncClient streams;
    private final Requests requests;
    private final InstantSource clock;
    private final String streamArn;
    private final ShardReader reader;

    StreamFeed(DynamoDbStreamsAsyncClient streams, Requests requests, InstantSource clock, String streamArn) {
        this.streams = streams;
        this.requests = requests;
        this.clock = clock;
        this.streamArn = streamArn;
        reader = new ShardReader(streams, requests, streamArn);
    }

    CompletableFuture<Cursor> start(ChangeStart start) {
        return shards().thenCompose(shards -> {
                    if (start == ChangeStart.OLDEST) {
                        Set<String> listed = shards.stream().map(Shard::shardId).collect(Collectors.toSet());
                        return CompletableFuture.completedFuture(shards.stream()
                                .filter(shard ->
                                        shard.parentShardId() == null || !listed.contains(shard.parentShardId()))
                                .map(shard -> ShardPosition.beginningOf(shard.shardId()))
                                .toList());
                    }
                    long number = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
                    return all(shards.stream()
                            .filter(shard -> shard.sequenceNumberRange().endingSequenceNumber() == null)
                            .map(shard -> reader.endOf(shard.shardId(), nowSeconds(), number))
                            .toList());
                })
                .thenApply(this::cursor);
    }

    CompletableFuture<ChangePage> read(Cursor after, int limit) {
        FeedPosition position = FeedPosition.of(after);
        if (position.stream() != streamArn.hashCode() || position.issuedSeconds() + KEPT.toSeconds() < nowSeconds()) {
            return CompletableFuture.failedFuture(
                    new CursorExpiredException("the changes behind the cursor are no longer kept", null));
        }
        return new Reading(position, limit).next();
    }

    /** One page: reads shards until it has enough, or each has nothing more at the moment. */
    private final class Reading {
        private final FeedPosition start;
        private final int limit;
        private final List<Change> changes = new ArrayList<>();
        private final List<ShardPosition> unread;
        private final List<ShardPosition> read = new ArrayList<>();

        Reading(FeedPosition start, int limit) {
            this.start = start;
            this.limit = limit;
            unread = new ArrayList<>(start.shards());
        }

        CompletableFuture<ChangePage> next() {
            if (unread.isEmpty() || changes.size() >= limit) {
                return CompletableFuture.completedFuture(page());
            }
            // As few at once as can fill the page, so that it does not become much larger than asked for.
            int count = Math.min(Math.min(unread.size(), SHARDS_AT_ONCE), limit - changes.size());
            List<ShardPosition> turn = List.copyOf(unread.subList(0, count));
            unread.subList(0, count).clear();
            int each = Math.max(1, (limit - changes.size()) / count);
            return all(turn.stream().map(shard -> reader.read(shard, each)).toList())
                    .thenCompose(parts -> {
                        List<String> ended = new ArrayList<>();
                        for (int i = 0; i < count; i++) {
                            ShardReader.Part part = parts.get(i);
                            changes.addAll(part.changes());
                            ShardPosition next = part.next();
                            if (next == null) {
                                ended.add(turn.get(i).shard());
                            } else if (next.equals(turn.get(i))) {
                                read.add(next);
                            } else {
                                unread.add(next); // it may have more
                            }
                        }
                        return ended.isEmpty() ? next() : followChildren(ended);
                    });
        }

        private CompletableFuture<ChangePage> followChildren(List<String> parents) {
            return shards().thenCompose(shards -> {
                for (Shard shard : shards) {
                    String parent = shard.parentShardId();
                    if (parent != null && parents.contains(parent)) {
                        unread.add(ShardPosition.beginningOf(shard.shardId()));
                    }
                }
                return next();
            });
        }

        private ChangePage page() {
            // What was not reached comes first on the next page, so that no shard waits for ever.
            List<ShardPosition> positions = new ArrayList<>(unread);
            positions.addAll(read);
            boolean moved = !positions.equals(start.shards());
            boolean renew = nowSeconds() - start.issuedSeconds() >= ISSUE_STEP_SECONDS;
            FeedPosition end =
                    new FeedPosition(start.stream(), moved || renew ? nowSeconds() : start.issuedSeconds(), positions);
            return new ChangePage(changes, end.toCursor());
        }
    }

    private Cursor cursor(List<ShardPosition> positions) {
        return new FeedPosition(streamArn.hashCode(), nowSeconds(), positions).toCursor();
    }

    private CompletableFuture<List<Shard>> shards() {
        return shards(null, new ArrayList<>());
    }

    private CompletableFuture<List<Shard>> shards(@Nullable String after, List<Shard> found) {
        DescribeStreamRequest request = DescribeStreamRequest.builder()
                .streamArn(streamArn)
                .exclusiveStartShardId(after)
                .build();
        return requests.read(Operation.CHANGES, response -> 0, () -> streams.describeStream(request))
                .thenCompose(response -> {
                    found.addAll(response.streamDescription().shards());
                    String last = response.streamDescription().lastEvaluatedShardId();
                    return last == null ? CompletableFuture.completedFuture(found) : shards(last, found);
                });
    }

    private static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
    }

    private long nowSeconds() {
        return clock.instant().getEpochSecond();
    }
}
