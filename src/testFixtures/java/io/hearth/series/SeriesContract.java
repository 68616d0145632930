package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.add;
import static io.hearth.series.SeriesFixture.append;
import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.hearth.Seed;
import io.hearth.bytes.CorruptItemException;
import io.hearth.layout.Partitions;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.aggregate.Every;
import io.hearth.series.aggregate.Fill;
import io.hearth.series.aggregate.Function;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.value.AggregateQuery;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.LatestPage;
import io.hearth.series.value.LatestPoint;
import io.hearth.series.value.LatestReadings;
import io.hearth.series.value.SealResult;
import io.hearth.series.value.Transmission;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.HookedTable;
import io.hearth.table.Item;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the time series promises, on any engine: a test of an engine only opens a table. */
abstract class SeriesContract {
    private static final Duration RETENTION = Duration.ofDays(30);
    private static final long T0 = EpochMicros.of(START);
    private static final long SECOND = 1_000_000;
    private static final long DAY = Duration.ofDays(1).toSeconds() * SECOND;

    private final SeriesFixture fixture = new SeriesFixture();
    private Table table;
    private SeriesStore store;

    abstract Table openTable(SeriesFixture clock) throws Exception;

    /** How much of {@code count} a slow engine does. */
    int volume(int count) {
        return count;
    }

    @BeforeEach
    void open() throws Exception {
        table = openTable(fixture);
        store = fixture.open(table, RETENTION);
    }

    @AfterEach
    void close() {
        table.close();
    }

    @Test
    void latestAfter_everyPage_hasTheNextDevices_beforeAndAfterTheWarmUp() {
        for (String device : List.of("d2", "d1", "d4", "d3")) {
            append(store, device, T0, Map.of("a", 1));
        }
        for (int round = 0; round < 2; round++) {
            LatestPage first = store.latestAfter(null, 3);
            assertThat(first.devices())
                    .extracting(latest -> latest.device().value())
                    .containsExactly("d1", "d2", "d3");
            assertThat(first.more()).isTrue();
            LatestPage second = store.latestAfter(new DeviceId("d3"), 3);
            assertThat(second.devices())
                    .extracting(latest -> latest.device().value())
                    .containsExactly("d4");
            assertThat(second.more()).isFalse();
            store.warmUp(nanos -> {});
        }

        append(store, "d0", T0, Map.of("a", 1));
        store.erase(new DeviceId("d2"));

        assertThat(store.latestAfter(null, 10).devices())
                .extracting(latest -> latest.device().value())
                .containsExactly("d0", "d1", "d3", "d4");
    }

    @Test
    void latest_unchanged_isTheSameObject_andExactAfterTheNextCommit() {
        append(store, "d1", T0 - SECOND, Map.of("a", 1, "b", 2));
        LatestReadings before = store.latest(new DeviceId("d1"));
        if (!table.isShared()) {
            assertThat(store.latest(new DeviceId("d1"))).isSameAs(before);
        }

        append(store, "d1", T0, Map.of("b", 3));

        assertThat(store.latest(new DeviceId("d1")).points())
                .isEqualTo(Map.of(
                        "a",
                        new LatestPoint(new Value.Num(1), T0 - SECOND),
                        "b",
                        new LatestPoint(new Value.Num(3), T0)));
    }

    @Test
    void latest_ofSealedReadings_isReadFromTheTableAfresh() {
        append(store, "d1", T0 - 3 * DAY, Map.of("old", "text", "a", 1));
        append(store, "d1", T0 - 2 * DAY, Map.of("a", 2, "b", true));
        append(store, "d1", T0 - 2 * DAY + SECOND, Map.of("a", 3));
        append(store, "d1", T0, Map.of("c", 4));
        store.seal(T0, nanos -> {});

        assertThat(fixture.open(table, RETENTION).latest(new DeviceId("d1")).points())
                .isEqualTo(Map.of(
                        "old", new LatestPoint(new Value.Text("text"), T0 - 3 * DAY),
                        "a", new LatestPoint(new Value.Num(3), T0 - 2 * DAY + SECOND),
                        "b", new LatestPoint(new Value.Bool(true), T0 - 2 * DAY),
                        "c", new LatestPoint(new Value.Num(4), T0)));
    }

    @Test
    void scan_whatWasAppended_answersItInOrder() {
        append(store, "d1", T0 - SECOND, Map.of("b", true, "a", 21.5));
        append(store, "d1", T0 - 3 * SECOND, Map.of("c", "on"));
        append(store, "d2", T0, Map.of("a", 1));

        assertThat(scanAll("d1", Direction.ASCENDING))
                .containsExactly(
                        Map.entry(T0 - 3 * SECOND, Map.of("c", "on")),
                        Map.entry(T0 - SECOND, Map.of("a", 21.5, "b", true)));
        assertThat(scanAll("d1", Direction.DESCENDING))
                .containsExactly(
                        Map.entry(T0 - SECOND, Map.of("a", 21.5, "b", true)),
                        Map.entry(T0 - 3 * SECOND, Map.of("c", "on")));
        assertThat(scanAll("d3", Direction.ASCENDING)).isEmpty();
    }

    @Test
    void scan_sameKeyTwice_answersTheLaterWriteMetricByMetric() {
        append(store, "d1", T0, Map.of("a", 1, "b", 1));
        append(store, "d1", T0, Map.of("a", 2, "c", 2));
        AppendBatch batch = new AppendBatch();
        add(batch, "d1", T0, Map.of("d", 3), null);
        add(batch, "d1", T0, Map.of("d", 4, "e", 4), null);
        store.append(batch).await().indefinitely();

        assertThat(scanAll("d1", Direction.ASCENDING))
                .containsExactly(Map.entry(T0, Map.of("a", 2.0, "b", 1.0, "c", 2.0, "d", 4.0, "e", 4.0)));
    }

