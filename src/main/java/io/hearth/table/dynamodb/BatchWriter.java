package io.hearth.table.dynamodb;

import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.TableException;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/**
 * Unconditional writes, 25 in a request, the requests of a batch side by side. What DynamoDB hands back unprocessed, refuses or
 * does not answer is sent again, that and nothing else, until it is done or the deadline has come. Sending a put again after
 * it happened stores the same once more, and as it holds the turn of its keys, nothing else in between.
 */
final class BatchWriter {
    /** The most that BatchWriteItem takes. With items of up to 400 KB such a request stays under its 16 MB. */
    private static final int MAX_REQUEST_WRITES = 25;

    /** What a write takes in memory besides its bytes, about: attributes and their map, twice for the request's text. */
    private static final int WRITE_OVERHEAD_BYTES = 512;

    private final DynamoDbAsyncClient client;
    private final String table;
    private final Requests requests;
    private final KeyTurns turns;
    private final long maxPendingBytes;
    private final AtomicLong pendingBytes = new AtomicLong();
    private final AtomicLong pendingBatches = new AtomicLong();

    BatchWriter(DynamoDbAsyncClient client, Requests requests, KeyTurns turns, DynamoDbSettings settings) {
        this.turns = turns;
        this.client = client;
        this.table = settings.location().table();
        this.requests = requests;
        this.maxPendingBytes = settings.maxPendingBytes();
    }

    long pendingBytes() {
        return pendingBytes.get();
    }

    long pendingBatches() {
        return pendingBatches.get();
    }

    /**
     * Does all of them; of several of one key the last.
     *
     * @throws IllegalArgumentException if one of them cannot be stored; nothing was written
     */
    CompletableFuture<Void> write(List<Write> writes) {
        Map<Key, WriteRequest> byKey = new LinkedHashMap<>();
        long bytes = 0;
        for (Write write : writes) {
            byKey.put(
                    write.key(),
                    write instanceof Write.Put put ? put(ItemCodec.encode(put.item())) : delete(write.key()));
            bytes += bytes(write);
        }
        if (!reserve(bytes)) {
            return refused();
        }
        return released(bytes, new Batch(Operation.WRITE, byKey).start(requests.attempts()));
    }

