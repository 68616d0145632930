package io.hearth.sync.feed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.sync.SyncSource;
import io.hearth.sync.wire.SyncPage;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Peers and apps that wait for changes. */
@SuppressWarnings("NullAway")
class FeedReaderTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    /** Longer than any test takes. */
    private static final Duration LONG = Duration.ofMinutes(10);

    private final SeriesFixture clock = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(clock);
    private final SeriesStore series = clock.open(table, Duration.ZERO);
    private final FeedReader feed =
            new FeedReader(new SyncSource(table, new RegionId("local")), Duration.ofMillis(5), 2);

    @AfterEach
    void close() {
        feed.close();
    }

    private CompletableFuture<SyncPage> changes(String after, Duration patience) {
        return feed.changes(new FeedReader.Question(after, 100, SyncSource.Wanted.EVERYTHING, patience))
                .subscribeAsCompletionStage()
                .toCompletableFuture();
    }

    @Test
    void changes_whileThereAreNone_waitForTheFirstOne() throws Exception {
        CompletableFuture<SyncPage> waiting = changes("now", LONG);
        await().atMost(PATIENCE).until(() -> feed.waiting() == 1);
        assertThat(waiting).isNotDone();

        SeriesFixture.append(series, "d1", EpochMicros.of(SeriesFixture.START), Map.of("n", 1));

        assertThat(waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).records())
                .isNotEmpty();
        assertThat(feed.waiting()).isZero();
    }

    @Test
    void changes_whenTheWaitIsOver_answerWhereToGoOn() throws Exception {
        SyncPage page = changes("now", Duration.ofMillis(50)).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

        assertThat(page.records()).isEmpty();
        assertThat(page.more()).isFalse();
        assertThat(page.next()).isNotNull();
    }

    @Test
    void changes_ofMoreWhoWaitThanMay_areRefused() {
        CompletableFuture<SyncPage> first = changes("now", LONG);
        CompletableFuture<SyncPage> second = changes("now", LONG);

        assertThatThrownBy(() -> changes("now", LONG).get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                .hasCauseInstanceOf(FeedBusyException.class);
        assertThat(first).isNotDone();
        assertThat(second).isNotDone();
    }

    @Test
    void changes_whenTheServiceIsAboutToStop_areAnsweredAtOnce() throws Exception {
        CompletableFuture<SyncPage> waiting = changes("now", LONG);
        await().atMost(PATIENCE).until(() -> feed.waiting() == 1);

        feed.stopWaiting();

        assertThat(waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).records())
                .isEmpty();
        assertThat(changes("now", LONG)
                        .get(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        .records())
                .isEmpty();
    }
}