    @Test
    void scan_overlappingRuns_mergesThem() {
        AppendBatch early = new AppendBatch();
        for (int i = 0; i < 10; i++) {
            add(early, "d1", T0 + i * SECOND, Map.of("a", i), null);
        }
        store.append(early).await().indefinitely();
        append(store, "d1", T0 + 5 * SECOND + 1, Map.of("a", 5.5));
        append(store, "d1", T0 + 7 * SECOND, Map.of("a", 77));

        assertThat(scan(store, "d1", new TimeRange(T0 + 5 * SECOND, T0 + 8 * SECOND), Set.of(), Direction.ASCENDING))
                .containsExactly(
                        Map.entry(T0 + 5 * SECOND, Map.of("a", 5.0)),
                        Map.entry(T0 + 5 * SECOND + 1, Map.of("a", 5.5)),
                        Map.entry(T0 + 6 * SECOND, Map.of("a", 6.0)),
                        Map.entry(T0 + 7 * SECOND, Map.of("a", 77.0)));
    }

    @Test
    void scan_someMetrics_leavesOutTheOthersAndReadingsWithoutAny() {
        append(store, "d1", T0, Map.of("a", 1, "b", 1));
        append(store, "d1", T0 + 1, Map.of("b", 2));
        append(store, "d1", T0 + 2, Map.of("a", 3));

        assertThat(scan(store, "d1", TimeRange.ALL, Set.of("a"), Direction.ASCENDING))
                .containsExactly(Map.entry(T0, Map.of("a", 1.0)), Map.entry(T0 + 2, Map.of("a", 3.0)));
    }

    @Test
    void scan_expiredReadings_areInNoAnswerToTheMicrosecond() {
        AppendBatch batch = new AppendBatch();
        add(batch, "d1", T0, Map.of("a", 1), null);
        add(batch, "d1", T0 + 1, Map.of("a", 2), null);
        store.append(batch).await().indefinitely();

        fixture.setNow(EpochMicros.toInstant(T0).plus(RETENTION).minusNanos(1000));
        assertThat(scanAll("d1", Direction.ASCENDING)).hasSize(2);
        fixture.setNow(EpochMicros.toInstant(T0).plus(RETENTION));
        assertThat(scanAll("d1", Direction.ASCENDING)).containsExactly(Map.entry(T0 + 1, Map.of("a", 2.0)));
        fixture.setNow(EpochMicros.toInstant(T0 + 1).plus(RETENTION));
        assertThat(scanAll("d1", Direction.ASCENDING)).isEmpty();
    }

    @Test
    void latest_goesByDeviceTime_andStaysExactWithoutReload() {
        append(store, "d1", T0, Map.of("a", 1, "b", 1));
        append(store, "d1", T0 - 60 * SECOND, Map.of("a", 0, "rare", "x"));

        assertThat(latest("d1")).isEqualTo(Map.of("a", 1.0, "b", 1.0, "rare", "x"));

        append(store, "d1", T0 + SECOND, Map.of("a", 2));
        append(store, "d1", T0 - SECOND, Map.of("a", 9, "b", 9));
        append(store, "d1", T0, Map.of("b", 3));
        assertThat(latest("d1")).isEqualTo(Map.of("a", 2.0, "b", 3.0, "rare", "x"));
        assertThat(latest("nobody")).isEmpty();
    }

    @Test
    void latest_afterExpiry_dropsWhatIsGone() {
        append(store, "d1", T0, Map.of("a", 1));
        append(store, "d1", T0 + SECOND, Map.of("b", 1));
        assertThat(latest("d1")).hasSize(2);

        fixture.setNow(EpochMicros.toInstant(T0).plus(RETENTION));
        assertThat(latest("d1")).isEqualTo(Map.of("b", 1.0));
        fixture.setNow(EpochMicros.toInstant(T0 + SECOND).plus(RETENTION));
        assertThat(latest("d1")).isEmpty();
    }

    @Test
    void devices_asSeen_areListedWithTheirMetrics() {
        append(store, "d2", T0, Map.of("a", 1));
        append(store, "d1", T0, Map.of("b", 1));
        append(store, "d2", T0 + 1, Map.of("c", 1));

        DevicePage first = store.devices(1, null);
        DevicePage second = store.devices(10, first.next());
        assertThat(first.devices()).extracting(device -> device.id().value()).containsExactly("d1");
        assertThat(second.devices()).extracting(device -> device.id().value()).containsExactly("d2");
        assertThat(second.devices().get(0).metrics()).containsExactly("a", "c");
        assertThat(second.devices().get(0).firstSeenMicros()).isEqualTo(T0);
        assertThat(store.device(new DeviceId("d3"))).isEmpty();
    }

    @Test
    void isStored_knowsTheLastUseOfAPacketId() {
        Transmission first = new Transmission(77, 1, 100, true);
        Transmission second = new Transmission(77, 2, 100, true);
        AppendBatch batch = new AppendBatch();
        add(batch, "d1", T0, Map.of("a", 1), first);
        add(batch, "d1", T0 + 1, Map.of("a", 1), second);
        store.append(batch).await().indefinitely();
        long since = T0 - SECOND;

        assertThat(stored(first, since)).isTrue();
        assertThat(stored(second, since)).isTrue();
        assertThat(stored(new Transmission(77, 1, 101, true), since)).isFalse();
        assertThat(stored(new Transmission(77, 3, 100, true), since)).isFalse();
        assertThat(stored(new Transmission(78, 1, 100, true), since)).isFalse();
        assertThat(stored(first, T0 + 3600 * SECOND)).isFalse();

        AppendBatch again = new AppendBatch();
        add(again, "d1", T0 + 2, Map.of("a", 1), new Transmission(77, 1, 200, true));
        store.append(again).await().indefinitely();
        assertThat(stored(first, since)).isFalse();
    }

    @Test
    void isStored_lastUseHasAnEarlierDeviceTimeThanOneBefore_goesByArrival() {
        Transmission before = new Transmission(77, 1, 100, true);
        Transmission last = new Transmission(77, 1, 200, true);
        appendAs(before, T0 + 300 * SECOND); // with a time of its own, ahead of the clock
        fixture.setNow(START.plusSeconds(1));
        appendAs(last, T0 + SECOND);

        assertThat(stored(last, T0 - 3600 * SECOND)).isTrue();
        assertThat(stored(before, T0 - 3600 * SECOND)).isFalse();
    }

