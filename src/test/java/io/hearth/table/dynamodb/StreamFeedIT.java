package io.hearth.table.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.Bytes;
import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import io.hearth.table.dynamodb.DynamoDbSettings.Location;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The change feed over shards that end, and where a reader goes on after a restart. */
final class StreamFeedIT {
    private static final int WRITERS = 8;
    private static final int ROUNDS = 12;
    private static final int MOST_WRITES = 100;

    private final FakeClock clock = new FakeClock();
    private final DynamoDbTable table = TestDynamoDb.get().open(clock);

    @AfterEach
    void close() {
        table.close();
    }

    @Test
    void changes_overShardsThatEnd_comeOnceAndInOrder() {
        Cursor fromNow = await(table.changesFrom(ChangeStart.NOW));
        List<Change> expected = new ArrayList<>();
        for (int round = 0; round < 4; round++) {
            for (int i = 0; i < 3; i++) {
                expected.add(store("body " + round + " " + i));
            }
            TestDynamoDb.get().stream(table).rollShards();
        }

        assertThat(follow(table, fromNow, 2, expected.size())).isEqualTo(expected);
        assertThat(follow(table, await(table.changesFrom(ChangeStart.OLDEST)), 100, expected.size()))
                .isEqualTo(expected);
    }

    @Test
    void changes_ofAnotherProcess_goOnAtTheCursor_evenWhereNothingWasReadYet() {
        store("before");
        Cursor atEnd = await(table.changesFrom(ChangeStart.NOW));
        Change first = store("first");
        Cursor behindFirst = page(table, atEnd).next();
        TestDynamoDb.get().stream(table).rollShards();
        Change second = store("second");

        try (DynamoDbTable other = DynamoDbTable.open(table.settings(), clock, RequestListener.NONE)) {
            assertThat(follow(other, behindFirst, 10, 1)).containsExactly(second);
            // Without the iterator that the first process holds, it goes by time, which may repeat a little.
            assertThat(follow(other, atEnd, 10, 2)).endsWith(first, second);
        }
    }

    @Test
    void changes_cursorWhileNothingHappens_staysTheSame() {
        Cursor cursor = await(table.changesFrom(ChangeStart.NOW));

        Cursor next = await(table.changes(cursor, 10)).next();

        assertThat(next).isEqualTo(cursor);
    }

    @Test
    void changes_cursorOlderThanTheStreamKeepsRecords_hasExpired() {
        Cursor cursor = await(table.changesFrom(ChangeStart.NOW));
        clock.advance(Duration.ofHours(24));

        assertThatThrownBy(() -> await(table.changes(cursor, 10))).isInstanceOf(CursorExpiredException.class);
    }

    @Test
    void changes_cursorOfAnotherTable_hasExpired() {
        Cursor cursor;
        try (DynamoDbTable other = TestDynamoDb.get().open(clock)) {
            cursor = await(other.changesFrom(ChangeStart.NOW));
        }

        assertThatThrownBy(() -> await(table.changes(cursor, 10))).isInstanceOf(CursorExpiredException.class);
    }

