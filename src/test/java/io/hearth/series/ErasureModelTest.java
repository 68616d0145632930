package io.hearth.series;

import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.PointBuffer;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.aggregate.Every;
import io.hearth.series.aggregate.Fill;
import io.hearth.series.aggregate.Function;
import io.hearth.series.erase.ErasureLog;
import io.hearth.series.erase.ErasureLog.Entry;
import io.hearth.series.item.RunWriter;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.value.AggregateQuery;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.HookedTable;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.ThrottledException;
import io.hearth.table.memory.MemoryTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Three processes on one table append, seal, erase and take in writes and erasures of another region, late ones too, by clocks that
 * differ. They die at any write but that of an append, and others go on. Answers must be those of a list of writes and erasures.
 * {@code -DErasureModelTest.seed=…} repeats one.
 */
@SuppressWarnings("NullAway")
class ErasureModelTest {
    private static final int REPLICAS = 3;
    private static final int STEPS = 60;
    private static final int FRESH_SEEDS = Integer.getInteger("ErasureModelTest.seeds", 20);
    private static final Duration RETENTION = Duration.ofDays(7);
    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** Of the other region nothing comes later than so: as long sealing waits for it. */
    private static final int MOST_LATE_MILLIS = 12 * 3_600_000;

    private static final long SECOND = 1_000_000;
    private static final long DAY = 86_400 * SECOND;
    private static final List<DeviceId> DEVICES = List.of(new DeviceId("d1"), new DeviceId("d2"));
    private static final List<String> METRICS = List.of("a", "b");
    private static final RegionId PEER = new RegionId("peer");
    private static final RollupRules RULES = RollupRules.parse("1d for 2y", ZoneId.of("UTC"));

    @Test
    void answers_whateverHappens_areThoseOfTheModel() {
        Long only = Long.getLong(ErasureModelTest.class.getSimpleName() + ".seed");
        if (only != null) {
            play(only);
            return;
        }
        long first = new Random().nextLong();
        for (long seed = first; seed != first + FRESH_SEEDS; seed++) {
            play(seed);
        }
    }

    @Test
    void answers_ofFixedSeeds_areThoseOfTheModel() {
        for (long seed = 1; seed <= 5; seed++) {
            play(seed);
        }
        play(-1238682654496558189L); // erased before it was stamped anew behind an earlier erasure
    }

    private static void play(long seed) {
        try {
            Model model = new Model(new Random(seed));
            for (int i = 0; i < STEPS; i++) {
                model.step();
            }
            model.settle();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("-DErasureModelTest.seed=" + seed + " repeats it: " + e, e);
        }
    }

    /** A value as it was written; {@code effective} is behind the erasures that were known in the region by then. */
    private record Point(
            DeviceId device, long time, String metric, double value, WriteStamp stamp, WriteStamp effective) {}

    /** A process, and the table as it sees it. */
    private static final class Replica {
        final SeriesFixture clock = new SeriesFixture();
        final HookedTable table;
        SeriesStore store;
        int writesLeft = Integer.MAX_VALUE;
        long offsetMillis; // of its clock, from the true time

        Replica(MemoryTable memory) {
            table = new HookedTable(memory, true);
            table.hook(operation -> {
                boolean isRead = operation instanceof HookedTable.Gets || operation instanceof HookedTable.Queries;
                if (!isRead && writesLeft != Integer.MAX_VALUE && writesLeft-- <= 0) {
                    throw new OutcomeUnknownException("the process died", null);
                }
            });
        }

        void open() {
            writesLeft = Integer.MAX_VALUE;
            store = clock.open(table, new RegionId("local"), RETENTION, RULES);
        }
    }

    private static final class Model {
        private final Random random;
        private final SeriesFixture trueTime = new SeriesFixture();
        private final MemoryTable memory = new MemoryTable(trueTime);
        private final List<Replica> processes = new ArrayList<>();
        private final List<Point> points = new ArrayList<>();
        private final Map<WriteStamp, Erasure> erasures = new TreeMap<>();
        private final List<String> played = new ArrayList<>();
        private int values;
        private int peerStamps;

        Model(Random random) {
            this.random = random;
            for (int i = 0; i < REPLICAS; i++) {
                Replica process = new Replica(memory);
                open(process);
                processes.add(process);
            }
        }