    @Test
    void isStored_afterTheClockWasSetBack_goesByArrival() {
        Transmission before = new Transmission(77, 1, 100, true);
        Transmission last = new Transmission(77, 1, 200, true);
        appendAs(before, T0);
        fixture.setNow(START.minus(Duration.ofHours(2)));
        long nowMicros = T0 - 7200 * SECOND;
        appendAs(last, nowMicros);

        assertThat(stored(last, nowMicros - 3600 * SECOND)).isTrue();
        assertThat(stored(before, nowMicros - 3600 * SECOND)).isFalse();
    }

    private void appendAs(Transmission transmission, long timeMicros) {
        AppendBatch batch = new AppendBatch();
        add(batch, "d1", timeMicros, Map.of("a", 1), transmission);
        store.append(batch).await().indefinitely();
    }

    @Test
    void append_moreThanAnItemHolds_isCutAndAnsweredWhole() {
        AppendBatch batch = new AppendBatch();
        String text = "x".repeat(1000);
        for (int i = 0; i < 1000; i++) {
            add(batch, "d1", T0, Map.of("t" + i, text), null);
        }
        store.append(batch).await().indefinitely();

        assertThat(scanAll("d1", Direction.ASCENDING)).hasSize(1);
        assertThat(scanAll("d1", Direction.ASCENDING).get(0).getValue()).hasSize(1000);
    }

    @Test
    void seal_windowThatHasEnded_becomesOneChunkThatAnswersTheSame() {
        int readings = volume(600);
        for (int i = 0; i < readings; i++) {
            append(store, "d1", T0 - DAY + i * 10L * SECOND, Map.of("a", i / 10.0, "on", i % 7 == 0));
        }
        append(store, "d1", T0, Map.of("a", 1));
        var before = scanAll("d1", Direction.ASCENDING);

        SealResult result = store.seal(T0, nanos -> {});

        assertThat(result.readings()).isEqualTo(readings);
        assertThat(result.chunks()).isEqualTo(1);
        assertThat(result.bytesAfter()).isLessThan(result.bytesBefore() / (readings >= 600 ? 10 : 3));
        assertThat(kindsOfItems("d1")).isEqualTo(Map.of(0x01, 1L, 0x10, 1L, 0x20, 1L));
        assertThat(scanAll("d1", Direction.ASCENDING)).isEqualTo(before);
        assertThat(store.seal(T0, nanos -> {})).isEqualTo(SealResult.NOTHING);
    }

    @Test
    void seal_lateAndRepeatedReadings_reopenTheWindowAndLandOnce() {
        append(store, "d1", T0 - DAY, Map.of("a", 1, "b", 1));
        append(store, "d1", T0 - DAY + 2, Map.of("a", 3));
        store.seal(T0, nanos -> {});
        append(store, "d1", T0 - DAY, Map.of("a", 10));
        append(store, "d1", T0 - DAY + 1, Map.of("a", 2));
        append(store, "d1", T0 - DAY + 2, Map.of("a", 3));
        var expected = List.of(
                Map.entry(T0 - DAY, Map.of("a", 10.0, "b", 1.0)),
                Map.entry(T0 - DAY + 1, Map.of("a", 2.0)),
                Map.entry(T0 - DAY + 2, Map.of("a", 3.0)));

        assertThat(scanAll("d1", Direction.ASCENDING)).isEqualTo(expected);
        assertThat(store.seal(T0, nanos -> {}).readings()).isEqualTo(3);
        assertThat(scanAll("d1", Direction.ASCENDING)).isEqualTo(expected);
        assertThat(kindsOfItems("d1")).isEqualTo(Map.of(0x01, 1L, 0x20, 1L));
    }

    @Test
    void seal_windowWithManyReadings_isCutIntoChunks() {
        for (int hour = 0; hour < 4; hour++) {
            AppendBatch batch = new AppendBatch();
            for (int i = 0; i < 9000; i++) {
                add(batch, "d1", T0 - DAY + (hour * 9000L + i) * SECOND / 10, Map.of("a", i), null);
            }
            store.append(batch).await().indefinitely();
        }
        var before = scanAll("d1", Direction.DESCENDING);

        assertThat(store.seal(T0, nanos -> {}).chunks()).isGreaterThan(1);
        assertThat(scanAll("d1", Direction.DESCENDING)).isEqualTo(before).hasSize(36_000);
    }

    @Test
    void scanDescending_whileItsWindowIsSealedAgainBetweenPages_missesNothing() {
        for (int part = 0; part < 4; part++) {
            AppendBatch batch = new AppendBatch();
            for (int i = 0; i < 9000; i++) {
                add(batch, "d1", T0 - DAY + (part * 9000L + i) * SECOND / 10, Map.of("a", i), null);
            }
            store.append(batch).await().indefinitely();
        }
        assertThat(store.seal(T0, nanos -> {}).chunks()).isGreaterThan(2);
        HookedTable hooked = new HookedTable(table, table.isShared());
        SeriesStore reader = fixture.open(hooked, RETENTION);
        AtomicInteger resealed = new AtomicInteger();
        hooked.hook(operation -> {
            if (operation instanceof HookedTable.Queries queries
                    && queries.isOfKind(0x20)
                    && queries.query().cursor() != null
                    && resealed.getAndIncrement() == 0) {
                append(store, "d1", T0 - DAY + 1, Map.of("a", -1));
                store.seal(T0, nanos -> {});
            }
        });

        var readings = scan(reader, "d1", TimeRange.ALL, Set.of(), Direction.DESCENDING);

        assertThat(resealed).hasPositiveValue();
        assertThat(readings.stream().map(Map.Entry::getKey).filter(time -> time != T0 - DAY + 1))
                .hasSize(36_000)
                .isSortedAccordingTo(Comparator.reverseOrder());
    }