    /** Writers go on, shards split, end and are listed late, iterators expire, and the reader is replaced by another process. */
    @Test
    void changes_whileShardsSplitUnderLoad_haveEveryWriteInTheOrderOfItsKey() throws Exception {
        long seed = Long.getLong("StreamFeedIT.seed", System.nanoTime());
        System.out.println("StreamFeedIT -DStreamFeedIT.seed=" + seed);
        Random random = new Random(seed);
        StandInStream stream = TestDynamoDb.get().stream(table);
        Cursor start = await(table.changesFrom(ChangeStart.NOW));
        AtomicBoolean over = new AtomicBoolean();
        List<CompletableFuture<Integer>> writers = IntStream.range(0, WRITERS)
                .mapToObj(writer ->
                        CompletableFuture.supplyAsync(() -> writeUntil(over, writer), task -> new Thread(task).start()))
                .toList();
        Map<Key, Integer> seen = new HashMap<>();
        Cursor place = start;
        for (int round = 0; round < ROUNDS; round++) {
            stream.listChildren(random.nextBoolean());
            if (random.nextBoolean()) {
                stream.splitShard();
            } else {
                stream.rollShards();
            }
            if (random.nextInt(3) == 0) {
                stream.advance(Duration.ofMinutes(16));
            }
            for (int page = random.nextInt(4); page >= 0; page--) {
                place = take(place, 1 + random.nextInt(50), random.nextInt(4) == 0, seen);
            }
        }
        over.set(true);
        stream.listChildren(true);
        Map<Key, Integer> last = new HashMap<>();
        for (int writer = 0; writer < WRITERS; writer++) {
            last.put(keyOf(writer), writers.get(writer).join());
        }
        Cursor[] cursor = {place};
        Awaitility.await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            cursor[0] = take(cursor[0], 100, false, seen);
            assertThat(seen).as("-DStreamFeedIT.seed=%d", seed).isEqualTo(last);
        });
    }

    /** Writes 1, 2, 3 and so on to a key of its own, each when the one before is done, and returns the last one. */
    private int writeUntil(AtomicBoolean over, int writer) {
        int number = 0;
        while (!over.get() && number < MOST_WRITES) {
            number++;
            await(table.write(List.of(new Write.Put(Item.of(keyOf(writer), bytes(Integer.toString(number)))))));
        }
        return number;
    }

    private static Key keyOf(int writer) {
        return new Key("writer " + writer, bytes("key"));
    }

    /** Reads a page; the writes of each key must go on where they were, or begin again before. */
    private Cursor take(Cursor place, int limit, boolean byAnother, Map<Key, Integer> seen) {
        ChangePage page;
        if (byAnother) {
            try (DynamoDbTable other = DynamoDbTable.open(table.settings(), clock, RequestListener.NONE)) {
                page = await(other.changes(place, limit));
            }
        } else {
            page = await(table.changes(place, limit));
        }
        for (Change change : page.changes()) {
            Item item = ((Change.Stored) change).item();
            int number = Integer.parseInt(new String(item.body().array(), StandardCharsets.UTF_8));
            assertThat(number).as("%s", item.key()).isLessThanOrEqualTo(seen.getOrDefault(item.key(), 0) + 1);
            seen.put(item.key(), number);
        }
        return page.next();
    }

    @Test
    void changes_recordsNoLongerKept_haveExpired() {
        Cursor start = await(table.changesFrom(ChangeStart.NOW));
        store("first");
        Cursor behindFirst = page(table, start).next();
        store("second");
        TestDynamoDb.get().stream(table).advance(Duration.ofHours(25));

        assertThatThrownBy(() -> await(table.changes(behindFirst, 10))).isInstanceOf(CursorExpiredException.class);
    }

    @Test
    void changes_ofATableWhoseStreamIsSwitchedOff_failAfterTheLast() {
        Cursor start = await(table.changesFrom(ChangeStart.NOW));
        Change last = store("last");
        TestDynamoDb.get()
                .client()
                .updateTable(
                        update -> update.tableName(table.settings().location().table())
                                .streamSpecification(stream -> stream.streamEnabled(false)))
                .join();

        ChangePage rest = page(table, start);

        assertThat(rest.changes()).containsExactly(last);
        assertThatThrownBy(() -> await(table.changes(rest.next(), 10))).hasMessageContaining("switched off");
    }

    @Test
    void changes_removedByTimeToLive_areLeftOut() throws Exception {
        Location location = TestDynamoDb.get().newLocation();
        DynamoDbSettings settings = TestDynamoDb.get().settings(location);
        DynamoDbSettings creating = new DynamoDbSettings(
                settings.endpoint(),
                location,
                DynamoDbSettings.Creation.ON_DEMAND,
                settings.requestTimeout(),
                settings.deadline(),
                settings.maxPendingBytes(),
                settings.maxConnections());
        try (DynamoDbTable expiring = DynamoDbTable.open(creating, clock, RequestListener.NONE)) {
            Cursor cursor = await(expiring.changesFrom(ChangeStart.NOW));
            long expiry = clock.instant().getEpochSecond() + 10;
            Item mortal = new Item(new Key("d", bytes("mortal")), bytes("x"), expiry, 0, null);
            Item immortal = item("immortal", "x");
            await(expiring.write(List.of(new Write.Put(mortal), new Write.Put(immortal))));
            TestDynamoDb.get().removeExpired(location, clock.instant().plusSeconds(10));
            await(expiring.write(List.of(new Write.Delete(immortal.key()))));

            assertThat(follow(expiring, cursor, 10, 3))
                    .containsExactlyInAnyOrder(
                            new Change.Stored(mortal), new Change.Stored(immortal), new Change.Removed(immortal.key()));
            clock.advance(Duration.ofSeconds(10));
            assertThat(await(expiring.get(mortal.key(), Consistency.STRONG))).isEmpty();
        }
    }

    @Test
    void changes_itemsThatReorganise_areLeftOut() {
        Cursor cursor = await(table.changesFrom(ChangeStart.NOW));
        Change.Stored run = (Change.Stored) store("run");
        Key key = run.item().key();
        Item chunk = item("chunk", "all of it");

        await(table.replace("d", List.of(chunk), List.of(key.sortKey())));
        await(table.replace("d", List.of(), List.of(chunk.key().sortKey())));
        Change last = store("last");

        assertThat(follow(table, cursor, 10, 3)).containsExactly(run, new Change.Removed(key), last);
    }

    private Change store(String body) {
        Item item = item("key", body);
        await(table.write(List.of(new Write.Put(item))));
        return new Change.Stored(item);
    }

    private static Item item(String sortKey, String body) {
        return Item.of(new Key("d", bytes(sortKey)), bytes(body));
    }

    private static Bytes bytes(String text) {
        return Bytes.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static List<Change> follow(DynamoDbTable table, Cursor start, int limit, int count) {
        List<Change> found = new ArrayList<>();
        Cursor[] cursor = {start};
        Awaitility.await().atMost(Duration.ofSeconds(90)).untilAsserted(() -> {
            ChangePage page = await(table.changes(cursor[0], limit));
            found.addAll(page.changes());
            cursor[0] = page.next();
            assertThat(found).hasSizeGreaterThanOrEqualTo(count);
        });
        return found;
    }

    /** The next page that has changes. */
    private static ChangePage page(DynamoDbTable table, Cursor cursor) {
        ChangePage[] page = new ChangePage[1];
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> {
            page[0] = await(table.changes(cursor, 10));
            return !page[0].changes().isEmpty();
        });
        return page[0];
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(60));
    }
}
