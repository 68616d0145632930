package io.hearth.table;

import static io.hearth.table.TableFixture.all;
import static io.hearth.table.TableFixture.expiring;
import static io.hearth.table.TableFixture.item;
import static io.hearth.table.TableFixture.key;
import static io.hearth.table.TableFixture.query;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

interface ExpiryContract extends TableFixture {
    @Test
    default void read_atTheSecondOfExpiry_isInNoAnswer() {
        Item item = new Item(
                key("d", 1),
                TableFixture.bytes("x"),
                clock().seconds() + 10,
                0,
                new IndexKey("i", TableFixture.bytes("s")));
        Item lasting = item(key("d", 2), "y");
        store(item, lasting);

        clock().advance(Duration.ofMillis(9_999));
        assertThat(read(item.key())).contains(item);
        assertThat(readAll(all("d"))).containsExactly(item, lasting);
        assertThat(scanAll(0, 1, 10)).containsExactly(item, lasting);
        TableFixture.eventually(() -> assertThat(readIndex(all("i"))).containsExactly(item));

        clock().advance(Duration.ofMillis(1));
        assertThat(read(item.key())).isEmpty();
        assertThat(readAll(all("d"))).containsExactly(lasting);
        assertThat(scanAll(0, 1, 10)).containsExactly(lasting);
        assertThat(readIndex(all("i"))).isEmpty();
    }

    @Test
    default void write_alreadyExpired_isInNoAnswer() {
        store(expiring(key("d", 1), "x", clock().seconds()), expiring(key("d", 2), "x", 1));

        assertThat(readAll(all("d"))).isEmpty();
        assertThat(read(key("d", 1))).isEmpty();
    }

    @Test
    default void write_overExpired_isThereAgain() {
        Key key = key("d", 1);
        store(expiring(key, "x", clock().seconds() + 1));
        clock().advance(Duration.ofSeconds(5));

        store(expiring(key, "y", clock().seconds() + 1));

        assertThat(read(key)).contains(expiring(key, "y", clock().seconds() + 1));
    }

    @Test
    default void query_expiredAmongLive_pagesSkipThem() {
        for (int i = 0; i < 20; i++) {
            store(i % 3 == 0 ? item(key("d", i), "x") : expiring(key("d", i), "x", clock().seconds() + 1));
        }
        clock().advance(Duration.ofSeconds(1));
        List<Item> live = List.of(0, 3, 6, 9, 12, 15, 18).stream()
                .map(i -> item(key("d", i), "x"))
                .toList();

        for (int limit : new int[] {1, 2, 7, 8}) {
            assertThat(readAll(query("d", SortRange.ALL, Direction.ASCENDING, limit)))
                    .isEqualTo(live);
            assertThat(readAll(query("d", SortRange.ALL, Direction.DESCENDING, limit)))
                    .isEqualTo(QueryContract.reversed(live));
        }
    }
}
