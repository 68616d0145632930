package io.hearth.table;

import static io.hearth.table.TableFixture.all;
import static io.hearth.table.TableFixture.await;
import static io.hearth.table.TableFixture.bytes;
import static io.hearth.table.TableFixture.eventually;
import static io.hearth.table.TableFixture.indexed;
import static io.hearth.table.TableFixture.item;
import static io.hearth.table.TableFixture.key;
import static io.hearth.table.TableFixture.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

interface IndexContract extends TableFixture {
    @Test
    default void queryIndex_indexedItems_areListedByIndexSortKey() {
        Item kitchen = indexed(key("d1", 1), "k", "home", "2 kitchen");
        Item bath = indexed(key("d2", 1), "b", "home", "1 bath");
        Item other = indexed(key("d3", 1), "o", "other home", "1");
        store(kitchen, bath, other, item(key("d4", 1), "in no index"));

        eventually(() -> {
            assertThat(readIndex(all("home"))).containsExactly(bath, kitchen);
            assertThat(readIndex(query("home", SortRange.ALL, Direction.DESCENDING, 1)))
                    .containsExactly(kitchen, bath);
            assertThat(readIndex(query("home", SortRange.prefix(bytes("2")), Direction.ASCENDING, 10)))
                    .containsExactly(kitchen);
        });
        assertThat(readAll(all("home"))).isEmpty();
    }

    @Test
    default void queryIndex_movedItem_isListedOnlyAtItsNewPlace() {
        store(indexed(key("d", 1), "x", "home", "a"));

        Item moved = indexed(key("d", 1), "y", "home", "b");
        store(moved);
        eventually(() -> assertThat(readIndex(all("home"))).containsExactly(moved));

        Item gone = indexed(key("d", 1), "z", "elsewhere", "b");
        await(table().put(gone, Condition.version(0)));
        eventually(() -> {
            assertThat(readIndex(all("home"))).isEmpty();
            assertThat(readIndex(all("elsewhere"))).containsExactly(gone);
        });
    }

    @Test
    default void queryIndex_changedBody_isListedWithNewBody() {
        store(indexed(key("d", 1), "old", "home", "a"));

        store(indexed(key("d", 1), "new", "home", "a"));

        eventually(() -> assertThat(readIndex(all("home"))).containsExactly(indexed(key("d", 1), "new", "home", "a")));
    }

    @Test
    default void queryIndex_removedItem_isNotListed() {
        store(indexed(key("d", 1), "x", "home", "a"), indexed(key("d", 2), "x", "home", "a"));

        remove(key("d", 1));
        await(table().delete(key("d", 2), Condition.version(0)));

        eventually(() -> assertThat(readIndex(all("home"))).isEmpty());
    }

    @Test
    default void queryIndex_itemWithoutIndexKeyNow_isNotListed() {
        store(indexed(key("d", 1), "x", "home", "a"), indexed(key("d", 2), "x", "home", "a"));

        store(item(key("d", 1), "y"));

        eventually(() -> assertThat(readIndex(all("home"))).containsExactly(indexed(key("d", 2), "x", "home", "a")));
    }

    @Test
    default void queryIndex_failedCondition_changesNothing() {
        Item item = indexed(key("d", 1), "x", "home", "a");
        store(item);

        assertThatThrownBy(() -> await(table().put(indexed(key("d", 1), "y", "other", "a"), Condition.absent())))
                .isInstanceOf(ConditionFailedException.class);

        eventually(() -> assertThat(readIndex(all("home"))).containsExactly(item));
        assertThat(readIndex(all("other"))).isEmpty();
    }

    @Test
    default void queryIndex_sharedIndexKeys_listsAllOverPages() {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            items.add(indexed(key("d" + i, 1), "x", "home", i < 5 ? "a" : "b"));
        }
        store(items.toArray(Item[]::new));
        eventually(() -> assertThat(readIndex(all("home"))).containsExactlyInAnyOrderElementsOf(items));

        for (int limit : new int[] {1, 2, 3, 5, 10, 11}) {
            List<Item> up = readIndex(query("home", SortRange.ALL, Direction.ASCENDING, limit));
            assertThat(up).containsExactlyInAnyOrderElementsOf(items);
            assertThat(up).isSortedAccordingTo((a, b) -> sortKey(a).compareTo(sortKey(b)));
            List<Item> down = readIndex(query("home", SortRange.ALL, Direction.DESCENDING, limit));
            assertThat(down).containsExactlyInAnyOrderElementsOf(items);
            assertThat(down).isSortedAccordingTo((a, b) -> sortKey(b).compareTo(sortKey(a)));
        }
        assertThat(readIndex(query("home", new SortRange(bytes("b"), null), Direction.ASCENDING, 3)))
                .containsExactlyInAnyOrderElementsOf(items.subList(5, 10));
    }

    @Test
    default void queryIndex_anyBytes_areInUnsignedOrder() {
        List<Bytes> sortKeys = List.of(
                bytes(0x00),
                bytes(0x00, 0x00),
                bytes(0x00, 0x01),
                bytes(0x00, 0xFF),
                bytes(0x01),
                bytes(0x01, 0x00),
                bytes(0x01, 0x00, 0x00),
                bytes(0x80),
                bytes(0xFF),
                bytes(0xFF, 0xFF));
        List<Item> items = new ArrayList<>();
        for (Bytes sortKey : sortKeys) {
            items.add(new Item(
                    new Key("d\u0000" + items.size(), bytes(0, 1, 0)),
                    bytes("x"),
                    0,
                    0,
                    new IndexKey("home", sortKey)));
        }
        List<Item> shuffled = new ArrayList<>(items);
        Collections.reverse(shuffled);
        store(shuffled.toArray(Item[]::new));

        eventually(() -> assertThat(readIndex(query("home", SortRange.ALL, Direction.ASCENDING, 3)))
                .isEqualTo(items));
        for (int i = 0; i < items.size(); i++) {
            assertThat(readIndex(query("home", new SortRange(sortKeys.get(i), null), Direction.ASCENDING, 3)))
                    .isEqualTo(items.subList(i, items.size()));
            assertThat(readIndex(query("home", new SortRange(null, sortKeys.get(i)), Direction.DESCENDING, 3)))
                    .isEqualTo(QueryContract.reversed(items.subList(0, i)));
        }
    }

    private static Bytes sortKey(Item item) {
        return Objects.requireNonNull(item.index()).sortKey();
    }
}
