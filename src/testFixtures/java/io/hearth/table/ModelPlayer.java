package io.hearth.table;

import static io.hearth.table.TableFixture.await;
import static io.hearth.table.TableFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Makes random operations and compares what two tables answer. */
public final class ModelPlayer {
    private static final List<String> PARTITIONS = List.of("a", "ab", "a\u0000", "é");
    private static final String MANY = "many";
    private static final int MANY_ROWS = 100;
    private static final List<String> INDEX_PARTITIONS = List.of("i", "i\u0000");
    private static final Comparator<Item> BY_KEY = Comparator.<Item, String>comparing(
                    item -> item.key().partitionKey())
            .thenComparing(item -> item.key().sortKey());

    /** What the feed of a table tells of a batch. */
    public enum Feed {
        /** Every write of it, in order. */
        WHOLE,
        /** What changed what the table holds, in the order of each key: see {@link EffectiveFeed}. */
        EFFECTIVE
    }

    private static final Comparator<Item> BY_INDEX_KEY = Comparator.<Item, Bytes>comparing(
                    item -> Objects.requireNonNull(item.index()).sortKey())
            .thenComparing(BY_KEY);

    private final Random random;
    private final FakeClock clock;
    private final Table model;
    private Table table;
    private final Feed feed;
    private final EffectiveFeed effective = new EffectiveFeed();
    private Cursor modelFeed;
    private Cursor tableFeed;
    private int bodies;
    private @Nullable Held held;

    /** Both tables are empty. */
    public ModelPlayer(Random random, FakeClock clock, Table model, Table table, Feed feed) {
        this.random = random;
        this.clock = clock;
        this.model = model;
        this.table = table;
        this.feed = feed;
        modelFeed = await(model.changesFrom(ChangeStart.OLDEST));
        tableFeed = await(table.changesFrom(ChangeStart.OLDEST));
    }

    /** Goes on with the same table opened anew. */
    public void use(Table reopened) {
        table = reopened;
    }

    public void step() {
        switch (random.nextInt(9)) {
            case 0, 1, 2 -> {
                List<Write> writes = writes();
                compare(on -> on.write(writes));
                effective.written(writes);
            }
            case 3 -> {
                Item item = item(1 + random.nextInt(3));
                Condition condition = condition(item.key());
                if (compare(on -> on.put(item, condition))) {
                    effective.putOnCondition(item);
                }
            }
            case 4 -> {
                Key key = key();
                Condition condition = condition(key);
                if (compare(on -> on.delete(key, condition))) {
                    effective.removed(key);
                }
            }
            case 5 -> {
                Key key = key();
                compare(on -> on.get(key, Consistency.STRONG));
            }
            case 6 -> replace();
            case 7 -> compareQuery(PARTITIONS.get(random.nextInt(PARTITIONS.size())), false);
            default -> compareQuery(INDEX_PARTITIONS.get(random.nextInt(INDEX_PARTITIONS.size())), true);
        }
    }

    private void replace() {
        String partition = PARTITIONS.get(random.nextInt(PARTITIONS.size()));
        List<Bytes> superseded = Stream.generate(this::sortKey)
                .limit(random.nextInt(5))
                .sorted()
                .distinct()
                .toList();
        List<Item> items = Stream.generate(this::sortKey)
                .limit(random.nextInt(3))
                .map(sort -> Item.of(new Key(partition, sort), bytes("body " + bodies++)))
                .toList();
        compare(on -> on.replace(partition, items, superseded));
        effective.replaced(partition, items, superseded);
    }

    /** Many writers at once, in an order that is known, so that an engine may commit them together. */
    public void writeTogether() {
        List<Function<Table, Uni<?>>> operations = new ArrayList<>();
        for (int writers = 2 + random.nextInt(30); writers > 0; writers--) {
            operations.add(write());
        }
        List<CompletableFuture<?>> under = new ArrayList<>();
        operations.forEach(operation -> under.add(operation.apply(table).subscribeAsCompletionStage()));
        for (int i = 0; i < operations.size(); i++) {
            Object expected = outcome(operations.get(i).apply(model));
            Uni<?> answer = Uni.createFrom().completionStage(under.get(i));
            assertThat(outcome(answer)).as("writer " + i).isEqualTo(expected);
        }
    }