        private void setClock(Replica process) {
            process.clock.setNow(trueTime.instant().plusMillis(process.offsetMillis));
        }

        private void open(Replica process) {
            process.offsetMillis = random.nextInt(16_000) - 8000L;
            setClock(process);
            process.open();
        }

        /** Waiting for others has moved the clocks on, each by itself. */
        private void pass(Duration duration) {
            Instant latest = trueTime.instant();
            for (Replica process : processes) {
                Instant its = process.clock.instant().minusMillis(process.offsetMillis);
                latest = latest.isAfter(its) ? latest : its;
            }
            trueTime.setNow(latest.plus(duration));
            processes.forEach(this::setClock);
        }

        void step() {
            // Mostly within what a process has of stamps, so that clocks that are behind matter.
            pass(Duration.ofMillis(random.nextInt(random.nextInt(4) == 0 ? 30_000 : 1000)));
            Replica process = processes.get(random.nextInt(REPLICAS));
            int kind = random.nextInt(100);
            if (kind < 45) {
                append(process);
            } else if (kind < 55) {
                perhapsDying(
                        process,
                        "seal",
                        store -> store.seal(EpochMicros.of(trueTime.instant()), settledMillis(), nanos -> {}));
            } else if (kind < 65) {
                erase(process);
            } else if (kind < 72) {
                takeInErasure(process);
            } else if (kind < 85) {
                takeInRun(process);
            } else if (kind < 90) {
                played.add("restart");
                open(process);
            } else if (kind < 95) {
                perhapsDying(process, "finish", SeriesStore::finishErasures);
            } else if (kind < 98) {
                played.add("wait");
                pass(Duration.ofMinutes(1 + random.nextInt(90)));
            } else {
                played.add("days");
                pass(Duration.ofHours(random.nextInt(60)));
            }
            check(process);
        }

        private long time() {
            long now = EpochMicros.of(trueTime.instant());
            return (now - random.nextInt(4) * DAY) / DAY * DAY + random.nextInt(20) * 600L * SECOND;
        }

        private DeviceId device() {
            return DEVICES.get(random.nextInt(DEVICES.size()));
        }

        private void append(Replica process) {
            DeviceId device = device();
            long time = time();
            String metric = METRICS.get(random.nextInt(METRICS.size()));
            double value = ++values;
            AppendBatch batch = new AppendBatch();
            SeriesFixture.add(batch, device.value(), time, Map.of(metric, value), null);
            onceStampsAreGranted(() -> process.store.append(batch).await().indefinitely());
            WriteStamp stamp = new WriteStamp(new HybridTime(batch.firstHybridTime()), new RegionId("local"));
            WriteStamp effective = stamp;
            for (Erasure erasure : erasures.values()) {
                if (erasure.device().equals(device)
                        && erasure.covers(effective)
                        && erasure.range().contains(time)) {
                    effective =
                            new WriteStamp(new HybridTime(erasure.stamp().time().packed() + 1), new RegionId("local"));
                }
            }
            played.add(
                    "append " + device + " " + time + " " + metric + "=" + value + " at " + stamp + " as " + effective);
            points.add(new Point(device, time, metric, value, stamp, effective));
        }

        private TimeRange range() {
            if (random.nextInt(3) == 0) {
                return TimeRange.ALL;
            }
            long start = time();
            return new TimeRange(start, start + (1 + random.nextInt(200)) * 600L * SECOND);
        }

        private void erase(Replica process) {
            DeviceId device = device();
            TimeRange range = range();
            boolean isWhole = random.nextInt(4) == 0;
            perhapsDying(process, "erase " + device + " " + (isWhole ? "whole" : range), store -> {
                if (isWhole) {
                    store.erase(device);
                } else {
                    store.erase(device, range);
                }
            });
        }

        private void takeInErasure(Replica process) {
            long agoMillis = random.nextInt(3) == 0 ? -random.nextInt(30_000) : random.nextInt(MOST_LATE_MILLIS);
            boolean isWhole = random.nextInt(4) == 0;
            Erasure erasure = new Erasure(device(), isWhole ? TimeRange.ALL : range(), isWhole, peerStamp(agoMillis));
            if (isAmbiguous(erasure.stamp())) {
                return;
            }
            perhapsDying(process, "take in " + erasure, store -> store.remote().apply(erasure, MINUTE));
        }

