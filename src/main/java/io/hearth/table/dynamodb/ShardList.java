package io.hearth.table.dynamodb;

import io.hearth.table.CursorExpiredException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.DescribeStreamRequest;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.Shard;
import software.amazon.awssdk.services.dynamodb.model.StreamDescription;
import software.amazon.awssdk.services.dynamodb.model.StreamStatus;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsAsyncClient;

/** The list of the shards of a stream, which lags behind the shards. */
final class ShardList {
    /** DynamoDB answers at most ten such requests a second, of all who ask. */
    private static final long RECENT_NANOS = 1_000_000_000;

    private final DynamoDbStreamsAsyncClient streams;
    private final Requests requests;
    private final String streamArn;
    private @Nullable CompletableFuture<Listing> latest;
    private long latestNanos;

    ShardList(DynamoDbStreamsAsyncClient streams, Requests requests, String streamArn) {
        this.streams = streams;
        this.requests = requests;
        this.streamArn = streamArn;
    }

    /** What was listed, in so many pages. */
    static final class Listing {
        private final Map<String, Shard> shards = new HashMap<>();
        private final List<Shard> inOrder = new ArrayList<>();
        private final Set<String> parents = new HashSet<>();
        private boolean disabled;
        private int pages;

        private void add(StreamDescription page) {
            pages++;
            disabled = page.streamStatus() == StreamStatus.DISABLED;
            for (Shard shard : page.shards()) {
                shards.put(shard.shardId(), shard);
                inOrder.add(shard);
                if (shard.parentShardId() != null) {
                    parents.add(shard.parentShardId());
                }
            }
        }

        boolean has(String shard) {
            return shards.containsKey(shard);
        }

        boolean hasChildOf(String shard) {
            return parents.contains(shard);
        }

        List<Shard> childrenOf(Collection<String> ids) {
            return inOrder.stream()
                    .filter(shard -> shard.parentShardId() != null && ids.contains(shard.parentShardId()))
                    .toList();
        }

        /** Those whose parents, if they had any, are no longer kept. */
        List<Shard> roots() {
            return inOrder.stream()
                    .filter(shard -> shard.parentShardId() == null || !has(shard.parentShardId()))
                    .toList();
        }

        /** Those that get more records. */
        List<Shard> open() {
            return inOrder.stream().filter(shard -> !hasEnded(shard)).toList();
        }

        List<Shard> endedWithoutChildren() {
            return inOrder.stream()
                    .filter(shard -> hasEnded(shard) && !hasChildOf(shard.shardId()))
                    .toList();
        }

        private static boolean hasEnded(Shard shard) {
            return shard.sequenceNumberRange().endingSequenceNumber() != null;
        }

        /** Whether the stream gets no more shards. */
        boolean isOfDisabledStream() {
            return disabled;
        }
    }

    /** What is listed now; fails with {@link CursorExpiredException} if the stream is no longer kept. */
    CompletableFuture<Listing> current() {
        CompletableFuture<Listing> listing = page(null, new Listing()).exceptionallyCompose(wrapped -> {
            Throwable failure = Failure.unwrap(wrapped);
            return CompletableFuture.failedFuture(
                    failure instanceof ResourceNotFoundException
                            ? new CursorExpiredException("the stream of the table is no longer kept", failure)
                            : failure);
        });
        synchronized (this) {
            latest = listing;
            latestNanos = System.nanoTime();
        }
        return listing;
    }

    /**
     * What is listed now, with all children of a parent if it has any of them. Siblings are listed in one step, but between two
     * pages of a list the first of them may be passed over.
     */
    CompletableFuture<Listing> withChildrenOf(Set<String> parents) {
        return current().thenCompose(listing -> complete(listing, parents));
    }

    /** The same, as it was at most a second ago, but with all of the parents that there are: another process may know later ones. */
    CompletableFuture<Listing> recent(Set<String> parents) {
        CompletableFuture<Listing> known;
        synchronized (this) {
            known = System.nanoTime() - latestNanos < RECENT_NANOS ? latest : null;
        }
        return known == null
                ? withChildrenOf(parents)
                : known.thenCompose(listing ->
                        parents.stream().allMatch(listing::has) ? complete(listing, parents) : withChildrenOf(parents));
    }

    private CompletableFuture<Listing> complete(Listing listing, Set<String> parents) {
        boolean mayLackSiblings = listing.pages > 1 && parents.stream().anyMatch(listing::hasChildOf);
        return mayLackSiblings ? current() : CompletableFuture.completedFuture(listing);
    }

    private CompletableFuture<Listing> page(@Nullable String after, Listing listing) {
        DescribeStreamRequest request = DescribeStreamRequest.builder()
                .streamArn(streamArn)
                .exclusiveStartShardId(after)
                .build();
        return requests.read(Operation.CHANGES, response -> 0, () -> streams.describeStream(request))
                .thenCompose(response -> {
                    listing.add(response.streamDescription());
                    String last = response.streamDescription().lastEvaluatedShardId();
                    return last == null ? CompletableFuture.completedFuture(listing) : page(last, listing);
                });
    }
}
