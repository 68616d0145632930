package io.hearth.live;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.Bytes;
import io.hearth.table.Cursor;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LiveFeedTest {
    private static final long START = EpochMicros.of(SeriesFixture.START);
    private static final LiveFilter ALL = new LiveFilter(Set.of(), Set.of(LiveEvent.Kind.values()));

    private static final long ALL_BYTES = 1 << 20;

    private final SeriesFixture clock = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(clock);
    private final SeriesStore store = clock.open(table, Duration.ofDays(30));
    private LiveFeed feed = feed(Duration.ofHours(1), 10);

    @BeforeEach
    void setUp() {
        append("other", -1);
    }

    @AfterEach
    void tearDown() {
        feed.close();
        table.close();
    }

    @Test
    void listener_whenReadingsAreStored_hearsThoseCommittedSinceItSubscribedInOrder() {
        LiveFeed.Subscription subscription = feed.subscribe(ALL, null).orElseThrow();
        append("d1", 1);
        Listener listener = start(subscription);
        append("d2", 2);
        append("d1", 3);
        listener.awaitEvents("d1 1", "d2 2", "d1 3");
    }

    @Test
    void listener_withFilter_hearsOfItsDevicesOnly() {
        Listener listener = start(feed.subscribe(new LiveFilter(Set.of("d1", "d3"), ALL.kinds()), null)
                .orElseThrow());
        append("d1", 1);
        append("d2", 2);
        append("d3", 3);
        listener.awaitEvents("d1 1", "d3 3");
    }

    @Test
    void listener_thatHasNoRoom_holdsUpNobodyAndHearsAllOnceItHas() {
        Listener slow = new Listener();
        slow.ready = false;
        feed.subscribe(ALL, null).orElseThrow().start(slow);
        Listener quick = start(feed.subscribe(ALL, null).orElseThrow());
        // More than what is held in memory for all, so the slow one has to read for itself.
        List<String> expected = appendMuch("d1", 40_000);
        quick.awaitEvents(expected);
        assertThat(slow.events).isEmpty();
        slow.ready = true;
        feed.wake();
        slow.awaitEvents(expected);
        append("d1", 50_000);
        slow.awaitEvents(Stream.of(expected, "d1 50000"));
        quick.awaitEvents(Stream.of(expected, "d1 50000"));
    }

    @Test
    void listener_thatHasNoRoomWhileThereIsNoneForAll_isCutAndTheOthersGoOn() {
        feed.close();
        feed = feed(Duration.ofHours(1), 10, Duration.ofMillis(50));
        Listener stuck = new Listener();
        stuck.ready = false;
        stuck.waitingBytes = ALL_BYTES;
        feed.subscribe(ALL, null).orElseThrow().start(stuck);
        Listener quick = start(feed.subscribe(ALL, null).orElseThrow());

        append("d1", 1);

        quick.awaitEvents("d1 1");
        assertThat(stuck.cut).isTrue();
        assertThat(quick.cut).isFalse();
        assertThat(feed.cut()).isEqualTo(1);
        assertThat(feed.listeners()).isEqualTo(1);
    }

    /** Each has room of its own, as they are many, and nobody would ever be told anything again. */
    @Test
    void listeners_thatTakeNothingOfLittle_areCutUntilHalfOfTheRoomForAllIsFree() {
        feed.close();
        feed = feed(Duration.ofHours(1), 10, Duration.ofMillis(50));
        List<Listener> stuck = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Listener listener = new Listener();
            listener.waitingBytes = ALL_BYTES / 4;
            feed.subscribe(ALL, null).orElseThrow().start(listener);
            stuck.add(listener);
        }
        Listener quick = start(feed.subscribe(ALL, null).orElseThrow());

        append("d1", 1);

        quick.awaitEvents("d1 1");
        assertThat(quick.cut).isFalse();
        assertThat(stuck).filteredOn(listener -> listener.cut).hasSizeBetween(2, 3);
    }

    @Test
    void listeners_whileThereIsNoRoomForAll_areToldNoMoreUntilThereIs() {
        Listener full = start(feed.subscribe(ALL, null).orElseThrow());
        Listener other = start(feed.subscribe(ALL, null).orElseThrow());
        full.waitingBytes = ALL_BYTES;
        append("d1", 1);
        await().until(() -> feed.waitingBytes() >= ALL_BYTES);
        append("d1", 2);

        full.waitingBytes = 0;

        full.awaitEvents("d1 1", "d1 2");
        other.awaitEvents("d1 1", "d1 2");
        assertThat(feed.cut()).isZero();
    }

    @Test
    void listener_thatResumesBehindAnEvent_hearsWhatCameAfterIt() {
        Listener before = start(feed.subscribe(ALL, null).orElseThrow());
        append("d1", 1);
        before.awaitEvents("d1 1");
        Cursor place = before.lastPlace();
        append("d1", 2);
        append("d1", 3);
        start(feed.subscribe(ALL, place).orElseThrow()).awaitEvents("d1 2", "d1 3");
    }

    @Test
    void listener_whoseChangesAreNoLongerKept_isToldThatItMissedSomeAndHearsWhatComes() {
        Listener before = start(feed.subscribe(ALL, null).orElseThrow());
        append("d1", 1);
        before.awaitEvents("d1 1");
        Cursor place = before.lastPlace();
        before.gone = true;
        Bytes sortKey = Bytes.wrap(new byte[] {0x7F});
        List<Write> many = IntStream.range(0, 100_001)
                .<Write>mapToObj(i -> new Write.Put(Item.of(new Key("p" + i, sortKey), Bytes.EMPTY)))
                .toList();
        table.write(many).await().indefinitely();
        Listener late = start(feed.subscribe(ALL, place).orElseThrow());
        append("d1", 2);
        late.awaitEvents("missed", "d1 2");
        assertThat(feed.missed()).isEqualTo(1);
    }

    @Test
    void listener_whenNothingHappens_isGivenThePlaceToGoOnFrom() {
        feed.close();
        feed = feed(Duration.ofMillis(1), 10);
        LiveFilter filter = new LiveFilter(Set.of("d1"), ALL.kinds());
        Listener listener = start(feed.subscribe(filter, null).orElseThrow());
        append("d2", 1);
        await().until(() -> !listener.places.isEmpty());
        // Far enough on that d2's reading does not come again.
        await().untilAsserted(() -> {
            Listener again = start(feed.subscribe(ALL, listener.lastPlace()).orElseThrow());
            append("d1", 2);
            await().until(() -> !again.events.isEmpty());
            assertThat(again.events.get(0)).isEqualTo("d1 2");
        });
    }

    @Test
    void damagedItem_isLeftOutAndTheRestIsTold() {
        Listener listener = start(feed.subscribe(ALL, null).orElseThrow());
        byte[] runKey = new byte[22];
        runKey[0] = 0x10;
        table.write(List.of(new Write.Put(Item.of(new Key("d1", Bytes.wrap(runKey)), Bytes.wrap(new byte[] {1, 9})))))
                .await()
                .indefinitely();
        append("d1", 2);
        listener.awaitEvents("d1 2");
    }

    @Test
    void subscribe_whenAsManyListenAsMay_isRefusedUntilOneHasGone() {
        feed.close();
        feed = feed(Duration.ofHours(1), 1);
        Listener first = start(feed.subscribe(ALL, null).orElseThrow());
        assertThat(feed.subscribe(ALL, null)).isEmpty();
        first.gone = true;
        feed.wake();
        await().until(() -> feed.subscribe(ALL, null).isPresent());
    }

    @Test
    void subscribe_withAPlaceOfAnotherKind_isRefused() {
        assertThatThrownBy(() -> feed.subscribe(ALL, new Cursor("nonsense")))
                .isInstanceOf(InvalidCursorException.class);
    }

    @Test
    void close_endsEveryListener() {
        Listener listener = start(feed.subscribe(ALL, null).orElseThrow());
        feed.close();
        assertThat(listener.ended).isTrue();
        assertThat(feed.subscribe(ALL, null)).isEmpty();
    }

    private LiveFeed feed(Duration heartbeat, int maxListeners) {
        return feed(heartbeat, maxListeners, Duration.ofHours(1));
    }

    private LiveFeed feed(Duration heartbeat, int maxListeners, Duration slow) {
        return new LiveFeed(
                table,
                new LiveEvents(),
                event -> {
                    var readings = (LiveEvent.Readings) event;
                    StringBuilder text = new StringBuilder();
                    for (int i = 0; i < readings.block().size(); i++) {
                        text.append(readings.device())
                                .append(' ')
                                .append((readings.block().timesMicros()[i] - START));
                    }
                    return text.toString().getBytes(UTF_8);
                },
                new LiveFeed.Settings(Duration.ofMillis(1), heartbeat, maxListeners, 64 << 10, ALL_BYTES, slow));
    }

    private static Listener start(LiveFeed.Subscription subscription) {
        Listener listener = new Listener();
        subscription.start(listener);
        return listener;
    }

    private void append(String device, long micros) {
        SeriesFixture.append(store, device, START + micros, Map.of("n", micros));
    }

    /** Appends readings in runs of their own, a slot each. */
    private List<String> appendMuch(String device, int count) {
        List<String> told = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            AppendBatch batch = new AppendBatch();
            SeriesFixture.add(batch, device, START + i, Map.of("text", "x".repeat(200)), null);
            store.append(batch).await().indefinitely();
            told.add(device + ' ' + i);
        }
        return told;
    }

    private static final class Stream {
        static List<String> of(List<String> first, String last) {
            List<String> all = new ArrayList<>(first);
            all.add(last);
            return all;
        }
    }

    private static final class Listener implements LiveListener {
        private final List<String> events = new CopyOnWriteArrayList<>();
        private final List<String> unflushed = new ArrayList<>();
        private final List<Cursor> places = new CopyOnWriteArrayList<>();
        private volatile boolean ready = true;
        private volatile boolean gone;
        private volatile boolean ended;
        private volatile boolean cut;
        private volatile long waitingBytes;

        @Override
        public boolean isGone() {
            return gone;
        }

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public void event(LiveEvent.Kind kind, byte[] json, @Nullable Cursor resumeAt) {
            unflushed.add(new String(json, UTF_8));
            if (resumeAt != null) {
                places.add(resumeAt);
            }
        }

        @Override
        public void missed(Cursor resumeAt) {
            unflushed.add("missed");
            places.add(resumeAt);
        }

        @Override
        public void alive(Cursor resumeAt) {
            places.add(resumeAt);
        }

        @Override
        public void flush() {
            events.addAll(unflushed);
            unflushed.clear();
        }

        @Override
        public long waitingBytes() {
            return waitingBytes;
        }

        @Override
        public void cut() {
            cut = true;
        }

        @Override
        public void end() {
            ended = true;
        }

        Cursor lastPlace() {
            return places.get(places.size() - 1);
        }

        void awaitEvents(String... expected) {
            awaitEvents(List.of(expected));
        }

        void awaitEvents(List<String> expected) {
            await().atMost(Duration.ofSeconds(90)).until(() -> events.size() >= expected.size());
            assertThat(events).containsExactlyElementsOf(expected);
        }
    }
}
