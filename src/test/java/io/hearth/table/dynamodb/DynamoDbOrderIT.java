package io.hearth.table.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import io.hearth.table.dynamodb.FaultProxy.Fault;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Writes of one key, the first of which DynamoDB does but does not answer, or does when nobody waits any more. */
final class DynamoDbOrderIT {
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @SuppressWarnings("NullAway.Init")
    private FaultProxy proxy;

    @SuppressWarnings("NullAway.Init")
    private DynamoDbTable table;

    @BeforeEach
    void open() throws Exception {
        TestDynamoDb dynamoDb = TestDynamoDb.get();
        proxy = new FaultProxy(dynamoDb.endpoint(), PATIENCE, 1);
        TestDynamoDb.Limits limits = new TestDynamoDb.Limits(REQUEST_TIMEOUT, PATIENCE, 1 << 20);
        table = dynamoDb.open(new FakeClock(), proxy.endpoint(), limits);
    }

    @AfterEach
    void close() {
        table.close();
        proxy.close();
    }

    @Test
    void write_afterOneThatIsNotAnswered_isDoneAfterIt() {
        proxy.next(Fault.TIME_OUT);
        CompletableFuture<Void> first = submit(put("a", "first"));
        awaitMet(Fault.TIME_OUT);
        CompletableFuture<Void> second = submit(put("a", "second"));

        assertThat(first).succeedsWithin(PATIENCE);
        assertThat(second).succeedsWithin(PATIENCE);
        assertThat(body("a")).contains("second");
    }

    /** The request is on its way while it is given up, sent again, answered, and followed by the next. */
    @Test
    void write_afterOneOfWhichARequestIsDoneLate_isDoneAfterThat() {
        proxy.delayNext(REQUEST_TIMEOUT.plusMillis(200));
        CompletableFuture<Void> first = submit(put("a", "first"));
        CompletableFuture<Void> second = submit(put("a", "second"));

        assertThat(first).succeedsWithin(PATIENCE);
        assertThat(second).succeedsWithin(PATIENCE);
        Awaitility.await().atMost(PATIENCE).until(proxy::delayedIsDone);
        assertThat(body("a")).contains("second");
    }

    @Test
    void delete_afterAPutIfAbsentThatIsNotAnswered_isDoneAfterIt() {
        proxy.next(Fault.TIME_OUT);
        CompletableFuture<Void> put = future(table.put(item("a", "first"), Condition.absent()));
        awaitMet(Fault.TIME_OUT);
        CompletableFuture<Void> removal = submit(new Write.Delete(key("a")));

        assertThat(put).succeedsWithin(PATIENCE);
        assertThat(removal).succeedsWithin(PATIENCE);
        assertThat(body("a")).isEmpty();
    }

    @Test
    void write_afterAReplacementThatIsNotAnswered_isDoneAfterIt() {
        assertThat(submit(put("a", "run"))).succeedsWithin(PATIENCE);
        proxy.next(Fault.TIME_OUT);
        CompletableFuture<Void> replacement =
                future(table.replace("partition", List.of(item("b", "chunk")), List.of(key("a").sortKey())));
        awaitMet(Fault.TIME_OUT);
        CompletableFuture<Void> second = submit(put("a", "again"));

        assertThat(replacement).succeedsWithin(PATIENCE);
        assertThat(second).succeedsWithin(PATIENCE);
        assertThat(body("a")).contains("again");
    }

    @Test
    void write_ofOtherKeysWhileOneIsNotAnswered_doesNotWait() {
        proxy.next(Fault.TIME_OUT);
        CompletableFuture<Void> held = submit(put("a", "first"));
        awaitMet(Fault.TIME_OUT);

        CompletableFuture<Void> mixed = submit(put("a", "second"), put("b", "second"));
        CompletableFuture<Void> other = submit(put("c", "other"));

        // The request timeout has not come yet, or the first is sent again behind a pause.
        assertThat(other).succeedsWithin(PATIENCE);
        Awaitility.await().atMost(PATIENCE).until(() -> body("b").isPresent());
        assertThat(held).succeedsWithin(PATIENCE);
        assertThat(mixed).succeedsWithin(PATIENCE);
        assertThat(body("a")).contains("second");
    }

    private void awaitMet(Fault fault) {
        Awaitility.await().atMost(PATIENCE).until(() -> proxy.count(fault) > 0);
    }

    private CompletableFuture<Void> submit(Write... writes) {
        return future(table.write(List.of(writes)));
    }

    private static CompletableFuture<Void> future(Uni<Void> uni) {
        return uni.subscribeAsCompletionStage();
    }

    private Optional<String> body(String sortKey) {
        return table.get(key(sortKey), Consistency.STRONG)
                .await()
                .atMost(PATIENCE)
                .map(item -> new String(item.body().array(), UTF_8));
    }

    private static Write put(String sortKey, String body) {
        return new Write.Put(item(sortKey, body));
    }

    private static Item item(String sortKey, String body) {
        return Item.of(key(sortKey), Bytes.wrap(body.getBytes(UTF_8)));
    }

    private static Key key(String sortKey) {
        return new Key("partition", Bytes.wrap(sortKey.getBytes(UTF_8)));
    }
}
