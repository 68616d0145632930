package io.hearth.table;

import static io.hearth.table.TableFixture.all;
import static io.hearth.table.TableFixture.await;
import static io.hearth.table.TableFixture.bytes;
import static io.hearth.table.TableFixture.item;
import static io.hearth.table.TableFixture.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

interface WriteContract extends TableFixture {
    @Test
    default void write_item_isReadBackWhole() {
        Item item = new Item(key("d", 1), bytes("body"), clock().seconds() + 60, 7, new IndexKey("home", bytes("x")));

        store(item);

        assertThat(read(item.key())).contains(item);
        assertThat(readAll(all("d"))).containsExactly(item);
    }

    @Test
    default void get_unknownKey_isEmpty() {
        store(item(key("d", 1), "x"));

        assertThat(read(key("d", 2))).isEmpty();
        assertThat(read(key("e", 1))).isEmpty();
    }

    @Test
    default void write_sameKeyAgain_replacesWholeItem() {
        store(new Item(key("d", 1), bytes("old"), clock().seconds() + 60, 7, null));

        store(item(key("d", 1), "new"));

        assertThat(read(key("d", 1))).contains(item(key("d", 1), "new"));
    }

    @Test
    default void write_sameKeyTwiceInBatch_keepsLater() {
        store(item(key("d", 1), "first"), item(key("d", 1), "second"));

        assertThat(readAll(all("d"))).containsExactly(item(key("d", 1), "second"));
    }

    @Test
    default void write_putThenDeleteInBatch_removes() {
        Key key = key("d", 1);

        await(table().write(List.of(new Write.Put(item(key, "x")), new Write.Delete(key))));

        assertThat(read(key)).isEmpty();
    }

    @Test
    default void write_deleteThenPutInBatch_stores() {
        Key key = key("d", 1);
        store(item(key, "old"));

        await(table().write(List.of(new Write.Delete(key), new Write.Put(item(key, "new")))));

        assertThat(read(key)).contains(item(key, "new"));
    }

    @Test
    default void write_delete_removesOnlyItsKey() {
        store(item(key("d", 1), "x"), item(key("d", 2), "y"));

        remove(key("d", 1));

        assertThat(readAll(all("d"))).containsExactly(item(key("d", 2), "y"));
    }

    @Test
    default void write_deleteOfNothing_completes() {
        remove(key("d", 1));

        assertThat(read(key("d", 1))).isEmpty();
    }

    @Test
    default void write_nothing_completes() {
        assertThat(await(table().write(List.of()))).isNull();
    }

    @Test
    default void write_manyItems_storesAll() {
        List<Item> items = IntStream.range(0, 1000)
                .mapToObj(i -> item(key("d" + i % 7, i), "body " + i))
                .toList();

        store(items.toArray(Item[]::new));

        List<Item> found = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            found.addAll(readAll(all("d" + i)));
        }
        assertThat(found).containsExactlyInAnyOrderElementsOf(items);
    }

    @Test
    default void write_manyOutstandingCalls_storesAll() {
        List<Item> items =
                IntStream.range(0, 500).mapToObj(i -> item(key("d", i), "" + i)).toList();

        await(Uni.join()
                .all(items.stream()
                        .map(item -> table().write(List.of(new Write.Put(item))))
                        .toList())
                .andFailFast());

        assertThat(readAll(all("d"))).isEqualTo(items);
    }

    @Test
    default void write_emptyBody_isKept() {
        store(item(key("d", 1), ""));

        assertThat(read(key("d", 1))).contains(item(key("d", 1), ""));
    }

    @Test
    default void write_largestItems_areKept() {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Key key = key("d", i);
            byte[] body = new byte[Item.MAX_ITEM_BYTES - 1 - key.sortKey().length()];
            body[body.length - 1] = (byte) i;
            items.add(Item.of(key, Bytes.wrap(body)));
        }

        store(items.toArray(Item[]::new));

        assertThat(read(key("d", 2))).contains(items.get(2));
        assertThat(readAll(all("d"))).isEqualTo(items);
    }

    /** Among them removals and conditional writes, and none waits for the one before. */
    @Test
    default void writes_ofOneKeyByOneClient_settleInTheOrderInWhichTheyWereSubmitted() {
        Key key = key("d", 1);
        int count = 60;
        List<Integer> settled = Collections.synchronizedList(new ArrayList<>());
        List<CompletableFuture<Void>> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            Item next = new Item(key, bytes("body " + i), 0, i, null);
            Uni<Void> write = switch (i % 5) {
                case 0 -> table().write(List.of(new Write.Delete(key)));
                case 1 -> table().put(next, Condition.absent());
                case 2 -> table().put(next, Condition.version(i - 1));
                case 3 -> table().write(List.of(new Write.Put(next), new Write.Put(item(key("e", i), "x"))));
                default -> table().delete(key, Condition.version(i - 1));
            };
            writes.add(write.invoke(() -> settled.add(number)).subscribeAsCompletionStage());
        }

        assertThat(writes).allSatisfy(write -> assertThat(write).succeedsWithin(Duration.ofSeconds(60)));
        assertThat(settled).isEqualTo(IntStream.range(0, count).boxed().toList());
        assertThat(read(key)).isEmpty();
    }

    @Test
    default void write_largestKeys_areKept() {
        String partition = "é".repeat(127) + "x"; // 255 bytes of UTF-8
        Key key = new Key(partition, Bytes.wrap(new byte[Key.MAX_SORT_KEY_BYTES]));
        Item item = Item.of(key, bytes("x"));

        store(item);

        assertThat(read(key)).contains(item);
        assertThat(readAll(all(partition))).containsExactly(item);
    }

    @Test
    default void write_partitionKeyTooLongInUtf8_isRefusedAndWritesNothing() {
        Item good = item(key("d", 1), "x");
        Item bad = item(key("é".repeat(128), 1), "x"); // 256 bytes

        assertThatThrownBy(() -> store(good, bad)).isInstanceOf(IllegalArgumentException.class);

        assertThat(read(good.key())).isEmpty();
    }

    @Test
    default void write_partitionKeyOfNoUnicode_isRefused() {
        assertThatThrownBy(() -> store(item(key("\uD800", 1), "x"))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> read(key("?\uD800", 1))).isInstanceOf(IllegalArgumentException.class);
    }
}
