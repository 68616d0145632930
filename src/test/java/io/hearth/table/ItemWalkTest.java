package io.hearth.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.memory.MemoryTable;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import org.junit.jupiter.api.Test;

class ItemWalkTest {
    private final HookedTable table = new HookedTable(new MemoryTable(new FakeClock()), false);

    @Test
    void walk_pagesThatGrow_hasEveryItemOnce_inOrder() {
        List<Item> items = store("p", 11);
        List<Integer> limits = new ArrayList<>();
        table.hook(operation -> {
            if (operation instanceof HookedTable.Queries queries) {
                limits.add(queries.query().limit());
            }
        });

        ItemWalk walk = new ItemWalk(table, all("p", 2), 6);

        assertThat(walk.peek()).isEqualTo(items.get(0));
        assertThat(rest(walk)).isEqualTo(items);
        assertThat(limits).containsExactly(2, 6, 6);
        assertThat(walk.pages()).isEqualTo(3);
    }

    @Test
    void walk_pagesOfOneSize_hasEveryItemOnce_inOrder() {
        List<Item> items = store("p", 7);

        ItemWalk walk = new ItemWalk(table, all("p", 3));

        assertThat(rest(walk)).isEqualTo(items);
        assertThat(walk.pages()).isEqualTo(3);
    }

    @Test
    void walk_ofNothing_ends() {
        ItemWalk walk = new ItemWalk(table, all("p", 3));

        assertThat(walk.hasNext()).isFalse();
        assertThatThrownBy(walk::next).isInstanceOf(NoSuchElementException.class);
        assertThatThrownBy(walk::peek).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void scan_hasEveryItemOfEveryPartition() {
        List<Item> items = new ArrayList<>(store("a", 5));
        items.addAll(store("b", 4));

        assertThat(rest(new ItemWalk(table, new Scan(0, 1, 2, null)))).containsExactlyInAnyOrderElementsOf(items);
    }

    private static Query all(String partitionKey, int limit) {
        return new Query(partitionKey, SortRange.ALL, Direction.ASCENDING, limit, null, Consistency.STRONG);
    }

    private static List<Item> rest(ItemWalk walk) {
        List<Item> items = new ArrayList<>();
        walk.forEachRemaining(items::add);
        return items;
    }

    private List<Item> store(String partitionKey, int count) {
        List<Item> items = new ArrayList<>();
        List<Write> writes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Item item = Item.of(
                    new Key(partitionKey, Bytes.wrap(new byte[] {(byte) i})), Bytes.wrap(new byte[] {(byte) -i}));
            items.add(item);
            writes.add(new Write.Put(item));
        }
        Blocking.await(table.write(writes));
        return items;
    }
}