        private void takeInRun(Replica process) {
            DeviceId device = device();
            WriteStamp stamp = peerStamp(random.nextInt(MOST_LATE_MILLIS));
            long time = time();
            String metric = METRICS.get(random.nextInt(METRICS.size()));
            double value = ++values;
            if (isAmbiguous(stamp)) {
                return;
            }
            points.add(new Point(device, time, metric, value, stamp, stamp));
            List<RemoteRun> runs = List.of(run(device, stamp, time, metric, value));
            perhapsDying(
                    process,
                    "take in " + device + " " + time + " " + metric + "=" + value + " of " + stamp,
                    store -> store.remote().apply(runs, PEER, MINUTE));
            // As a pull does, that has not gone on.
            SeriesStore again = processes.get(random.nextInt(REPLICAS)).store;
            onceStampsAreGranted(() -> again.remote().apply(runs, PEER, MINUTE));
        }

        private long settledMillis() {
            return trueTime.instant().toEpochMilli() - MOST_LATE_MILLIS;
        }

        private WriteStamp peerStamp(long agoMillis) {
            long millis = trueTime.instant().toEpochMilli() - agoMillis;
            return new WriteStamp(HybridTime.of(millis, 1 + peerStamps++ % 60_000), PEER);
        }

        /** Whether a write lies between the stamp that it has and the one that it is going to get. */
        private boolean isAmbiguous(WriteStamp stamp) {
            return points.stream()
                    .anyMatch(point -> point.stamp.compareTo(stamp) < 0 && stamp.compareTo(point.effective) < 0);
        }

        private static RemoteRun run(DeviceId device, WriteStamp stamp, long time, String metric, double value) {
            PointBuffer buffer = new PointBuffer();
            buffer.beginReading();
            buffer.addNumber(metric, value);
            buffer.endReading(time);
            byte[] body = new RunWriter()
                    .write(buffer, new int[] {0}, 0, 1, new long[1], 0, RETENTION.toSeconds(), List.of());
            byte[] region = stamp.region().value().getBytes(StandardCharsets.US_ASCII);
            return new RemoteRun(SeriesKeys.run(device, time, stamp.time().packed(), region), Bytes.wrap(body));
        }

        private interface Action {
            void on(SeriesStore store);
        }

        /** A process that has used up its stamps gets more in the background, and refuses until then; all who write try again. */
        private static void onceStampsAreGranted(Runnable write) {
            await().atMost(MINUTE)
                    .pollInterval(Duration.ofMillis(1))
                    .pollInSameThread()
                    .until(() -> {
                        try {
                            write.run();
                            return true;
                        } catch (ThrottledException e) {
                            return false;
                        }
                    });
        }

        /** What has come of it is told by the log of erasures. */
        private void perhapsDying(Replica process, String what, Action action) {
            boolean dies = random.nextInt(4) == 0;
            process.writesLeft = dies ? random.nextInt(10) : Integer.MAX_VALUE;
            played.add(what + (dies ? " with death at " + process.writesLeft : ""));
            try {
                onceStampsAreGranted(() -> action.on(process.store));
            } catch (OutcomeUnknownException died) {
                played.add("died");
            }
            if (dies) {
                open(process);
            }
            for (Entry entry : log()) {
                if (erasures.put(entry.erasure().stamp(), entry.erasure()) == null) {
                    played.add("erased " + entry);
                    eraseWhatIsToBeStampedAnew(entry.erasure());
                }
            }
            if (dies) {
                processes.forEach(each -> each.store.finishErasures()); // has all of them learn
            }
        }

        /** What is asked for here erases what was written here before, whether that has got its later stamp yet or not. */
        private void eraseWhatIsToBeStampedAnew(Erasure erasure) {
            if (!erasure.stamp().region().equals(PEER)) {
                points.replaceAll(point -> erasure.device().equals(point.device)
                                && erasure.range().contains(point.time)
                                && erasure.covers(point.stamp)
                        ? new Point(point.device, point.time, point.metric, point.value, point.stamp, point.stamp)
                        : point);
            }
        }

        private List<Entry> log() {
            Query all = new Query(
                    Partitions.ERASURE_LOG, SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG);
            return memory.query(all).await().indefinitely().items().stream()
                    .map(ErasureLog::decode)
                    .toList();
        }