    @Test
    void scanDescending_whileARunIsCutByAnErasureBetweenPages_missesNothingOfTheRest() {
        // A slot with more runs than the first page has: the oldest of them is on the second page.
        AppendBatch batch = new AppendBatch();
        add(batch, "d1", T0, Map.of("a", 0), null);
        add(batch, "d1", T0 + 200, Map.of("a", 200), null);
        store.append(batch).await().indefinitely();
        for (int i = 1; i <= 150; i++) {
            append(store, "d1", T0 + i, Map.of("a", i));
        }
        HookedTable hooked = new HookedTable(table, table.isShared());
        SeriesStore reader = fixture.open(hooked, RETENTION);
        AtomicInteger erased = new AtomicInteger();
        hooked.hook(operation -> {
            if (operation instanceof HookedTable.Queries queries
                    && queries.isOfKind(0x10)
                    && queries.query().cursor() != null
                    && erased.getAndIncrement() == 0) {
                store.erase(new DeviceId("d1"), new TimeRange(T0, T0 + 1));
            }
        });

        var readings = scan(reader, "d1", TimeRange.ALL, Set.of(), Direction.DESCENDING);

        assertThat(erased).hasPositiveValue();
        assertThat(readings).extracting(Map.Entry::getKey).contains(T0 + 200).doesNotContain(T0);
    }

    @Test
    void expiry_reachesInsideAChunk() {
        append(store, "d1", T0 - DAY, Map.of("a", 1));
        append(store, "d1", T0 - DAY + SECOND, Map.of("a", 2));
        store.seal(T0, nanos -> {});

        fixture.setNow(EpochMicros.toInstant(T0 - DAY).plus(RETENTION));
        assertThat(scanAll("d1", Direction.ASCENDING)).containsExactly(Map.entry(T0 - DAY + SECOND, Map.of("a", 2.0)));
        fixture.setNow(EpochMicros.toInstant(T0 - DAY + SECOND).plus(RETENTION));
        assertThat(scanAll("d1", Direction.ASCENDING)).isEmpty();
    }

    /** Whoever sets the clock right finds what was there; only the table removes what has expired, by a time that it trusts. */
    @Test
    void seal_andEraseWhileTheClockIsAhead_keepWhatHasNotExpiredByTheRightClock() {
        Instant right = EpochMicros.toInstant(T0);
        append(store, "d1", T0 - DAY, Map.of("a", 1));
        append(store, "d1", T0 - DAY + SECOND, Map.of("a", 2));
        append(store, "d1", T0 - DAY + 2 * SECOND, Map.of("a", 3));
        fixture.setNow(EpochMicros.toInstant(T0 - DAY).plus(RETENTION));
        store.seal(T0, nanos -> {});
        store.erase(new DeviceId("d1"), new TimeRange(T0 - DAY + 2 * SECOND, T0));

        fixture.setNow(right);

        assertThat(scanAll("d1", Direction.ASCENDING))
                .containsExactly(Map.entry(T0 - DAY, Map.of("a", 1.0)), Map.entry(T0 - DAY + SECOND, Map.of("a", 2.0)));
    }

    @Test
    void isStored_afterSealing_stillKnowsTimelessTransmissions() {
        AppendBatch batch = new AppendBatch();
        add(batch, "d1", T0 - DAY, Map.of("a", 1), new Transmission(77, 1, 100, true));
        store.append(batch).await().indefinitely();
        store.seal(T0, nanos -> {});

        assertThat(stored(new Transmission(77, 1, 100, true), T0 - DAY - SECOND))
                .isTrue();
        assertThat(stored(new Transmission(77, 1, 101, true), T0 - DAY - SECOND))
                .isFalse();
    }

    @Test
    void isStored_afterSealing_knowsAsManyAsMayBeInFlight_untilTheyCannotComeAgain() {
        int inFlight = Transmission.MOST_IN_FLIGHT;
        long day = T0 / DAY * DAY - DAY;
        for (long client : List.of(77L, 78L)) {
            AppendBatch batch = new AppendBatch();
            for (int i = 0; i < 2 * inFlight; i++) {
                // Packet ids are used again: only the last use counts.
                int packetId = 1 + i % inFlight;
                add(
                        batch,
                        "d1",
                        day + 10 * client * SECOND + i,
                        Map.of("a", i),
                        new Transmission(client, packetId, i, true));
            }
            store.append(batch).await().indefinitely();
            store.seal(T0, nanos -> {});
        }
        for (int round = 0; round < 2; round++) {
            for (long client : List.of(77L, 78L)) {
                for (int i = 0; i < inFlight; i++) {
                    assertThat(stored(new Transmission(client, 1 + i, inFlight + i, true), day))
                            .as("client %d, %d", client, i)
                            .isTrue();
                }
                assertThat(stored(new Transmission(client, 1, 0, true), day)).isFalse();
            }
            // Sealed again with what came late, and what is erased of it.
            append(store, "d1", day + SECOND, Map.of("a", 1));
            store.erase(new DeviceId("d1"), new TimeRange(day + SECOND, day + SECOND + 1));
            append(store, "d1", day + 2 * SECOND, Map.of("a", 1));
            store.seal(T0, nanos -> {});
        }
        assertThat(kindsOfItems("d1")).containsEntry(0x21, 1L);

        fixture.setNow(EpochMicros.toInstant(day + 3 * DAY));

        assertThat(kindsOfItems("d1")).doesNotContainKey(0x21);
        assertThat(stored(new Transmission(77, 1, inFlight, true), day)).isFalse();
    }

