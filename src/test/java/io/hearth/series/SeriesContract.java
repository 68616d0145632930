package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.add;
import static io.hearth.series.SeriesFixture.append;
import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.table.Direction;
import io.hearth.table.Table;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the time series promises, on any engine: a test of an engine only opens a table. */
abstract class SeriesContract {
    private static final Duration RETENTION = Duration.ofDays(30);
    private static final long T0 = EpochMicros.of(START);
    private static final long SECOND = 1_000_000;

    private final SeriesFixture fixture = new SeriesFixture();
    private Table table;
    private SeriesStore store;

    abstract Table openTable(SeriesFixture clock) throws Exception;

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
        Transmission first = new Transmission(77, 1, 100);
        Transmission second = new Transmission(77, 2, 100);
        AppendBatch batch = new AppendBatch();
        add(batch, "d1", T0, Map.of("a", 1), first);
        add(batch, "d1", T0 + 1, Map.of("a", 1), second);
        store.append(batch).await().indefinitely();
        long since = T0 - SECOND;

        assertThat(stored(first, since)).isTrue();
        assertThat(stored(second, since)).isTrue();
        assertThat(stored(new Transmission(77, 1, 101), since)).isFalse();
        assertThat(stored(new Transmission(77, 3, 100), since)).isFalse();
        assertThat(stored(new Transmission(78, 1, 100), since)).isFalse();
        assertThat(stored(first, T0 + 3600 * SECOND)).isFalse();

        AppendBatch again = new AppendBatch();
        add(again, "d1", T0 + 2, Map.of("a", 1), new Transmission(77, 1, 200));
        store.append(again).await().indefinitely();
        assertThat(stored(first, since)).isFalse();
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
    void scan_randomReadings_agreesWithAMap() {
        long seed = Long.getLong("seed", new Random().nextLong());
        Random random = new Random(seed);
        Map<String, TreeMap<Long, TreeMap<String, Object>>> expected = new TreeMap<>();
        for (int round = 0; round < 60; round++) {
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
        }
        for (int i = 0; i < 100; i++) {
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

    private boolean stored(Transmission transmission, long sinceMicros) {
        return store.isStored(new DeviceId("d1"), transmission, sinceMicros);
    }
}
