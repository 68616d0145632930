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
 * it happened stores the same once more.
 */
final class BatchWriter {
    /** The most that BatchWriteItem takes. With items of up to 400 KB such a request stays under its 16 MB. */
    private static final int MAX_REQUEST_WRITES = 25;

    /** What a write takes in memory besides its bytes, about: attributes and their map, twice for the request's text. */
    private static final int WRITE_OVERHEAD_BYTES = 512;

    private final DynamoDbAsyncClient client;
    private final String table;
    private final Requests requests;
    private final long maxPendingBytes;
    private final AtomicLong pendingBytes = new AtomicLong();
    private final AtomicLong pendingBatches = new AtomicLong();

    BatchWriter(DynamoDbAsyncClient client, Requests requests, DynamoDbSettings settings) {
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

    /** Puts that do not show in the change feed. */
    CompletableFuture<Void> putReplacements(List<Item> items) {
        Map<Key, WriteRequest> byKey = new LinkedHashMap<>();
        long bytes = 0;
        for (Item item : items) {
            Map<String, AttributeValue> attributes = ItemCodec.encode(item);
            attributes.put(ItemCodec.REPLACEMENT, AttributeValue.fromBool(true));
            byKey.put(
                    item.key(),
                    WriteRequest.builder()
                            .putRequest(put -> put.item(attributes))
                            .build());
            bytes += item.body().length() + WRITE_OVERHEAD_BYTES;
        }
        return write(Operation.REPLACE, byKey, bytes);
    }

    /**
     * Does all of them; of several of one key the last.
     *
     * @throws IllegalArgumentException if one of them cannot be stored; nothing was written
     */
    CompletableFuture<Void> write(Operation operation, List<Write> writes) {
        Map<Key, WriteRequest> byKey = new LinkedHashMap<>();
        long bytes = 0;
        for (Write write : writes) {
            if (write instanceof Write.Put put) {
                Map<String, AttributeValue> item = ItemCodec.encode(put.item());
                byKey.put(
                        put.key(),
                        WriteRequest.builder()
                                .putRequest(request -> request.item(item))
                                .build());
                bytes += put.item().body().length();
            } else {
                Map<String, AttributeValue> key = ItemCodec.encode(write.key());
                byKey.put(
                        write.key(),
                        WriteRequest.builder()
                                .deleteRequest(request -> request.key(key))
                                .build());
            }
            bytes += write.key().sortKey().length() + write.key().partitionKey().length() + WRITE_OVERHEAD_BYTES;
        }
        return write(operation, byKey, bytes);
    }

    private CompletableFuture<Void> write(Operation operation, Map<Key, WriteRequest> byKey, long bytes) {
        if (byKey.isEmpty()) {
            return CompletableFuture.completedFuture(null);
        }
        long pending = pendingBytes.addAndGet(bytes);
        // A batch that is larger than the bound alone passes when nothing else is under way.
        if (pending > maxPendingBytes && pending > bytes) {
            pendingBytes.addAndGet(-bytes);
            return CompletableFuture.failedFuture(
                    new ThrottledException("more than " + maxPendingBytes + " bytes of writes are under way", null));
        }
        pendingBatches.incrementAndGet();
        Batch batch = new Batch(operation, new ArrayList<>(byKey.values()));
        return batch.start().whenComplete((done, failure) -> {
            pendingBytes.addAndGet(-bytes);
            pendingBatches.decrementAndGet();
        });
    }

    /** One batch of any size; it ends when all of its requests have. */
    private final class Batch {
        private final Operation operation;
        private final List<List<WriteRequest>> parts = new ArrayList<>();
        private final AtomicInteger unfinished;
        private final CompletableFuture<Void> answer = new CompletableFuture<>();
        private final AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
        private volatile boolean maybeWritten;

        Batch(Operation operation, List<WriteRequest> writes) {
            this.operation = operation;
            for (int from = 0; from < writes.size(); from += MAX_REQUEST_WRITES) {
                parts.add(writes.subList(from, Math.min(from + MAX_REQUEST_WRITES, writes.size())));
            }
            unfinished = new AtomicInteger(parts.size());
        }

        CompletableFuture<Void> start() {
            Requests.Attempts attempts = requests.attempts();
            parts.forEach(part -> send(part, attempts.another()));
            return answer;
        }

        private void send(List<WriteRequest> writes, Requests.Attempts attempts) {
            BatchWriteItemRequest request = BatchWriteItemRequest.builder()
                    .requestItems(Map.of(table, writes))
                    .returnConsumedCapacity(ReturnConsumedCapacity.TOTAL)
                    .build();
            CompletableFuture<Void> unused = requests.send(
                            operation, attempts, BatchWriter::units, () -> client.batchWriteItem(request))
                    .handle((response, wrapped) -> {
                        if (wrapped == null) {
                            answered(writes, response, attempts);
                        } else {
                            refused(writes, Failure.unwrap(wrapped), attempts);
                        }
                        return null;
                    });
        }

        private void answered(List<WriteRequest> writes, BatchWriteItemResponse response, Requests.Attempts attempts) {
            List<WriteRequest> left = response.unprocessedItems().getOrDefault(table, List.of());
            if (left.size() < writes.size()) {
                maybeWritten = true;
            }
            if (left.isEmpty()) {
                end();
            } else {
                requests.listener().throttled(operation);
                again(left, new ThrottledException("DynamoDB left " + left.size() + " writes undone", null), attempts);
            }
        }

        private void refused(List<WriteRequest> writes, Throwable failure, Requests.Attempts attempts) {
            Failure kind = Failure.of(failure);
            if (kind == Failure.UNKNOWN) {
                maybeWritten = true;
            }
            if (kind.mayPass()) {
                again(writes, failure, attempts);
            } else {
                giveUp(failure);
            }
        }

        private void again(List<WriteRequest> writes, Throwable failure, Requests.Attempts attempts) {
            CompletableFuture<Void> unused = attempts.pause().thenAccept(again -> {
                if (again) {
                    send(writes, attempts);
                } else {
                    giveUp(failure);
                }
            });
        }

        private void giveUp(Throwable failure) {
            failed.compareAndSet(null, failure);
            end();
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
    }

    private static double units(BatchWriteItemResponse response) {
        return response.consumedCapacity().stream().mapToDouble(Requests::units).sum();
    }
}
