package io.hearth.series.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.FleetAggregates;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AggregateQuery;
import io.hearth.table.Consistency;
import io.hearth.table.memory.MemoryTable;
import java.io.IOException;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What aggregations tell the budget that they hold: about what they do, before they do. */
class AnswerBudgetTest {
    private static final long SECOND = 1_000_000L;
    private static final int BUCKETS = 1000;
    private static final int THREADS = 3;

    private final ExecutorService helpers = Executors.newFixedThreadPool(2);

    @AfterEach
    void stopHelpers() {
        helpers.shutdownNow();
    }

    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Allows so many bytes. */
    private static final class Bounded implements AnswerBudget {
        private final long most;
        private final AtomicLong held = new AtomicLong();
        private final AtomicLong peak = new AtomicLong();
        private volatile boolean clientGone;

        Bounded(long most) {
            this.most = most;
        }

        @Override
        public void hold(long bytes) {
            if (held.addAndGet(bytes) > most) {
                throw new Refused();
            }
            peak.accumulateAndGet(held.get(), Math::max);
        }

        @Override
        public void giveBack(long bytes) {
            held.addAndGet(-bytes);
        }

        @Override
        public void requireClient() {
            if (clientGone) {
                throw new Refused();
            }
        }
    }

    private static BucketGrid grid() {
        return BucketGrid.of(new TimeRange(0, BUCKETS * SECOND), Every.parse("1s"), ZoneOffset.UTC);
    }

    /** A number in every second bucket, and as many texts. */
    private static ReadingBlock block(String number, String text) {
        long[] times = LongStream.range(0, BUCKETS / 2).map(i -> 2 * i * SECOND).toArray();
        double[] numbers = new double[times.length];
        Arrays.fill(numbers, 1);
        byte[] kinds = new byte[times.length];
        Arrays.fill(kinds, Column.TEXT);
        String[] texts = new String[times.length];
        Arrays.fill(texts, "x".repeat(1000));
        return new ReadingBlock(
                times.length,
                times,
                List.of(new Column(number, null, numbers, null), new Column(text, kinds, numbers.clone(), texts)));
    }

    private static long held(Function... functions) {
        Bounded budget = new Bounded(Long.MAX_VALUE);
        Aggregation aggregation = new Aggregation(grid(), List.of(functions), List.of(), budget);
        aggregation.add(block("n", "t"));
        aggregation.result(Fill.NULL);
        return budget.held.get();
    }

    @Test
    void held_isAboutWhatTheArraysTake() {
        // Per bucket: a count and a sum, and the result.
        assertThat(held(Function.AVG)).isBetween(2 * BUCKETS * 24L, 2 * BUCKETS * 24L + BUCKETS * 8 + 2000);
        // A sketch for every bucket that has a number, and for no other.
        assertThat(held(Function.P95)).isBetween(BUCKETS / 2 * 1280L, BUCKETS * 1280L);
        // Texts with their characters.
        assertThat(held(Function.LAST)).isBetween(BUCKETS / 2 * 1000L, BUCKETS * 1000L);
    }

    @Test
    void metric_beyondTheBudget_isNotMade() {
        long one = held(Function.SUM) / 2;
        Bounded budget = new Bounded(one + 1000);
        Aggregation aggregation = new Aggregation(grid(), List.of(Function.SUM), List.of(), budget);

        assertThatThrownBy(() -> {
                    aggregation.add(block("a", "b"));
                    aggregation.add(block("c", "d"));
                })
                .isInstanceOf(Refused.class);
        assertThatThrownBy(() -> new Aggregation(grid(), List.of(Function.SUM), List.of("a", "b", "c"), budget))
                .isInstanceOf(Refused.class);
    }

    @Test
    void fleetMerge_holdsWhatEachThreadAddsUp_andTheResult() throws IOException {
        Bounded budget = new Bounded(Long.MAX_VALUE);

        fleet().merge(devices(50), query(), budget);

        assertThat(budget.held.get()).isEqualTo(THREADS * (300 + BUCKETS * 16L) + BUCKETS * 8L);
        assertThatThrownBy(() -> fleet().merge(devices(50), query(), new Bounded(2 * BUCKETS * 16L)))
                .isInstanceOf(Refused.class);
    }

    @Test
    void fleetForEach_holdsOnlyTheDevicesThatWait() throws IOException {
        Bounded budget = new Bounded(Long.MAX_VALUE);
        AtomicInteger seen = new AtomicInteger();

        fleet().forEach(devices(200), query(), budget, (device, buckets) -> seen.incrementAndGet());

        long ofDevice = 300 + BUCKETS * 24L;
        assertThat(seen).hasValue(200);
        assertThat(budget.held.get()).isZero();
        assertThat(budget.peak.get()).isBetween(ofDevice, 30 * ofDevice);
        assertThatThrownBy(() -> fleet().forEach(devices(200), query(), new Bounded(1000), (device, buckets) -> {}))
                .isInstanceOf(Refused.class);
    }

    @Test
    void fleet_whenTheClientHasGone_ends() {
        Bounded gone = new Bounded(Long.MAX_VALUE);
        gone.clientGone = true;

        assertThatThrownBy(() -> fleet().merge(devices(50), query(), gone)).isInstanceOf(Refused.class);
        assertThatThrownBy(() -> fleet().forEach(devices(50), query(), gone, (device, buckets) -> {}))
                .isInstanceOf(Refused.class);
    }

    private FleetAggregates fleet() {
        SeriesFixture fixture = new SeriesFixture();
        SeriesStore store = fixture.open(new MemoryTable(fixture), Duration.ZERO);
        StoredAggregatesPropertyTest.append(store, "d0", block("n", "t"));
        return new FleetAggregates(store.reader(), helpers, THREADS);
    }

    private static AggregateQuery query() {
        return new AggregateQuery(grid(), List.of(Function.AVG), Fill.NULL, Set.of("n"), Consistency.STRONG);
    }

    /** The same device again and again, as only what is answered of it counts here. */
    private static Iterator<DeviceId> devices(int count) {
        return Collections.nCopies(count, new DeviceId("d0")).iterator();
    }
}
