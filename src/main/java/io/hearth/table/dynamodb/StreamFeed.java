package io.hearth.table.dynamodb;

import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.TableException;
import io.hearth.table.dynamodb.FeedPosition.ShardPosition;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import software.amazon.awssdk.services.dynamodb.model.Shard;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsAsyncClient;

/**
 * The change feed, from DynamoDB Streams. A stream consists of shards; when one ends, about every four hours or because its
 * partition was split, others take its place and name it as their parent. All changes of a key are in one line of shards, so
 * reading a parent to its end before its children keeps them in order.
 *
 * <p>The list of shards may lag behind: it may lack the children of a shard that has been read to its end. Such a shard stays in
 * the cursor until one of its children is listed. Siblings begin in one step, so with one the list has all of them.
 *
 * <p>A reader that is a day behind may miss records without notice while it moves from a shard to its child: DynamoDB tells
 * of records that are no longer kept within a shard only.
 */
final class StreamFeed {
    /** How long DynamoDB keeps records, less what reading them may take. */
    private static final Duration KEPT = Duration.ofHours(23);

    /** Cursors name the hour they were issued in, so that one stays the same while nothing happens. */
    private static final long ISSUE_STEP_SECONDS = 3_600;

    private static final int SHARDS_AT_ONCE = 8;

    private final InstantSource clock;
    private final int stream;
    private final ShardReader reader;
    private final ShardList list;

    StreamFeed(DynamoDbStreamsAsyncClient streams, Requests requests, InstantSource clock, String streamArn) {
        this.clock = clock;
        stream = streamArn.hashCode();
        reader = new ShardReader(streams, requests, streamArn);
        list = new ShardList(streams, requests, streamArn);
    }

    CompletableFuture<Cursor> start(ChangeStart start) {
        return list.current().thenCompose(listing -> {
            if (start == ChangeStart.OLDEST) {
                return CompletableFuture.completedFuture(cursor(beginningsOf(listing.roots()), List.of()));
            }
            long number = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
            return all(listing.open().stream()
                            .map(shard -> reader.endOf(shard.shardId(), nowSeconds(), number))
                            .toList())
                    // The children of those that have ended are in no list yet.
                    .thenApply(positions -> cursor(positions, ids(listing.endedWithoutChildren())));
        });
    }

    CompletableFuture<ChangePage> read(Cursor after, int limit) {
        FeedPosition position = FeedPosition.of(after);
        if (position.stream() != stream || position.issuedSeconds() + KEPT.toSeconds() < nowSeconds()) {
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
        private final List<String> ended;
        private boolean endedNow;
        private boolean looked;

        Reading(FeedPosition start, int limit) {
            this.start = start;
            this.limit = limit;
            unread = new ArrayList<>(start.shards());
            ended = new ArrayList<>(start.ended());
        }

        CompletableFuture<ChangePage> next() {
            if (changes.size() >= limit) {
                return CompletableFuture.completedFuture(page());
            }
            if (!unread.isEmpty()) {
                return readSome();
            }
            boolean lacksShards = !ended.isEmpty() || read.isEmpty();
            if (endedNow || (lacksShards && !looked)) {
                return look();
            }
            return CompletableFuture.completedFuture(page());
        }

        private CompletableFuture<ChangePage> readSome() {
            // As few at once as can fill the page, so that it does not become much larger than asked for.
            int count = Math.min(Math.min(unread.size(), SHARDS_AT_ONCE), limit - changes.size());
            List<ShardPosition> turn = List.copyOf(unread.subList(0, count));
            unread.subList(0, count).clear();
            int each = Math.max(1, (limit - changes.size()) / count);
            return all(turn.stream().map(shard -> reader.read(shard, each)).toList())
                    .thenCompose(parts -> {
                        for (int i = 0; i < count; i++) {
                            ShardReader.Part part = parts.get(i);
                            changes.addAll(part.changes());
                            ShardPosition next = part.next();
                            if (next == null) {
                                ended.add(turn.get(i).shard());
                                endedNow = true;
                            } else if (next.equals(turn.get(i))) {
                                read.add(next);
                            } else {
                                unread.add(next); // it may have more
                            }
                        }
                        return next();
                    });
        }

        /** Looks for the children of shards that have ended; with no shard at all, for any. */
        private CompletableFuture<ChangePage> look() {
            CompletableFuture<ShardList.Listing> listed =
                    endedNow ? list.withChildrenOf(Set.copyOf(ended)) : list.recent(Set.copyOf(ended));
            endedNow = false;
            looked = true;
            return listed.thenCompose(listing -> {
                boolean none = ended.isEmpty() && read.isEmpty();
                follow(none ? listing.roots() : listing.childrenOf(ended));
                ended.removeIf(listing::hasChildOf);
                if (!ended.stream().allMatch(listing::has)) {
                    // A day has passed, and its children may be gone as well.
                    return CompletableFuture.failedFuture(new CursorExpiredException(
                            "the shards that followed one of the cursor are no longer kept", null));
                }
                boolean isOver = listing.isOfDisabledStream() && unread.isEmpty() && read.isEmpty();
                if (isOver && changes.isEmpty()) {
                    return CompletableFuture.failedFuture(new TableException(
                            "the stream of the DynamoDB table has been switched off: switch it on and start again",
                            null));
                }
                return next();
            });
        }

        private void follow(List<Shard> shards) {
            Set<String> known = new HashSet<>(ended);
            read.forEach(position -> known.add(position.shard()));
            shards.stream()
                    .map(Shard::shardId)
                    .filter(known::add)
                    .map(ShardPosition::beginningOf)
                    .forEach(unread::add);
        }

        private ChangePage page() {
            // What was not reached comes first on the next page, so that no shard waits for ever.
            List<ShardPosition> positions = new ArrayList<>(unread);
            positions.addAll(read);
            boolean moved = !positions.equals(start.shards()) || !ended.equals(start.ended());
            boolean renew = nowSeconds() - start.issuedSeconds() >= ISSUE_STEP_SECONDS;
            long issuedSeconds = moved || renew ? nowSeconds() : start.issuedSeconds();
            return new ChangePage(
                    changes, new FeedPosition(start.stream(), issuedSeconds, positions, ended).toCursor());
        }
    }

    private Cursor cursor(List<ShardPosition> positions, List<String> ended) {
        return new FeedPosition(stream, nowSeconds(), positions, ended).toCursor();
    }

    private static List<ShardPosition> beginningsOf(List<Shard> shards) {
        return ids(shards).stream().map(ShardPosition::beginningOf).toList();
    }

    private static List<String> ids(List<Shard> shards) {
        return shards.stream().map(Shard::shardId).toList();
    }

    private static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
                .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
    }

    private long nowSeconds() {
        return clock.instant().getEpochSecond();
    }
}
