package io.hearth.table.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import io.hearth.table.TableException;
import io.hearth.table.dynamodb.DynamoDbSettings.Location;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Where the list of shards is behind the shards, incomplete, or gone. */
final class StreamFeedTest {
    private static final DynamoDbSettings SETTINGS = new DynamoDbSettings(
            null, new Location(null, "table"), null, Duration.ofSeconds(1), Duration.ofSeconds(10), 1 << 20, 8);

    private final FakeClock clock = new FakeClock();
    private final FakeStreams streams = new FakeStreams();
    private final Requests requests = new Requests(SETTINGS, RequestListener.NONE);
    private StreamFeed feed = newFeed();

    private StreamFeed newFeed() {
        return new StreamFeed(streams, requests, clock, "stream");
    }

    @Test
    void read_childListedAfterItsParentHasEnded_goesOnWithTheChild() {
        streams.begin("a", null).write("a1");
        Cursor cursor = await(feed.start(ChangeStart.OLDEST));
        streams.end("a");
        cursor = expect(cursor, "a1");
        cursor = expect(cursor);

        streams.begin("b", "a").write("b1");

        expectInTime(cursor, "b1");
    }

    @Test
    void read_byAnotherProcessWithTheCursor_goesOnWithTheChild() {
        streams.begin("a", null).write("a1");
        Cursor cursor = expect(await(feed.start(ChangeStart.OLDEST)), "a1");
        streams.end("a");
        cursor = expect(cursor);
        feed = newFeed();
        cursor = expect(cursor);
        streams.begin("b", "a").write("b1");
        feed = newFeed();

        expect(cursor, "b1");
    }

    /** The other process has looked a moment later, and has a shard to its end that this one has not seen in its list yet. */
    @Test
    void read_withACursorOfAProcessThatHasANewerList_looksAgain() {
        streams.begin("a", null);
        Cursor cursor = await(feed.start(ChangeStart.OLDEST));
        streams.end("a");
        Cursor unused = await(feed.start(ChangeStart.NOW)); // what it remembers for a second
        streams.begin("b", "a").write("b1");
        streams.end("b");
        StreamFeed behind = feed;
        feed = newFeed();
        cursor = expect(cursor, "b1");
        feed = behind;

        cursor = expect(cursor);
        streams.begin("c", "b").write("c1");
        expectInTime(cursor, "c1");
    }

    @Test
    void read_severalGenerationsListedAtOnce_comeInTheirOrder() {
        streams.begin("a", null).write("a1");
        Cursor cursor = expect(await(feed.start(ChangeStart.OLDEST)), "a1");
        streams.end("a");
        cursor = expect(cursor);

        streams.begin("b", "a").write("b1");
        streams.end("b");
        streams.begin("c", "b").write("c1");
        streams.end("c");
        streams.begin("d", "c").write("d1");

        expectInTime(cursor, "b1", "c1", "d1");
    }

    @Test
    void read_eachGenerationListedLate_losesNone() {
        streams.begin("a", null);
        Cursor cursor = await(feed.start(ChangeStart.NOW));
        String parent = "a";
        for (String shard : List.of("b", "c", "d")) {
            streams.end(parent);
            cursor = expect(cursor);
            streams.begin(shard, parent).write(shard + "1");
            cursor = expectInTime(cursor, shard + "1");
            parent = shard;
        }
    }

    @Test
    void read_parentSplits_readsBothChildren() {
        streams.begin("a", null);
        Cursor cursor = await(feed.start(ChangeStart.NOW));
        streams.end("a");
        cursor = expect(cursor);

        streams.begin("b", "a").write("b1");
        streams.begin("c", "a").write("c1");

        expectInTime(cursor, "b1", "c1");
    }

    /** The first page of the list is answered before the children begin, and would have had one of them; the second after. */
    @Test
    void read_childrenListedBetweenTwoPages_readsBoth() {
        streams.pageShards = 2;
        streams.begin("a", null).write("a1");
        streams.begin("d", null);
        streams.begin("f", null);
        Cursor cursor = expect(await(feed.start(ChangeStart.OLDEST)), "a1");
        streams.end("a");
        streams.betweenPages = () -> {
            streams.begin("b", "a").write("b1");
            streams.begin("e", "a").write("e1");
        };

        expectInTime(cursor, "b1", "e1");
    }

    @Test
    void start_nowWhileTheListLacksTheChildOfAnEndedShard_readsTheChild() {
        streams.begin("a", null).write("a1");
        streams.end("a");
        Cursor cursor = await(feed.start(ChangeStart.NOW));

        streams.begin("b", "a").write("b1");

        expectInTime(cursor, "b1");
    }

