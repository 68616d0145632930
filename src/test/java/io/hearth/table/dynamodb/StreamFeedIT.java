package io.hearth.table.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.Bytes;
import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The change feed over shards that end, and where a reader goes on after a restart. */
final class StreamFeedIT {
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
        Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
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
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(() -> {
            page[0] = await(table.changes(cursor, 10));
            return !page[0].changes().isEmpty();
        });
        return page[0];
    }

    private static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(60));
    }
}