    @Test
    void isStored_afterSealingByAnEarlierBuild_stillKnowsWhatItsChunkRemembers() {
        append(store, "d1", T0 - DAY, Map.of("a", 1));
        store.seal(T0, nanos -> {});
        Item chunk = items("d1").stream()
                .filter(item -> item.key().sortKey().array()[0] == 0x20)
                .findFirst()
                .orElseThrow();
        Chunk opened = Chunk.open(chunk.body().array());
        byte[] extras = HexFormat.of().parseHex("01" + "000000000000004d" + "0001" + "00000064");
        byte[] body = ChunkWriter.encode(opened.decode(metric -> true, new ChunkScratch()), opened.spans(), extras)
                .get(0);
        table.write(List.of(new Write.Put(new Item(chunk.key(), Bytes.wrap(body), 0, 0, null))))
                .await()
                .indefinitely();
        Transmission transmission = new Transmission(77, 1, 100, true);

        assertThat(stored(transmission, T0 - DAY)).isTrue();
        append(store, "d1", T0 - DAY + 1, Map.of("a", 1));
        store.seal(T0, nanos -> {});
        assertThat(stored(transmission, T0 - DAY)).isTrue();
        store.erase(new DeviceId("d1"));
        assertThat(stored(transmission, T0 - DAY)).isFalse();
        assertThat(kindsOfItems("d1")).isEmpty();
    }

    /** One thread writes, one seals, one reads: what was acknowledged before a scan began is in it, once. */
    @Test
    void seal_whileReadingsArriveAndAreRead_losesAndDoublesNone() throws Exception {
        int readings = volume(3000);
        AtomicInteger written = new AtomicInteger();
        AtomicInteger scans = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread writer = running(failure, () -> {
            for (int i = 0; i < readings; i++) {
                append(store, "d1", T0 - DAY + mixed(i, readings) * SECOND, Map.of("a", i));
                written.incrementAndGet();
            }
        });
        Thread reader = running(failure, () -> {
            do { // at least once, however late a busy machine lets it begin
                assertHasThose(written.get(), readings);
                scans.incrementAndGet();
            } while (writer.isAlive());
        });
        while (writer.isAlive() || reader.isAlive()) {
            store.seal(T0, nanos -> {});
        }
        assertThat(failure.get()).isNull();
        assertThat(scans.get()).isPositive();

        assertThat(scanAll("d1", Direction.ASCENDING)).hasSize(readings);
        store.seal(T0, nanos -> {});
        assertThat(scanAll("d1", Direction.ASCENDING)).hasSize(readings);
    }

