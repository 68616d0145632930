package io.hearth.series.replicate;

import static io.hearth.series.item.Runs.DAY;
import static io.hearth.series.item.Runs.DEVICE;
import static io.hearth.series.item.Runs.REGION;
import static io.hearth.series.item.Runs.SECOND;
import static io.hearth.series.item.Runs.chunk;
import static io.hearth.series.item.Runs.run;
import static io.hearth.series.item.Runs.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.ReadingBlock;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.IncomingRun;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.item.StampedPoints;
import io.hearth.series.value.RemoteRun;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparisonTest {
    private final MemoryTable table = new MemoryTable(new FakeClock());
    private final Comparison comparison = new Comparison(table, REGION);
    private final ApplyTally tally = new ApplyTally();
    private final StampedPoints again = new StampedPoints();

    @Test
    void changesAnything_onlyWhatIsNotStored() {
        Item stored = run(stamp(5), 0, "a", Map.of(10L, 1.0, 20L, 2.0));
        store(stored);

        assertThat(changesAnything(stored)).isFalse();
        assertThat(changesAnything(run(stamp(6), 0, "a", Map.of(10L, 1.5)))).isTrue();
        assertThat(changesAnything(run(stamp(4), 0, "a", Map.of(20L, 2.0))))
                .as("an earlier write of the same value")
                .isFalse();
        assertThat(changesAnything(run(stamp(4), 0, "b", Map.of(20L, 2.0)))).isTrue();
        assertThat(rewritten()).isEmpty();
    }

    @Test
    void changesAnything_whatIsSealedWithALaterStamp_winsAndIsWrittenOnceMore() {
        store(chunk(9, run(stamp(5), 0, "a", Map.of(10L, 1.0))));

        assertThat(changesAnything(run(stamp(4), 0, "a", Map.of(10L, 9.0)))).isFalse();

        assertThat(rewritten())
                .singleElement()
                .satisfies(item -> assertThat(SeriesKeys.runStamp(item.key().sortKey()))
                        .isEqualTo(StampedPoints.behind(stamp(5), REGION)));
    }

    @Test
    void addMissing_hasThePointsOfAChunkThatAreNotStoredAsLate() {
        store(run(stamp(5), 0, "a", Map.of(10L, 1.0)), run(stamp(2), 0, "a", Map.of(20L, 2.0)));
        Chunk other = Chunk.open(chunk(9, run(stamp(3), 0, "a", Map.of(10L, 7.0, 20L, 7.0, 30L, 7.0)))
                .body()
                .array());
        StampedPoints missing = new StampedPoints();

        comparison.addMissing(
                other.decode(metric -> true, new ChunkScratch()), other.spans(), local(), missing, again, tally);

        assertThat(missing.runs(DEVICE, Expiry.WITHOUT_ROLLUPS))
                .singleElement()
                .satisfies(item -> assertThat(seconds(item)).containsExactly(20L, 30L));
        assertThat(tally.result().readings()).isEqualTo(2);
    }

    @Test
    void read_whatCannotBeRead_isTakenForThereAndUnknown() {
        Item whole = run(stamp(5), 0, "a", Map.of(10L, 1.0));
        store(Item.of(whole.key(), Bytes.wrap(new byte[] {whole.body().array()[0], 9, 9})));

        assertThat(local()).isSameAs(LocalReadings.UNREADABLE);
    }

    private static List<Long> seconds(Item run) {
        List<Long> seconds = new ArrayList<>();
        ReadingBlock block = parsed(run).block();
        for (int row = 0; row < block.size(); row++) {
            seconds.add((block.timesMicros()[row] - DAY) / SECOND);
        }
        return seconds;
    }

    private static IncomingRun parsed(Item item) {
        return IncomingRun.parse(new RemoteRun(item.key(), item.body()), Expiry.WITHOUT_ROLLUPS);
    }

    private boolean changesAnything(Item run) {
        return comparison.changesAnything(parsed(run), local(), again, tally);
    }

    private List<Item> rewritten() {
        return again.runs(DEVICE, Expiry.WITHOUT_ROLLUPS);
    }

    private LocalReadings local() {
        return comparison.read(DEVICE, DAY, DAY + 60 * SECOND);
    }

    private void store(Item... items) {
        List<Write> writes = new ArrayList<>();
        for (Item item : items) {
            writes.add(new Write.Put(item));
        }
        Blocking.await(table.write(writes));
    }
}