    private Function<Table, Uni<?>> write() {
        switch (random.nextInt(4)) {
            case 0 -> {
                Item item = item(1 + random.nextInt(3));
                Condition condition = condition(item.key());
                return on -> on.put(item, condition);
            }
            case 1 -> {
                Key key = key();
                Condition condition = condition(key);
                return on -> on.delete(key, condition);
            }
            default -> {
                List<Write> writes = writes();
                return on -> on.write(writes);
            }
        }
    }

    /** Many rows of one partition, some of them so large that pages end by their size, and stretches of them replaced. */
    public void replaceMany() {
        List<Write> writes = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            byte[] body = new byte[random.nextInt(8) == 0 ? 150_000 : 10];
            random.nextBytes(body);
            writes.add(new Write.Put(Item.of(new Key(MANY, manySortKey(random.nextInt(MANY_ROWS))), Bytes.wrap(body))));
        }
        compare(on -> on.write(writes));
        int from = random.nextInt(MANY_ROWS);
        int to = from + random.nextInt(MANY_ROWS - from + 1);
        List<Bytes> superseded = new ArrayList<>();
        int left = random.nextInt(3) * 10; // 0: all of the stretch go
        for (int i = from; i < to; i++) {
            if (left == 0 || random.nextInt(left) > 0) {
                superseded.add(manySortKey(i));
            }
        }
        Item item = Item.of(new Key(MANY, manySortKey(from)), bytes("body " + bodies++));
        compare(on -> on.replace(MANY, List.of(item), superseded));
        Query query = new Query(
                MANY,
                SortRange.ALL,
                random.nextBoolean() ? Direction.ASCENDING : Direction.DESCENDING,
                1 + random.nextInt(MANY_ROWS),
                null,
                Consistency.STRONG);
        assertThat(pages(table, query, false)).isEqualTo(pages(model, query, false));
    }

    private static Bytes manySortKey(int row) {
        return bytes("%03d".formatted(row));
    }

    /** Begins to read a partition, or goes on where it was held: what was written meanwhile behind the cursor is there. */
    public void readOn() {
        Held on = held;
        if (on == null) {
            String partition = random.nextBoolean() ? MANY : PARTITIONS.get(random.nextInt(PARTITIONS.size()));
            Direction direction = random.nextBoolean() ? Direction.ASCENDING : Direction.DESCENDING;
            Query query =
                    new Query(partition, SortRange.ALL, direction, 1 + random.nextInt(5), null, Consistency.STRONG);
            Page expected = await(model.query(query));
            Page page = await(table.query(query));
            assertThat(page.items()).isEqualTo(expected.items());
            if (page.next() != null && expected.next() != null) {
                held = new Held(query, expected.next(), page.next());
            }
            return;
        }
        held = null;
        assertThat(pages(table, on.query.from(on.tableCursor), on.query, false))
                .as(on.query::toString)
                .isEqualTo(pages(model, on.query.from(on.modelCursor), on.query, false));
    }

    /** A query whose first page was read. */
    private record Held(Query query, Cursor modelCursor, Cursor tableCursor) {}

    public void compareEverything() {
        int segments = 1 + random.nextInt(3);
        assertThat(scan(table, segments)).isEqualTo(scan(model, segments));
        compareFeeds();
    }

    /** Both answer the same, true, or fail alike. */
    private boolean compare(Function<Table, Uni<?>> operation) {
        Object expected = outcome(operation.apply(model));
        assertThat(outcome(operation.apply(table))).isEqualTo(expected);
        return expected != ConditionFailedException.class;
    }

    private static @Nullable Object outcome(Uni<?> uni) {
        try {
            return await(uni);
        } catch (ConditionFailedException e) {
            return ConditionFailedException.class;
        }
    }

    private void compareQuery(String partition, boolean index) {
        Direction direction = random.nextBoolean() ? Direction.ASCENDING : Direction.DESCENDING;
        SortRange range =
                new SortRange(random.nextBoolean() ? null : sortKey(), random.nextBoolean() ? null : sortKey());
        Query query = new Query(partition, range, direction, 1 + random.nextInt(6), null, Consistency.STRONG);
        assertThat(pages(table, query, index)).as(query::toString).isEqualTo(pages(model, query, index));
    }

    private static List<Item> pages(Table on, Query query, boolean index) {
        return pages(on, query, query, index);
    }

    private static List<Item> pages(Table on, Query first, Query query, boolean index) {
        List<Item> items = new ArrayList<>();
        Query next = first;
        while (true) {
            Page page = await(index ? on.queryIndex(next) : on.query(next));
            items.addAll(page.items());
            if (page.next() == null) {
                if (index) {
                    items.sort(BY_INDEX_KEY); // which of equal ones comes first is up to the engine
                }
                return items;
            }
            next = query.from(page.next());
        }
    }

    private static List<Item> scan(Table on, int segments) {
        List<Item> items = new ArrayList<>();
        for (int segment = 0; segment < segments; segment++) {
            Scan next = new Scan(segment, segments, 7, null);
            while (true) {
                Page page = await(on.scan(next));
                items.addAll(page.items());
                if (page.next() == null) {
                    break;
                }
                next = next.from(page.next());
            }
        }
        items.sort(BY_KEY);
        return items;
    }

    private void compareFeeds() {
        List<Change> expected = new ArrayList<>();
        modelFeed = follow(model, modelFeed, expected);
        List<Change> found = new ArrayList<>();
        tableFeed = follow(table, tableFeed, found);
        if (feed == Feed.WHOLE) {
            assertThat(found).isEqualTo(expected);
            return;
        }
        Map<Key, List<Change>> byKey = new HashMap<>();
        found.forEach(change ->
                byKey.computeIfAbsent(change.key(), key -> new ArrayList<>()).add(change));
        assertThat(byKey).isEqualTo(effective.take());
    }

    private Cursor follow(Table on, Cursor start, List<Change> changes) {
        Cursor cursor = start;
        while (true) {
            ChangePage page = await(on.changes(cursor, 1 + random.nextInt(20)));
            cursor = page.next();
            if (page.changes().isEmpty()) {
                return cursor;
            }
            changes.addAll(page.changes());
        }
    }

    private List<Write> writes() {
        List<Write> writes = new ArrayList<>();
        int count = 1 + random.nextInt(6);
        boolean blind = random.nextBoolean();
        for (int i = 0; i < count; i++) {
            if (!blind && random.nextInt(3) == 0) {
                writes.add(new Write.Delete(key()));
            } else {
                Item item = item(random.nextInt(3));
                writes.add(new Write.Put(
                        blind
                                ? new Item(item.key(), item.body(), item.expiresAtSeconds(), item.version(), null)
                                : item));
            }
        }
        return writes;
    }

    private Item item(long version) {
        long expiresAtSeconds = random.nextInt(3) == 0 ? clock.seconds() + random.nextInt(5) : 0;
        IndexKey index = random.nextInt(3) > 0
                ? null
                : new IndexKey(INDEX_PARTITIONS.get(random.nextInt(INDEX_PARTITIONS.size())), sortKey());
        return new Item(key(), bytes("body " + bodies++), expiresAtSeconds, version, index);
    }

    private Key key() {
        return new Key(PARTITIONS.get(random.nextInt(PARTITIONS.size())), sortKey());
    }

    /** From few, so that keys meet, and with the bytes that encodings stumble over. */
    private Bytes sortKey() {
        byte[] alphabet = {0, 1, (byte) 0xFF};
        byte[] sort = new byte[1 + random.nextInt(2)];
        for (int i = 0; i < sort.length; i++) {
            sort[i] = alphabet[random.nextInt(alphabet.length)];
        }
        return Bytes.wrap(sort);
    }

    /** One that holds, in half of the cases. */
    private Condition condition(Key key) {
        if (random.nextBoolean()) {
            return random.nextBoolean() ? Condition.absent() : Condition.version(random.nextInt(4));
        }
        return await(model.get(key, Consistency.STRONG))
                .map(item -> Condition.version(item.version()))
                .orElse(Condition.absent());
    }
}