    private static Thread running(AtomicReference<Throwable> failure, Runnable task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (RuntimeException | AssertionError e) {
                failure.compareAndSet(null, e);
            }
        });
        thread.start();
        return thread;
    }

    /** The {@code i}-th of so many readings in the order of time, no two the same. */
    private static long mixed(int i, int of) {
        return i * 7919L % of;
    }

    private void assertHasThose(int written, int of) {
        Set<Long> found = new HashSet<>();
        long last = Long.MIN_VALUE;
        for (var reading : scanAll("d1", Direction.ASCENDING)) {
            assertThat(reading.getKey()).isGreaterThan(last);
            last = reading.getKey();
            found.add(last);
        }
        for (int i = 0; i < written; i++) {
            assertThat(found.contains(T0 - DAY + mixed(i, of) * SECOND))
                    .as("reading %d of %d that were written", i, written)
                    .isTrue();
        }
    }

    @Test
    void erase_aRange_reachesInsideRunsAndChunks() {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        for (int round = 0; round < volume(20); round++) {
            AppendBatch batch = new AppendBatch();
            for (int i = 0; i < 50; i++) {
                add(batch, "d1", T0 - random.nextInt(3 * 86400) * SECOND, randomValues(random), null);
            }
            store.append(batch).await().indefinitely();
            if (round == 10) {
                store.seal(T0 - DAY, nanos -> {});
            }
        }
        append(store, "d2", T0 - DAY, Map.of("a", 1));
        latest("d1");
        for (int i = 0; i < 5; i++) {
            TimeRange range = new TimeRange(T0 - (1 + random.nextInt(3)) * DAY, T0 - random.nextInt(86400) * SECOND);
            var expected = scanAll("d1", Direction.ASCENDING);
            expected.removeIf(reading -> range.contains(reading.getKey()));

            store.erase(new DeviceId("d1"), range);

            assertThat(scanAll("d1", Direction.ASCENDING)).as("seed %d", seed).isEqualTo(expected);
        }
        store.erase(new DeviceId("d1"));
        assertThat(scanAll("d1", Direction.ASCENDING)).isEmpty();
        assertThat(latest("d1")).isEmpty();
        assertThat(store.device(new DeviceId("d1"))).isEmpty();
        assertThat(kindsOfItems("d1")).isEmpty();
        assertThat(scanAll("d2", Direction.ASCENDING)).hasSize(1);

        append(store, "d1", T0, Map.of("a", 1));
        assertThat(store.device(new DeviceId("d1"))).isPresent();
        assertThat(latest("d1")).isEqualTo(Map.of("a", 1.0));
    }

    /** The expected numbers come from what was appended, not from what the store reads back. */
    @Test
    void aggregate_sealedOrNot_agreesWithPlainRecomputation() {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        TreeMap<Long, Object> appended = new TreeMap<>();
        for (int round = 0; round < volume(30); round++) {
            AppendBatch batch = new AppendBatch();
            for (int i = 0; i < 100; i++) {
                long time = T0 - random.nextInt(4 * 86400) * SECOND;
                Map<String, Object> values = randomValues(random);
                add(batch, "d1", time, values, null);
                if (values.containsKey("a")) {
                    appended.put(time, values.get("a"));
                }
            }
            store.append(batch).await().indefinitely();
            if (round % 4 == 1) {
                store.seal(T0 - random.nextInt(3) * DAY, nanos -> {});
            }
        }
        List<Function> functions =
                List.of(Function.COUNT, Function.MIN, Function.MAX, Function.SUM, Function.FIRST, Function.LAST);
        for (String every : List.of("1d", "7h", "5m", "1w")) {
            TimeRange range = new TimeRange(T0 - 3 * DAY - 1234, T0 - 567);
            BucketGrid grid = BucketGrid.of(range, Every.parse(every), ZoneId.of("Europe/Berlin"));
            Aggregation aggregation = new Aggregation(grid, functions, List.of("a"));
            store.aggregate(new DeviceId("d1"), aggregation, Set.of("a"), Consistency.STRONG);
            BucketSeries buckets = aggregation.result(Fill.NULL);

            assertThat(buckets.rows()).isEqualTo(grid.size());
            int occupied = 0;
            for (int row = 0; row < buckets.rows(); row++) {
                // The grid's own tests say where buckets begin; the first one may begin before the range.
                long start = Math.max(grid.startMicros(row), range.startMicros());
                long end = row + 1 < grid.size() ? grid.startMicros(row + 1) : range.endMicros();
                List<Object> values = List.copyOf(appended.subMap(start, end).values());
                occupied += values.isEmpty() ? 0 : 1;
                assertBucket(buckets, row, values, "seed " + seed + ", " + every + ", row " + row);
            }
            assertThat(occupied).isPositive();
        }
    }

    private static void assertBucket(BucketSeries buckets, int row, List<Object> values, String context) {
        List<Double> numbers = new ArrayList<>();
        for (Object value : values) {
            if (!(value instanceof String)) {
                numbers.add(numberOf(value));
            }
        }
        assertThat(buckets.valueAt(row, 0, Function.COUNT)).as(context).isEqualTo(values.size());
        assertThat(buckets.isPresent(row, 0, Function.MIN)).as(context).isEqualTo(!numbers.isEmpty());
        assertThat(buckets.isPresent(row, 0, Function.LAST)).as(context).isEqualTo(!values.isEmpty());
        if (!numbers.isEmpty()) {
            double sum = numbers.stream().mapToDouble(number -> number).sum();
            assertThat(buckets.valueAt(row, 0, Function.MIN)).as(context).isEqualTo(Collections.min(numbers));
            assertThat(buckets.valueAt(row, 0, Function.MAX)).as(context).isEqualTo(Collections.max(numbers));
            assertThat(buckets.valueAt(row, 0, Function.SUM))
                    .as(context)
                    .isCloseTo(sum, within(1e-9 * values.size() * 1000));
        }
        if (!values.isEmpty()) {
            assertThat(valueAt(buckets, row, Function.FIRST)).as(context).isEqualTo(plain(values.get(0)));
            assertThat(valueAt(buckets, row, Function.LAST))
                    .as(context)
                    .isEqualTo(plain(values.get(values.size() - 1)));
        }
    }

    private static Object valueAt(BucketSeries buckets, int row, Function function) {
        return buckets.kindAt(row, 0, function) == Column.TEXT
                ? buckets.textAt(row, 0, function)
                : buckets.valueAt(row, 0, function);
    }

    private static Object plain(Object value) {
        return value instanceof String ? value : numberOf(value);
    }

    private static double numberOf(Object value) {
        return value instanceof Boolean bool ? (bool ? 1 : 0) : ((Number) value).doubleValue();
    }

    @Test
    void rollups_afterTheReadingsHaveExpired_stillAnswer_andTakeInLateReadings() {
        store = fixture.open(table, RETENTION, RollupRules.parse("1h for 1y, 1d for 2y", ZoneId.of("UTC")));
        long day = T0 / DAY * DAY - DAY;
        for (int hour = 0; hour < 24; hour++) {
            append(store, "d1", day + hour * 3600L * SECOND, Map.of("a", hour, "on", hour % 2 == 0, "t", "x" + hour));
        }
        store.seal(T0, nanos -> {});

        fixture.setNow(EpochMicros.toInstant(day).plus(RETENTION).plus(Duration.ofHours(12)));
        append(store, "d1", day + 1, Map.of("a", 100));
        assertThat(daily(day, "1d").valueAt(0, 0, Function.COUNT)).isEqualTo(25);
        assertThat(scanAll("d1", Direction.ASCENDING)).hasSize(11);
        assertThat(daily(day, "1d").valueAt(0, 0, Function.MAX)).isEqualTo(100);
        store.seal(T0, nanos -> {});
        append(store, "d1", day + 13 * 3600 * SECOND, Map.of("a", -5));

        for (int round = 0; round < 2; round++) {
            BucketSeries whole = daily(day, "1d");
            assertThat(whole.valueAt(0, 0, Function.COUNT)).isEqualTo(25);
            assertThat(whole.valueAt(0, 0, Function.MIN)).isEqualTo(-5);
            assertThat(whole.valueAt(0, 0, Function.FIRST)).isZero();
            assertThat(whole.valueAt(0, 0, Function.SUM)).isEqualTo(276 + 100 - 13 - 5);
            assertThat(whole.textAt(0, 2, Function.LAST)).isEqualTo("x23");
            store.seal(T0, nanos -> {});
        }
        fixture.setNow(EpochMicros.toInstant(day).plus(Duration.ofDays(400)));
        assertThat(scanAll("d1", Direction.ASCENDING)).isEmpty();
        assertThat(daily(day, "1h").rows()).isZero();
        assertThat(daily(day, "1d").valueAt(0, 0, Function.COUNT)).isEqualTo(25);
        assertThat(daily(day, "7d").valueAt(0, 0, Function.COUNT)).isEqualTo(25);
        fixture.setNow(EpochMicros.toInstant(day).plus(Duration.ofDays(800)));
        assertThat(daily(day, "1d").rows()).isZero();
    }

    @Test
    void rollups_whenRulesChange_areMadeOfWhatIsThere_andOldOnesStay() {
        long day = T0 / DAY * DAY - DAY;
        append(store, "d1", day, Map.of("a", 1));
        append(store, "d1", day + 3600 * SECOND, Map.of("b", 1));
        store.seal(T0, nanos -> {});
        assertThat(kindsOfItems("d1")).doesNotContainKey(0x30);

        RollupRules first = RollupRules.parse("*/b = none; 1d for 3y", ZoneId.of("UTC"));
        store = fixture.open(table, RETENTION, first);
        store.seal(T0, nanos -> {});
        assertThat(kindsOfItems("d1")).containsEntry(0x30, 1L);
        store = fixture.open(table, RETENTION, RollupRules.parse("1h for 3y", ZoneId.of("UTC")));
        store.seal(T0, nanos -> {});
        assertThat(kindsOfItems("d1")).containsEntry(0x30, 1L);
        store = fixture.open(table, RETENTION, first);
        store.seal(T0, nanos -> {});

        fixture.setNow(EpochMicros.toInstant(day).plus(Duration.ofDays(100)));
        store = fixture.open(table, RETENTION, RollupRules.NONE);
        store.seal(T0, nanos -> {});
        BucketSeries answer = daily(day, "1d");
        assertThat(answer.metrics()).containsExactly("a");
        assertThat(answer.valueAt(0, 0, Function.COUNT)).isEqualTo(1);
    }

    @Test
    void rollups_ofErasedReadings_areGone_beforeAndAfterTheReadingsHaveExpired() {
        store = fixture.open(table, RETENTION, RollupRules.parse("1h for 1y, 1d for 2y", ZoneId.of("UTC")));
        DeviceId device = new DeviceId("d1");
        long day = T0 / DAY * DAY - DAY;
        for (int hour = 0; hour < 24; hour++) {
            append(store, "d1", day + hour * 3600L * SECOND, Map.of("a", 1));
            append(store, "d1", day + (hour * 3600L + 1) * SECOND, Map.of("a", 1));
        }
        store.seal(T0, nanos -> {});
        store.erase(device, new TimeRange(day, day + 1));
        assertThat(daily(day, "1d").valueAt(0, 0, Function.COUNT)).isEqualTo(47);

        fixture.setNow(EpochMicros.toInstant(day).plus(RETENTION).plus(Duration.ofDays(5)));
        assertThat(daily(day, "1d").valueAt(0, 0, Function.COUNT)).isEqualTo(47);
        store.erase(device, new TimeRange(day, day + 1));
        assertThat(daily(day, "1d").valueAt(0, 0, Function.COUNT))
                .as("the first hour goes, as nobody knows what is left of it")
                .isEqualTo(46);
        store.erase(device);
        assertThat(kindsOfItems("d1")).isEmpty();
        assertThat(daily(day, "1d").rows()).isZero();
    }

    @Test
    void rollups_ofReadingsWrittenAfterAnErasure_outliveRestarts_whoeverMadeTheErasure() {
        RollupRules rules = RollupRules.parse("1d for 2y", ZoneId.of("UTC"));
        store = fixture.open(table, RETENTION, rules);
        DeviceId device = new DeviceId("d1");
        long day = T0 / DAY * DAY - 5 * DAY;
        append(store, "d1", day + SECOND, Map.of("a", 1));
        store.seal(T0, nanos -> {});
        store.erase(device, new TimeRange(day, day + DAY));
        append(store, "d1", day + 2 * SECOND, Map.of("a", 2));
        append(store, "d1", day + 3 * SECOND, Map.of("a", 3));
        // Where several processes use the table, the device is not sealed for an hour.
        fixture.setNow(START.plus(Duration.ofHours(2)));
        store.finishErasures();
        store.seal(T0, nanos -> {});

        // The readings are gone, and the erasure is still remembered.
        fixture.setNow(START.plus(RETENTION));
        assertThat(scanAll("d1", Direction.ASCENDING)).isEmpty();
        assertThat(daily(day, "1d").valueAt(0, 0, Function.SUM)).isEqualTo(5);
        store = fixture.open(table, RETENTION, rules);
        store.finishErasures();
        assertThat(daily(day, "1d").valueAt(0, 0, Function.SUM)).isEqualTo(5);

        // As an earlier build leaves it, which keeps no log of erasures.
        Query log = new Query(Partitions.ERASURE_LOG, SortRange.ALL, Direction.ASCENDING, 10, null, Consistency.STRONG);
        List<Item> entries = table.query(log).await().indefinitely().items();
        assertThat(entries).hasSize(1);
        table.write(List.of(new Write.Delete(entries.get(0).key()))).await().indefinitely();
        store = fixture.open(table, RETENTION, rules);
        store.finishErasures();
        assertThat(daily(day, "1d").valueAt(0, 0, Function.SUM)).isEqualTo(5);
        assertThat(table.query(log).await().indefinitely().items()).hasSize(1);
    }

    @Test
    void append_betweenTheLookForReadingsAndTheRemovalOfTheRecord_leavesTheDeviceListed() {
        HookedTable watched = new HookedTable(table, false);
        store = fixture.open(watched, RETENTION);
        DeviceId device = new DeviceId("d1");
        append(store, "d1", T0, Map.of("a", 1));
        boolean[] isDone = {false};
        watched.hook(operation -> {
            boolean isRemoval = operation instanceof HookedTable.Deletes
                    || (operation instanceof HookedTable.Writes writes
                            && writes.writes().stream().anyMatch(write -> write instanceof Write.Delete));
            if (isRemoval && !isDone[0]) {
                isDone[0] = true;
                append(store, "d1", T0 + 1, Map.of("a", 2));
            }
        });

        store.erase(device);

        assertThat(isDone[0]).isTrue();
        assertThat(scanAll("d1", Direction.ASCENDING))
                .extracting(Map.Entry::getKey)
                .containsExactly(T0 + 1);
        assertThat(store.device(device).orElseThrow().metrics()).containsExactly("a");
        assertThat(store.devices(10, null).devices())
                .extracting(DeviceSummary::id)
                .containsExactly(device);
        assertThat(latest("d1")).containsOnlyKeys("a");
    }

    @Test
    void corruptChunk_isNamed_andTheRestAnswers() {
        long day = T0 / DAY * DAY - 3 * DAY;
        for (int i = 0; i < 3; i++) {
            append(store, "d1", day + i * DAY, Map.of("a", i));
        }
        append(store, "d2", day + DAY, Map.of("a", 9));
        store.seal(T0, nanos -> {});
        Item chunk = items("d1").stream()
                .filter(item -> item.key().sortKey().array()[0] == 0x20)
                .toList()
                .get(1);
        byte[] damaged = chunk.body().array().clone();
        damaged[damaged.length / 2] ^= 1;
        table.write(List.of(new Write.Put(new Item(chunk.key(), Bytes.wrap(damaged), 0, 0, null))))
                .await()
                .indefinitely();

        assertThatThrownBy(() -> scanAll("d1", Direction.ASCENDING))
                .isInstanceOf(CorruptItemException.class)
                .hasMessageContaining("device d1")
                .hasMessageContaining(
                        EpochMicros.toInstant(day + DAY).toString().substring(0, 10));
        assertThat(scan(store, "d1", new TimeRange(day, day + DAY), Set.of(), Direction.ASCENDING))
                .containsExactly(Map.entry(day, Map.of("a", 0.0)));
        assertThat(scan(store, "d1", new TimeRange(day + 2 * DAY, T0), Set.of(), Direction.ASCENDING))
                .containsExactly(Map.entry(day + 2 * DAY, Map.of("a", 2.0)));
        assertThat(scanAll("d2", Direction.ASCENDING)).hasSize(1);
        append(store, "d1", day + DAY + 1, Map.of("a", 4));
        append(store, "d1", day + 1, Map.of("a", 5));
        assertThat(store.seal(T0, nanos -> {}).readings())
                .as("its window waits, the other one is sealed")
                .isEqualTo(2);
        assertThat(scan(store, "d1", new TimeRange(day, day + DAY), Set.of(), Direction.ASCENDING))
                .hasSize(2);
    }

    private BucketSeries daily(long day, String every) {
        TimeRange range = new TimeRange(day - 10 * DAY, day + 10 * DAY);
        BucketGrid grid = BucketGrid.of(range, Every.parse(every), ZoneId.of("UTC"));
        List<Function> functions =
                List.of(Function.COUNT, Function.MIN, Function.MAX, Function.SUM, Function.FIRST, Function.LAST);
        return store.aggregate(
                new DeviceId("d1"),
                new AggregateQuery(grid, functions, Fill.NONE, Set.of(), Consistency.STRONG),
                AnswerBudget.UNBOUNDED);
    }

    @Test
    void scan_randomReadings_agreesWithAMap() {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        Map<String, TreeMap<Long, TreeMap<String, Object>>> expected = new TreeMap<>();
        for (int round = 0; round < volume(60); round++) {
            AppendBatch batch = new AppendBatch();
            int readings = 1 + random.nextInt(80);
            for (int i = 0; i < readings; i++) {
                String device = "d" + random.nextInt(3);
                long time = T0 + (random.nextInt(4000) - 2000) * SECOND * (random.nextInt(20) == 0 ? 100 : 1);
                Map<String, Object> values = randomValues(random);
                add(batch, device, time, values, null);
                expected.computeIfAbsent(device, d -> new TreeMap<>())
                        .computeIfAbsent(time, t -> new TreeMap<>())
                        .putAll(values);
            }
            store.append(batch).await().indefinitely();
            if (round % 7 == 3) {
                // Answers must not depend on what has been sealed, nor on windows that were opened again.
                store.seal(T0 + random.nextInt(3) * Duration.ofDays(1).toSeconds() * SECOND, nanos -> {});
            }
        }
        for (int i = 0; i < volume(100); i++) {
            String device = "d" + random.nextInt(3);
            long start = T0 + (random.nextInt(6000) - 3000) * SECOND;
            long end = i == 0 ? Long.MAX_VALUE : start + random.nextInt(3000) * SECOND;
            Set<String> metrics = i % 3 == 0 ? Set.of("a", "c") : Set.of();
            Direction direction = random.nextBoolean() ? Direction.ASCENDING : Direction.DESCENDING;
            var range = expected.getOrDefault(device, new TreeMap<>()).subMap(start, true, end, false);
            var wanted = new ArrayList<Map.Entry<Long, Map<String, Object>>>();
            (direction == Direction.ASCENDING ? range : range.descendingMap()).forEach((time, values) -> {
                Map<String, Object> kept = values.entrySet().stream()
                        .filter(entry -> metrics.isEmpty() || metrics.contains(entry.getKey()))
                        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
                if (!kept.isEmpty()) {
                    wanted.add(Map.entry(time, kept));
                }
            });
            assertThat(scan(store, device, new TimeRange(start, end), metrics, direction))
                    .as("seed %d, query %d", seed, i)
                    .isEqualTo(wanted);
        }
    }

    private static Map<String, Object> randomValues(Random random) {
        Map<String, Object> values = new TreeMap<>();
        for (String metric : List.of("a", "b", "c", "d")) {
            switch (random.nextInt(6)) {
                case 0 -> values.put(metric, random.nextInt(1000) / 10.0);
                case 1 -> values.put(metric, random.nextGaussian());
                case 2 -> values.put(metric, random.nextBoolean());
                case 3 -> values.put(metric, "é" + random.nextInt(5));
                default -> {}
            }
        }
        if (values.isEmpty()) {
            values.put("a", -0.0);
        }
        return values;
    }

    private List<Map.Entry<Long, Map<String, Object>>> scanAll(String device, Direction direction) {
        return scan(store, device, TimeRange.ALL, Set.of(), direction);
    }

    private Map<String, Object> latest(String device) {
        return store.latest(new DeviceId(device)).points().entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        point -> SeriesFixture.plain(point.getValue().value())));
    }

    /** How many items of each kind, by the first byte of their sort keys, the table holds of a device. */
    private Map<Integer, Long> kindsOfItems(String device) {
        return items(device).stream()
                .collect(Collectors.groupingBy(
                        item -> (int) item.key().sortKey().array()[0], TreeMap::new, Collectors.counting()));
    }

    private List<Item> items(String device) {
        Query all = new Query(device, SortRange.ALL, Direction.ASCENDING, 10_000, null, Consistency.STRONG);
        return table.query(all).await().indefinitely().items();
    }

    private boolean stored(Transmission transmission, long sinceMicros) {
        return store.isStored(new DeviceId("d1"), transmission, sinceMicros);
    }
}