    @Test
    void start_ofAStreamThatListsNoShardYet_readsThoseThatCome() {
        Cursor cursor = await(feed.start(ChangeStart.NOW));
        assertThat(await(feed.read(cursor, 10)).changes()).isEmpty();

        streams.begin("a", null).write("a1");

        expectInTime(cursor, "a1");
    }

    @Test
    void read_whileAChildIsNotListed_asksForTheListOnceInASecond() {
        streams.begin("a", null);
        Cursor cursor = await(feed.start(ChangeStart.NOW));
        streams.end("a");
        cursor = expect(cursor);
        long startNanos = System.nanoTime();
        int before = streams.listed;

        for (int i = 0; i < 100; i++) {
            assertThat(await(feed.read(cursor, 10)).next()).isEqualTo(cursor);
        }

        long seconds = Duration.ofNanos(System.nanoTime() - startNanos).toSeconds();
        assertThat(streams.listed - before).isLessThanOrEqualTo((int) seconds + 1);
    }

    @Test
    void read_streamSwitchedOff_returnsTheRestAndThenFails() {
        streams.begin("a", null).write("a1");
        Cursor cursor = await(feed.start(ChangeStart.OLDEST));
        streams.end("a");
        streams.disabled = true;

        Cursor behind = expect(cursor, "a1");

        assertThatThrownBy(() -> await(feed.read(behind, 10)))
                .isExactlyInstanceOf(TableException.class)
                .hasMessageContaining("switched off");
    }

    @Test
    void read_endedShardNoLongerListed_hasExpired() {
        streams.begin("a", null);
        streams.begin("b", null);
        Cursor cursor = await(feed.start(ChangeStart.NOW));
        streams.end("a");
        Cursor behind = expect(cursor);
        streams.forget("a");
        feed = newFeed();

        assertThatThrownBy(() -> await(feed.read(behind, 10))).isInstanceOf(CursorExpiredException.class);
    }

    @Test
    void read_unreadShardNoLongerKept_hasExpiredAtOnce() {
        streams.begin("a", null).write("a1");
        Cursor cursor = await(feed.start(ChangeStart.OLDEST));
        streams.forget("a");
        long startNanos = System.nanoTime();

        assertThatThrownBy(() -> await(feed.read(cursor, 10))).isInstanceOf(CursorExpiredException.class);
        assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(SETTINGS.deadline());
    }

    @Test
    void read_streamNoLongerKept_hasExpired() {
        streams.begin("a", null);
        Cursor cursor = await(feed.start(ChangeStart.NOW));
        streams.end("a");
        streams.gone = true;

        assertThatThrownBy(() -> await(feed.read(cursor, 10))).isInstanceOf(CursorExpiredException.class);
    }

    @Test
    void read_iteratorsExpireWhileAChildIsNotListed_goesOnWithTheChild() {
        streams.begin("a", null).write("a1");
        streams.begin("x", null);
        Cursor cursor = expect(await(feed.start(ChangeStart.OLDEST)), "a1");
        streams.end("a");
        cursor = expect(cursor);
        streams.expireIterators();
        streams.write("x", "x1");
        cursor = expect(cursor, "x1");
        streams.expireIterators();

        streams.begin("b", "a").write("b1");

        expectInTime(cursor, "b1");
    }

    @Test
    void read_cursorRenewedWhileAChildIsNotListed_keepsItsPlace() {
        streams.begin("a", null);
        Cursor cursor = await(feed.start(ChangeStart.NOW));
        streams.end("a");
        for (int hour = 0; hour < 30; hour++) {
            clock.advance(Duration.ofHours(1));
            feed = newFeed();
            cursor = expect(cursor);
        }

        streams.begin("b", "a").write("b1");
        feed = newFeed();

        expect(cursor, "b1");
    }

    /** Reads a page, which has the changes of these bodies, and nothing behind it. */
    private Cursor expect(Cursor cursor, String... bodies) {
        ChangePage page = await(feed.read(cursor, 10));
        assertThat(bodies(page.changes())).containsExactly(bodies);
        return page.next();
    }

    /** Reads on until there are as many changes. */
    private Cursor expectInTime(Cursor cursor, String... bodies) {
        List<Change> found = new ArrayList<>();
        Cursor[] place = {cursor};
        Awaitility.await().until(() -> {
            ChangePage page = await(feed.read(place[0], 10));
            found.addAll(page.changes());
            place[0] = page.next();
            return found.size() >= bodies.length;
        });
        assertThat(bodies(found)).containsExactly(bodies);
        return place[0];
    }

    private static List<String> bodies(List<Change> changes) {
        return changes.stream()
                .map(change -> new String(((Change.Stored) change).item().body().array(), UTF_8))
                .toList();
    }

    private static <T> T await(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof TableException cause ? cause : e;
        }
    }

    static Item item(String body) {
        Bytes bytes = Bytes.wrap(body.getBytes(UTF_8));
        return Item.of(new Key("partition", bytes), bytes);
    }
}
