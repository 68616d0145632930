package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.append;
import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.aggregate.Every;
import io.hearth.series.aggregate.Fill;
import io.hearth.series.aggregate.Function;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** A reader and a sealer that meet between any two steps of the other: what is read never depends on it. */
class SealBetweenReadsTest {
    private static final long SECOND = 1_000_000;
    private static final long T0 = EpochMicros.of(START);
    private static final long DAY = Duration.ofDays(1).toSeconds() * SECOND;
    private static final DeviceId D1 = new DeviceId("d1");

    private final SeriesFixture clock = new SeriesFixture();

    /** Runs something before one of the queries, and around replacements. */
    private static final class MeetingTable extends ForwardingTable {
        private final AtomicInteger queries = new AtomicInteger();
        private volatile int meetAt = -1;
        private volatile Runnable meeting = () -> {};
        private volatile Runnable aroundReplace = () -> {};

        MeetingTable(Table table) {
            super(table);
        }

        void beforeQuery(int number, Runnable action) {
            queries.set(0);
            meetAt = number;
            meeting = action;
        }

        int queries() {
            return queries.get();
        }

        @Override
        public Uni<Page> query(Query query) {
            return Uni.createFrom().deferred(() -> {
                if (queries.getAndIncrement() == meetAt) {
                    meetAt = -1;
                    meeting.run();
                }
                return table.query(query);
            });
        }

        @Override
        public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
            return Uni.createFrom()
                    .deferred(() -> {
                        aroundReplace.run();
                        return table.replace(partitionKey, items, superseded);
                    })
                    .invoke(() -> aroundReplace.run());
        }
    }

    private SeriesStore filled(MeetingTable table) {
        SeriesStore store = clock.open(table, Duration.ofDays(300));
        for (int i = 0; i < 200; i++) {
            append(store, "d1", T0 - 30 * DAY + i * 12_340L * SECOND, Map.of("a", i));
        }
        store.seal(T0 - 2 * DAY, nanos -> {});
        // Late ones beside chunks, so that sealing merges.
        for (int i = 0; i < 100; i++) {
            append(store, "d1", T0 - 30 * DAY + i * 23_450L * SECOND + 1, Map.of("a", 1000 + i));
        }
        return store;
    }

    @Test
    void scan_thatMeetsASealingAtEachOfItsReads_answersTheSame() {
        MeetingTable counting = new MeetingTable(new MemoryTable(clock));
        SeriesStore quiet = filled(counting);
        counting.beforeQuery(-1, () -> {});
        List<Map.Entry<Long, Map<String, Object>>> expected = all(quiet);
        int reads = counting.queries();
        assertThat(expected).hasSize(300);
        assertThat(reads).as("runs and chunks").isGreaterThanOrEqualTo(2);
        for (int read = 0; read < reads; read++) {
            MeetingTable table = new MeetingTable(new MemoryTable(clock));
            SeriesStore store = filled(table);
            table.beforeQuery(read, () -> store.seal(T0, nanos -> {}));

            assertThat(all(store))
                    .as("sealed before read %d of %d", read, reads)
                    .isEqualTo(expected);
        }
    }

    @Test
    void seal_thatMeetsReadersBeforeAndAfterEachReplacement_isInvisibleToThem() {
        MeetingTable table = new MeetingTable(new MemoryTable(clock));
        SeriesStore store = filled(table);
        List<Map.Entry<Long, Map<String, Object>>> expected = all(store);
        List<List<Double>> aggregates = daily(store);
        List<Object> seen = new ArrayList<>();
        table.aroundReplace = () -> {
            assertThat(all(store)).isEqualTo(expected);
            assertThat(daily(store)).isEqualTo(aggregates);
            assertThat(store.latest(D1).points())
                    .hasEntrySatisfying(
                            "a",
                            point -> assertThat(SeriesFixture.plain(point.value()))
                                    .isEqualTo(199.0));
            seen.add(1);
        };

        store.seal(T0, nanos -> {});

        assertThat(seen).as("replacements that were looked at").hasSizeGreaterThan(4);
        assertThat(all(store)).isEqualTo(expected);
    }

    private static List<Map.Entry<Long, Map<String, Object>>> all(SeriesStore store) {
        return scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }

    private static List<List<Double>> daily(SeriesStore store) {
        TimeRange range = new TimeRange(T0 - 31 * DAY, T0 + DAY);
        BucketGrid grid = BucketGrid.of(range, Every.parse("1d"), ZoneId.of("UTC"));
        Aggregation aggregation = new Aggregation(grid, List.of(Function.COUNT, Function.MAX), List.of("a"));
        store.aggregate(D1, aggregation, Set.of("a"), Consistency.STRONG);
        BucketSeries buckets = aggregation.result(Fill.NONE);
        List<List<Double>> rows = new ArrayList<>();
        for (int row = 0; row < buckets.rows(); row++) {
            rows.add(List.of(buckets.valueAt(row, 0, Function.COUNT), buckets.valueAt(row, 0, Function.MAX)));
        }
        return rows;
    }
}
