package io.hearth.series.read;

import static io.hearth.series.item.Runs.DAY;
import static io.hearth.series.item.Runs.DEVICE;
import static io.hearth.series.item.Runs.SECOND;
import static io.hearth.series.item.Runs.chunk;
import static io.hearth.series.item.Runs.readings;
import static io.hearth.series.item.Runs.run;
import static io.hearth.series.item.Runs.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.TimeRange;
import io.hearth.series.item.Hidden;
import io.hearth.series.item.Segment;
import io.hearth.series.value.Erasure;
import io.hearth.table.Blocking;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.FakeClock;
import io.hearth.table.HookedTable;
import io.hearth.table.Item;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class SegmentScanTest {
    private static final long NOW = DAY + 80_000 * SECOND;

    private final HookedTable table = new HookedTable(new MemoryTable(new FakeClock()), false);

    @Test
    void scan_chunkAndRunsThatDoNotOverlap_hasAllReadings_inTheOrderOfTheDirection() {
        store(
                chunk(9, run(stamp(1), 0, "a", Map.of(10L, 1.0, 20L, 2.0))),
                run(stamp(2), 0, "a", Map.of(10_000L, 3.0)),
                run(stamp(3), 0, "a", Map.of(20_000L, 4.0)));

        assertThat(seconds(scan(TimeRange.ALL, Direction.ASCENDING))).containsExactly(10L, 20L, 10_000L, 20_000L);
        assertThat(seconds(scan(TimeRange.ALL, Direction.DESCENDING)))
                .containsExactlyInAnyOrder(10L, 20L, 10_000L, 20_000L);
        SegmentScan last = scan(TimeRange.ALL, Direction.DESCENDING);
        assertThat(readings(last.blockOf(last.next()))).containsKey(20_000L);
    }

    @Test
    void scan_aChunkAlone_isNotDecoded() {
        store(chunk(9, run(stamp(1), 0, "a", Map.of(10L, 1.0, 20L, 2.0))));

        assertThat(scan(TimeRange.ALL, Direction.ASCENDING).next()).isInstanceOf(Segment.Sealed.class);
    }

    @Test
    void scan_aLateRunInTheTimeOfAChunk_isMergedWithIt() {
        store(
                chunk(9, run(stamp(1), 0, "a", Map.of(10L, 1.0, 20L, 2.0, 30L, 3.0))),
                run(stamp(2), 0, "a", Map.of(20L, 22.0)));

        for (Direction direction : Direction.values()) {
            assertThat(all(scan(TimeRange.ALL, direction)))
                    .isEqualTo(Map.of(10L, Map.of("a", 1.0), 20L, Map.of("a", 22.0), 30L, Map.of("a", 3.0)));
        }
    }

    @Test
    void scan_answersTheRangeAndTheMetrics_withoutWhatHasExpiredOrIsHidden() {
        store(
                run(stamp(1), 0, "a", Map.of(10L, 1.0, 20L, 2.0)),
                run(stamp(2), 0, "b", Map.of(20L, 5.0)),
                run(stamp(3), 60, "a", Map.of(30L, 3.0)),
                run(stamp(4), 0, "a", Map.of(40L, 4.0)));
        TimeRange range = new TimeRange(DAY + 20 * SECOND, DAY + 50 * SECOND);
        Hidden hidden = Hidden.of(
                List.of(new Erasure(DEVICE, new TimeRange(DAY + 40 * SECOND, DAY + 41 * SECOND), false, stamp(9))));

        SegmentScan scan = new SegmentScan(
                table, DEVICE, range, Set.of("a"), Direction.ASCENDING, Consistency.STRONG, NOW, hidden);

        assertThat(all(scan)).isEqualTo(Map.of(20L, Map.of("a", 2.0)));
    }

    @Test
    void scan_runsThatAreSealedBetweenItsReads_areReadOnce_andNotMissed() {
        Item run = run(stamp(1), 0, "a", Map.of(10L, 1.0, 20L, 2.0));
        store(run);
        for (Direction direction : Direction.values()) {
            AtomicBoolean sealed = new AtomicBoolean();
            table.hook(operation -> {
                if (operation instanceof HookedTable.Queries queries
                        && queries.isOfKind(chunk(9, run).key().sortKey().array()[0])
                        && !sealed.getAndSet(true)) {
                    Blocking.await(table.replace(
                            DEVICE.value(),
                            List.of(chunk(9, run)),
                            List.of(run.key().sortKey())));
                }
            });

            assertThat(seconds(scan(TimeRange.ALL, direction))).containsExactly(10L, 20L);
            assertThat(sealed).isTrue();
        }
    }

    @Test
    void shortestKeptMicros_isOfTheShortestLivedReadingSoFar() {
        store(run(stamp(1), 600, "a", Map.of(79_990L, 1.0)), run(stamp(2), 300, "a", Map.of(79_995L, 2.0)));
        SegmentScan scan = scan(TimeRange.ALL, Direction.ASCENDING);
        all(scan);

        assertThat(scan.shortestKeptMicros()).isEqualTo(300 * SECOND);
    }

    private SegmentScan scan(TimeRange range, Direction direction) {
        return new SegmentScan(table, DEVICE, range, Set.of(), direction, Consistency.STRONG, NOW, Hidden.NOTHING);
    }

    private void store(Item... items) {
        List<Write> writes = new ArrayList<>();
        for (Item item : items) {
            // Expiry is judged by the scan.
            writes.add(new Write.Put(Item.of(item.key(), item.body())));
        }
        Blocking.await(table.write(writes));
    }

    private static List<Long> seconds(SegmentScan scan) {
        List<Long> seconds = new ArrayList<>();
        while (scan.hasNext()) {
            seconds.addAll(readings(scan.blockOf(scan.next())).keySet());
        }
        return seconds;
    }

    private static Map<Long, Map<String, Object>> all(SegmentScan scan) {
        Map<Long, Map<String, Object>> all = new TreeMap<>();
        while (scan.hasNext()) {
            all.putAll(readings(scan.blockOf(scan.next())));
        }
        return all;
    }
}
