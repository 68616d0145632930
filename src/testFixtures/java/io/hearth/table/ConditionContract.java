package io.hearth.table;

import static io.hearth.table.TableFixture.await;
import static io.hearth.table.TableFixture.expiring;
import static io.hearth.table.TableFixture.item;
import static io.hearth.table.TableFixture.key;
import static io.hearth.table.TableFixture.versioned;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

interface ConditionContract extends TableFixture {
    @Test
    default void put_absentExpected_storesOnce() {
        Key key = key("d", 1);
        await(table().put(versioned(key, "first", 1), Condition.absent()));

        assertThatThrownBy(() -> await(table().put(versioned(key, "second", 1), Condition.absent())))
                .isInstanceOf(ConditionFailedException.class);

        assertThat(read(key)).contains(versioned(key, "first", 1));
    }

    @Test
    default void put_versionExpected_replacesThatVersionOnly() {
        Key key = key("d", 1);
        store(versioned(key, "v3", 3));

        await(table().put(versioned(key, "v4", 4), Condition.version(3)));
        assertThatThrownBy(() -> await(table().put(versioned(key, "other v4", 4), Condition.version(3))))
                .isInstanceOf(ConditionFailedException.class);

        assertThat(read(key)).contains(versioned(key, "v4", 4));
    }

    @Test
    default void put_versionZeroExpected_isNotAbsence() {
        Key key = key("d", 1);
        assertThatThrownBy(() -> await(table().put(versioned(key, "v1", 1), Condition.version(0))))
                .isInstanceOf(ConditionFailedException.class);
        store(item(key, "v0"));

        await(table().put(versioned(key, "v1", 1), Condition.version(0)));

        assertThat(read(key)).contains(versioned(key, "v1", 1));
    }

    @Test
    default void put_expiredItem_countsAsAbsent() {
        Key key = key("d", 1);
        store(expiring(key, "old", clock().seconds() + 10));
        assertThatThrownBy(() -> await(table().put(item(key, "new"), Condition.absent())))
                .isInstanceOf(ConditionFailedException.class);

        clock().advance(Duration.ofSeconds(10));

        assertThatThrownBy(() -> await(table().put(item(key, "new"), Condition.version(0))))
                .isInstanceOf(ConditionFailedException.class);
        await(table().put(item(key, "new"), Condition.absent()));
        assertThat(read(key)).contains(item(key, "new"));
    }

    @Test
    default void delete_versionExpected_removesThatVersionOnly() {
        Key key = key("d", 1);
        store(versioned(key, "v3", 3));

        assertThatThrownBy(() -> await(table().delete(key, Condition.version(2))))
                .isInstanceOf(ConditionFailedException.class);
        assertThat(read(key)).isPresent();
        await(table().delete(key, Condition.version(3)));

        assertThat(read(key)).isEmpty();
        assertThatThrownBy(() -> await(table().delete(key, Condition.version(3))))
                .isInstanceOf(ConditionFailedException.class);
    }

    @Test
    default void put_afterDelete_countsAsAbsent() {
        Key key = key("d", 1);
        store(versioned(key, "v1", 1));
        remove(key);

        await(table().put(versioned(key, "again", 1), Condition.absent()));

        assertThat(read(key)).contains(versioned(key, "again", 1));
    }

    @Test
    default void put_manyWritersOfEachVersion_exactlyOneWins() {
        Key key = key("d", 1);
        int writers = 20;
        for (int version = 0; version < 10; version++) {
            Condition condition = version == 0 ? Condition.absent() : Condition.version(version);
            int next = version + 1;
            List<CompletableFuture<Boolean>> outcomes = IntStream.range(0, writers)
                    .mapToObj(writer -> table().put(versioned(key, "by " + writer, next), condition)
                            .map(done -> true)
                            .onFailure(ConditionFailedException.class)
                            .recoverWithItem(false)
                            .subscribeAsCompletionStage())
                    .toList();

            List<Boolean> won = outcomes.stream().map(CompletableFuture::join).toList();

            assertThat(Collections.frequency(won, true)).isEqualTo(1);
            assertThat(read(key)).contains(versioned(key, "by " + won.indexOf(true), next));
        }
    }

    @Test
    default void put_concurrentCounters_loseNoIncrement() throws Exception {
        Key key = key("d", 1);
        store(versioned(key, "", 1));
        List<CompletableFuture<Void>> threads = IntStream.range(0, 4)
                .mapToObj(thread -> CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < 25; i++) {
                        increment(key);
                    }
                }))
                .toList();

        threads.forEach(CompletableFuture::join);

        assertThat(read(key)).contains(versioned(key, "", 101));
    }

    private void increment(Key key) {
        while (true) {
            long version = read(key).orElseThrow().version();
            try {
                await(table().put(versioned(key, "", version + 1), Condition.version(version)));
                return;
            } catch (ConditionFailedException e) {
                // another thread was first: again
            }
        }
    }
}
