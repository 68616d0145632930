package io.hearth.table;

import static io.hearth.table.TableFixture.all;
import static io.hearth.table.TableFixture.await;
import static io.hearth.table.TableFixture.indexed;
import static io.hearth.table.TableFixture.item;
import static io.hearth.table.TableFixture.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

interface ReplaceContract extends TableFixture {
    @Test
    default void replace_superseded_givesWayToTheItems() {
        store(item(key("d", 1), "a"), item(key("d", 2), "b"), item(key("d", 3), "stays"), item(key("e", 1), "other"));

        replace(List.of(item(key("d", 9), "ab")), 1, 2);

        assertThat(readAll(all("d"))).containsExactly(item(key("d", 3), "stays"), item(key("d", 9), "ab"));
        assertThat(readAll(all("e"))).containsExactly(item(key("e", 1), "other"));
    }

    @Test
    default void replace_longStretches_removesExactlyTheNamed() {
        List<Item> items = new ArrayList<>();
        List<Item> staying = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            items.add(item(key("d", i), "x"));
            if (i % 100 == 50 || i == 0 || i == 299) {
                staying.add(items.get(i));
            }
        }
        store(items.toArray(Item[]::new));

        replace(List.of(), IntStream.range(1, 299).filter(i -> i % 100 != 50).toArray());

        assertThat(readAll(all("d"))).isEqualTo(staying);
    }

    @Test
    default void replace_itemUnderOrBetweenSupersededKeys_isKept() {
        store(IntStream.range(0, 100)
                .mapToObj(i -> item(key("d", 2 * i), "old"))
                .toArray(Item[]::new));
        List<Item> kept = List.of(item(key("d", 0), "new"), item(key("d", 51), "new"), item(key("d", 100), "new"));

        replace(kept, IntStream.range(0, 100).map(i -> 2 * i).toArray());

        assertThat(readAll(all("d"))).isEqualTo(kept);
    }

    @Test
    default void replace_nothingThere_storesTheItems() {
        replace(List.of(item(key("d", 5), "x")), 1, 2, 3);

        assertThat(readAll(all("d"))).containsExactly(item(key("d", 5), "x"));
    }

    @Test
    default void replace_itemWithIndexKey_isRefusedAndChangesNothing() {
        store(item(key("d", 1), "x"));

        assertThatThrownBy(() -> replace(List.of(indexed(key("d", 2), "y", "home", "a")), 1))
                .isInstanceOf(IllegalArgumentException.class);

        assertThat(readAll(all("d"))).containsExactly(item(key("d", 1), "x"));
    }

    @Test
    default void reclaim_anyTable_changesNoAnswer() {
        store(item(key("d", 1), "x"));
        replace(List.of(item(key("d", 2), "y")), 1);

        await(table().reclaim());

        assertThat(readAll(all("d"))).containsExactly(item(key("d", 2), "y"));
    }

    private void replace(List<Item> items, int... superseded) {
        List<Bytes> keys = IntStream.of(superseded)
                .mapToObj(sort -> key("d", sort).sortKey())
                .toList();
        await(table().replace("d", items, keys));
    }
}
