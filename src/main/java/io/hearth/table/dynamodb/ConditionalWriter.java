package io.hearth.table.dynamodb;

import io.hearth.table.Condition;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.TableException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.DeleteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * Conditional writes. One that was not answered may have happened, and its own item would then fail it when it is sent
 * again; so each put carries a random token, and one that finds its own token has succeeded.
 */
final class ConditionalWriter {
    private static final int TOKEN_BYTES = 8;

    private final DynamoDbAsyncClient client;
    private final String table;
    private final Requests requests;
    private final KeyTurns turns;
    private final InstantSource clock;

    ConditionalWriter(
            DynamoDbAsyncClient client, String table, Requests requests, KeyTurns turns, InstantSource clock) {
        this.client = client;
        this.table = table;
        this.requests = requests;
        this.turns = turns;
        this.clock = clock;
    }

    /** Fails with what the table fails with. */
    CompletableFuture<Void> put(Item item, Condition condition) {
        byte[] random = new byte[TOKEN_BYTES];
        ThreadLocalRandom.current().nextBytes(random);
        SdkBytes token = SdkBytes.fromByteArray(random);
        Map<String, AttributeValue> attributes = ItemCodec.encode(item);
        attributes.put(ItemCodec.TOKEN, AttributeValue.fromB(token));
        PutItemRequest request = PutItemRequest.builder()
                .tableName(table)
                .item(attributes)
                .conditionExpression(expression(condition))
                .expressionAttributeValues(values(condition))
                .returnConsumedCapacity(ReturnConsumedCapacity.TOTAL)
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .build();
        return new Attempt(
                        item.key(),
                        attempts -> requests.send(
                                        Operation.PUT,
                                        attempts,
                                        response -> Requests.units(response.consumedCapacity()),
                                        () -> client.putItem(request))
                                .thenApply(done -> null),
                        token)
                .start();
    }

    /** Fails with what the table fails with; when it had to be sent again and finds nothing, nobody knows who removed it. */
    CompletableFuture<Void> delete(Key key, Condition condition) {
        DeleteItemRequest request = DeleteItemRequest.builder()
                .tableName(table)
                .key(ItemCodec.encode(key))
                .conditionExpression(expression(condition))
                .expressionAttributeValues(values(condition))
                .returnConsumedCapacity(ReturnConsumedCapacity.TOTAL)
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
                .build();
        return new Attempt(
                        key,
                        attempts -> requests.send(
                                        Operation.DELETE,
                                        attempts,
                                        response -> Requests.units(response.consumedCapacity()),
                                        () -> client.deleteItem(request))
                                .thenApply(done -> null),
                        null)
                .start();
    }

    private static String expression(Condition condition) {
        if (condition.expectsAbsence()) {
            return "attribute_not_exists(pk) OR exp <= :now";
        }
        String version = condition.expectedVersion() == 0
                ? "attribute_exists(pk) AND attribute_not_exists(ver)"
                : "ver = :version";
        return version + " AND (attribute_not_exists(exp) OR exp > :now)";
    }

    private Map<String, AttributeValue> values(Condition condition) {
        Map<String, AttributeValue> values = new HashMap<>();
        values.put(":now", ItemCodec.number(clock.instant().getEpochSecond()));
        if (condition.expectedVersion() > 0) {
            values.put(":version", ItemCodec.number(condition.expectedVersion()));
        }
        return values;
    }

    /** Sends one conditional write until it is known what became of it, or the deadline has come. */
    private final class Attempt {
        private final Function<Requests.Attempts, CompletableFuture<Void>> request;
        private final @Nullable SdkBytes token;
        private final KeyTurns.Turn turn;
        private final Requests.Attempts attempts = requests.attempts();
        private final CompletableFuture<Void> answer = new CompletableFuture<>();
        private boolean maybeWritten;

        Attempt(Key key, Function<Requests.Attempts, CompletableFuture<Void>> request, @Nullable SdkBytes token) {
            turn = turns.take(List.of(key), 1).get(0);
            this.request = request;
            this.token = token;
        }

        CompletableFuture<Void> start() {
            turn.begin(this::send);
            return answer;
        }

        private void send() {
            CompletableFuture<Void> unused = request.apply(attempts).handle((done, wrapped) -> {
                if (wrapped == null) {
                    succeed();
                } else {
                    failed(Failure.unwrap(wrapped));
                }
                return null;
            });
        }

        private void failed(Throwable failure) {
            Failure kind = Failure.of(failure);
            if (kind == Failure.CONDITION && maybeWritten) {
                recognise((ConditionalCheckFailedException) failure);
                return;
            }
            if (!kind.mayPass()) {
                fail(Failure.exception(failure, maybeWritten));
                return;
            }
            maybeWritten |= kind == Failure.UNKNOWN;
            CompletableFuture<Void> unused = attempts.pause().thenAccept(again -> {
                if (again) {
                    send();
                } else {
                    fail(Failure.exception(failure, maybeWritten));
                }
            });
        }

        /** The condition does not hold now, but an earlier attempt may have been what changed that. */
        private void recognise(ConditionalCheckFailedException failure) {
            AttributeValue stored =
                    failure.item() == null ? null : failure.item().get(ItemCodec.TOKEN);
            if (token != null && stored != null && token.equals(stored.b())) {
                succeed();
            } else {
                fail(new OutcomeUnknownException("DynamoDB did not answer, and the item has changed since", failure));
            }
        }

        private void succeed() {
            answer.complete(null);
            attempts.whenNothingIsOnItsWay(turn::end);
        }

        private void fail(TableException failure) {
            answer.completeExceptionally(failure);
            attempts.whenNothingIsOnItsWay(turn::end);
        }
    }
}