        private List<Map.Entry<Long, Map<String, Object>>> expected(DeviceId device, long nowMicros) {
            Map<Long, Map<String, Object>> readings = new TreeMap<>();
            Map<List<Object>, Point> winners = new HashMap<>();
            for (Point point : points) {
                boolean isErased = erasures.values().stream()
                        .anyMatch(erasure -> erasure.device().equals(device)
                                && erasure.covers(point.effective)
                                && erasure.range().contains(point.time));
                boolean isKept = point.time + RETENTION.toSeconds() * SECOND > nowMicros;
                if (point.device.equals(device) && isKept && !isErased) {
                    winners.merge(
                            List.of(point.time, point.metric),
                            point,
                            (one, other) -> one.effective.compareTo(other.effective) > 0 ? one : other);
                }
            }
            winners.values()
                    .forEach(point -> readings.computeIfAbsent(point.time, time -> new TreeMap<>())
                            .put(point.metric, point.value));
            return List.copyOf(readings.entrySet());
        }

        private void check(Replica process) {
            for (DeviceId device : DEVICES) {
                long now = EpochMicros.of(process.clock.instant());
                var expected = expected(device, now);
                assertThat(scan(process.store, device.value(), TimeRange.ALL, Set.of(), Direction.ASCENDING))
                        .as("%s after %s", device, played)
                        .isEqualTo(expected);
                checkLatest(process, device, expected);
                checkCounts(process, device, expected, now);
            }
        }

        private void checkLatest(
                Replica process, DeviceId device, List<Map.Entry<Long, Map<String, Object>>> expected) {
            if (process.store.device(device).isEmpty()) {
                return; // one that was written while it was erased is listed in the end
            }
            Map<String, Object> latest = new TreeMap<>();
            expected.forEach(reading -> latest.putAll(reading.getValue()));
            Map<String, Object> found = new TreeMap<>();
            process.store
                    .latest(device)
                    .points()
                    .forEach((metric, point) -> found.put(metric, SeriesFixture.plain(point.value())));
            assertThat(found).as("latest of %s after %s", device, played).isEqualTo(latest);
        }

        /** Of days all of whose readings are kept. */
        private void checkCounts(
                Replica process, DeviceId device, List<Map.Entry<Long, Map<String, Object>>> expected, long now) {
            if (process.store.device(device).isEmpty()) {
                return;
            }
            long first = now / DAY * DAY - 4 * DAY;
            BucketGrid grid = BucketGrid.of(new TimeRange(first, first + 5 * DAY), Every.parse("1d"), ZoneId.of("UTC"));
            BucketSeries answer = process.store.aggregate(
                    device,
                    new AggregateQuery(grid, List.of(Function.COUNT), Fill.NONE, Set.of(), Consistency.STRONG),
                    AnswerBudget.UNBOUNDED);
            long[] counts = new long[5];
            expected.stream()
                    .filter(reading -> reading.getKey() >= first && reading.getKey() < first + 5 * DAY)
                    .forEach(reading -> counts[(int) ((reading.getKey() - first) / DAY)] +=
                            reading.getValue().size());
            long found = 0;
            for (int row = 0; row < answer.rows(); row++) {
                for (int column = 0; column < answer.metrics().size(); column++) {
                    found += (long) answer.valueAt(row, column, Function.COUNT);
                }
            }
            assertThat(found)
                    .as("counts of %s after %s", device, played)
                    .isEqualTo(Arrays.stream(counts).sum());
        }

        /** Until nothing is open: then the table has what answers show, and every device that has readings is listed. */
        void settle() {
            for (int i = 0; i < 3; i++) {
                processes.forEach(process -> process.store.finishErasures());
                pass(Duration.ofMinutes(61));
            }
            played.add("settled");
            processes.forEach(this::check);
            assertThat(log()).as("after %s", played).noneMatch(Entry::isOpen);
            for (Replica process : processes) {
                open(process);
                for (DeviceId device : DEVICES) {
                    boolean hasReadings = !expected(device, EpochMicros.of(process.clock.instant()))
                            .isEmpty();
                    assertThat(process.store.device(device).isPresent() || !hasReadings)
                            .as("%s is listed after %s", device, played)
                            .isTrue();
                }
                check(process);
            }
        }
    }
}