    /** Puts that do not show in the change feed, and when they are done, removals; of other keys. */
    CompletableFuture<Void> replace(List<Item> items, List<Key> superseded) {
        Map<Key, WriteRequest> puts = new LinkedHashMap<>();
        Map<Key, WriteRequest> removals = new LinkedHashMap<>();
        long bytes = 0;
        for (Item item : items) {
            Map<String, AttributeValue> attributes = ItemCodec.encode(item);
            attributes.put(ItemCodec.REPLACEMENT, AttributeValue.fromBool(true));
            puts.put(item.key(), put(attributes));
            bytes += bytes(new Write.Put(item));
        }
        for (Key key : superseded) {
            removals.put(key, delete(key));
            bytes += bytes(new Write.Delete(key));
        }
        if (!reserve(bytes)) {
            return refused();
        }
        Requests.Attempts attempts = requests.attempts();
        // Both take their turns now, so that a write that comes later is not removed.
        Batch first = new Batch(Operation.REPLACE, puts);
        Batch second = new Batch(Operation.REPLACE, removals);
        CompletableFuture<Void> answer = first.start(attempts)
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        second.leaveOut();
                    }
                })
                .thenCompose(done -> second.start(attempts));
        return released(bytes, answer);
    }

    private static WriteRequest put(Map<String, AttributeValue> item) {
        return WriteRequest.builder().putRequest(request -> request.item(item)).build();
    }

    private static WriteRequest delete(Key key) {
        Map<String, AttributeValue> attributes = ItemCodec.encode(key);
        return WriteRequest.builder()
                .deleteRequest(request -> request.key(attributes))
                .build();
    }

    private static long bytes(Write write) {
        long bytes = write instanceof Write.Put put ? put.item().body().length() : 0;
        return bytes
                + write.key().sortKey().length()
                + write.key().partitionKey().length()
                + WRITE_OVERHEAD_BYTES;
    }

    /** Whether so many bytes more may be under way. */
    private boolean reserve(long bytes) {
        long pending = pendingBytes.addAndGet(bytes);
        // What is larger than the bound alone passes when nothing else is under way.
        if (pending > maxPendingBytes && pending > bytes) {
            pendingBytes.addAndGet(-bytes);
            return false;
        }
        pendingBatches.incrementAndGet();
        return true;
    }

    private CompletableFuture<Void> refused() {
        return CompletableFuture.failedFuture(
                new ThrottledException("more than " + maxPendingBytes + " bytes of writes are under way", null));
    }

    private CompletableFuture<Void> released(long bytes, CompletableFuture<Void> answer) {
        return answer.whenComplete((done, failure) -> {
            pendingBytes.addAndGet(-bytes);
            pendingBatches.decrementAndGet();
        });
    }

    /** One batch of any size; it ends when all of its requests have. */
    private final class Batch {
        private final Operation operation;
        private final Map<Key, WriteRequest> writes;
        private final List<KeyTurns.Turn> taken;
        private final AtomicInteger unfinished;
        private final CompletableFuture<Void> answer = new CompletableFuture<>();
        private final AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
        private volatile boolean maybeWritten;

        Batch(Operation operation, Map<Key, WriteRequest> writes) {
            this.operation = operation;
            this.writes = writes;
            taken = turns.take(writes.keySet(), MAX_REQUEST_WRITES);
            unfinished = new AtomicInteger(taken.size());
        }

        CompletableFuture<Void> start(Requests.Attempts attempts) {
            if (taken.isEmpty()) {
                answer.complete(null);
            }
            for (KeyTurns.Turn turn : taken) {
                List<WriteRequest> its = new ArrayList<>(turn.keys().size());
                turn.keys().forEach(key -> its.add(Objects.requireNonNull(writes.get(key))));
                Part part = new Part(turn, attempts.another());
                turn.begin(() -> part.send(its));
            }
            return answer;
        }

        /** Does none of the writes. */
        void leaveOut() {
            taken.forEach(turn -> turn.begin(turn::end));
        }

        private void end() {
            if (unfinished.decrementAndGet() > 0) {
                return;
            }
            Throwable failure = failed.get();
            if (failure == null) {
                answer.complete(null);
            } else {
                answer.completeExceptionally(exceptionOf(failure));
            }
        }

        private TableException exceptionOf(Throwable failure) {
            if (maybeWritten) {
                return new OutcomeUnknownException(
                        "a part of a batch was not written in time: " + failure.getMessage(), failure);
            }
            return Failure.exception(failure, false);
        }

        /** What one request holds, until all of it is done or the deadline has come. */
        private final class Part {
            private final KeyTurns.Turn turn;
            private final Requests.Attempts attempts;

            Part(KeyTurns.Turn turn, Requests.Attempts attempts) {
                this.turn = turn;
                this.attempts = attempts;
            }

            void send(List<WriteRequest> left) {
                BatchWriteItemRequest request = BatchWriteItemRequest.builder()
                        .requestItems(Map.of(table, left))
                        .returnConsumedCapacity(ReturnConsumedCapacity.TOTAL)
                        .build();
                CompletableFuture<Void> unused = requests.send(
                                operation, attempts, BatchWriter::units, () -> client.batchWriteItem(request))
                        .handle((response, wrapped) -> {
                            if (wrapped == null) {
                                answered(left, response);
                            } else {
                                refused(left, Failure.unwrap(wrapped));
                            }
                            return null;
                        });
            }

            private void answered(List<WriteRequest> sent, BatchWriteItemResponse response) {
                List<WriteRequest> left = response.unprocessedItems().getOrDefault(table, List.of());
                if (left.size() < sent.size()) {
                    maybeWritten = true;
                }
                if (left.isEmpty()) {
                    settle();
                } else {
                    requests.listener().throttled(operation);
                    again(left, new ThrottledException("DynamoDB left " + left.size() + " writes undone", null));
                }
            }

            private void refused(List<WriteRequest> sent, Throwable failure) {
                Failure kind = Failure.of(failure);
                if (kind == Failure.UNKNOWN) {
                    maybeWritten = true;
                }
                if (kind.mayPass()) {
                    again(sent, failure);
                } else {
                    giveUp(failure);
                }
            }

            private void again(List<WriteRequest> left, Throwable failure) {
                CompletableFuture<Void> unused = attempts.pause().thenAccept(again -> {
                    if (again) {
                        send(left);
                    } else {
                        giveUp(failure);
                    }
                });
            }

            private void giveUp(Throwable failure) {
                failed.compareAndSet(null, failure);
                settle();
            }

            private void settle() {
                end();
                attempts.whenNothingIsOnItsWay(turn::end);
            }
        }
    }

    private static double units(BatchWriteItemResponse response) {
        return response.consumedCapacity().stream().mapToDouble(Requests::units).sum();
    }
}
