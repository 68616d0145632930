package io.hearth.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.awaitility.Awaitility;

/** What the parts of {@link TableContract} work on, and words to say it with. */
interface TableFixture {
    Table table();

    FakeClock clock();

    static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(30));
    }

    /** Waits until what an engine may do late holds. */
    static void eventually(ThrowingCallable assertion) {
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(assertion::call);
    }

    static Key key(String partition, String sort) {
        return new Key(partition, bytes(sort));
    }

    static Key key(String partition, int sort) {
        return key(partition, "%06d".formatted(sort));
    }

    static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    static Bytes bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return Bytes.wrap(bytes);
    }

    static Item item(Key key, String body) {
        return Item.of(key, bytes(body));
    }

    static Item versioned(Key key, String body, long version) {
        return new Item(key, bytes(body), 0, version, null);
    }

    static Item expiring(Key key, String body, long expiresAtSeconds) {
        return new Item(key, bytes(body), expiresAtSeconds, 0, null);
    }

    static Item indexed(Key key, String body, String indexPartition, String indexSort) {
        return new Item(key, bytes(body), 0, 0, new IndexKey(indexPartition, bytes(indexSort)));
    }

    static Query all(String partition) {
        return query(partition, SortRange.ALL, Direction.ASCENDING, 1000);
    }

    static Query query(String partition, SortRange range, Direction direction, int limit) {
        return new Query(partition, range, direction, limit, null, Consistency.STRONG);
    }

    /** Where a page that is not the last goes on. */
    static Cursor next(Page page) {
        return Objects.requireNonNull(page.next(), "this was the last page");
    }

    default void store(Item... items) {
        List<Write> writes = new ArrayList<>();
        for (Item item : items) {
            writes.add(new Write.Put(item));
        }
        await(table().write(writes));
    }

    default void remove(Key key) {
        await(table().write(List.of(new Write.Delete(key))));
    }

    default Optional<Item> read(Key key) {
        return await(table().get(key, Consistency.STRONG));
    }

    /** Every item of a query, over all its pages; none may have more than the limit. */
    default List<Item> readAll(Query query) {
        return pages(query, false);
    }

    default List<Item> readIndex(Query query) {
        return pages(query, true);
    }

    private List<Item> pages(Query query, boolean index) {
        List<Item> items = new ArrayList<>();
        Query next = query;
        while (true) {
            Page page = await(index ? table().queryIndex(next) : table().query(next));
            assertThat(page.items()).hasSizeLessThanOrEqualTo(query.limit());
            items.addAll(page.items());
            if (page.next() == null) {
                return items;
            }
            next = query.from(page.next());
        }
    }

    /** Every item of a segment, over all its pages. */
    default List<Item> scanAll(int segment, int segments, int limit) {
        List<Item> items = new ArrayList<>();
        Scan next = new Scan(segment, segments, limit, null);
        while (true) {
            Page page = await(table().scan(next));
            assertThat(page.items()).hasSizeLessThanOrEqualTo(limit);
            items.addAll(page.items());
            if (page.next() == null) {
                return items;
            }
            next = next.from(page.next());
        }
    }
}
