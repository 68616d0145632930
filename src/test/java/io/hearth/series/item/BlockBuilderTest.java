package io.hearth.series.item;

import static io.hearth.series.item.Runs.DAY;
import static io.hearth.series.item.Runs.DEVICE;
import static io.hearth.series.item.Runs.SECOND;
import static io.hearth.series.item.Runs.readings;
import static io.hearth.series.item.Runs.run;
import static io.hearth.series.item.Runs.stamp;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.CorruptItemException;
import io.hearth.model.TimeRange;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.Span;
import io.hearth.series.value.Erasure;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BlockBuilderTest {
    private final Item early = run(stamp(1), 0, "a", Map.of(10L, 1.0, 20L, 2.0));
    private final Item late = run(stamp(2), 0, "a", Map.of(20L, 22.0, 30L, 3.0));
    private final Item other = run(stamp(3), 0, "b", Map.of(20L, 7.0));

    @Test
    void addRun_inAnyOrder_theLatestWriteOfAMetricWins() {
        Map<Long, Map<String, Object>> merged =
                Map.of(10L, Map.of("a", 1.0), 20L, Map.of("a", 22.0, "b", 7.0), 30L, Map.of("a", 3.0));

        for (List<Item> order : List.of(
                List.of(early, late, other),
                List.of(late, early, other),
                List.of(other, late, early),
                List.of(late, other, early))) {
            BlockBuilder builder = builder(Set.of(), TimeRange.ALL, Expiry.BEFORE_EXPIRY);
            order.forEach(builder::addRun);

            assertThat(readings(builder.build())).isEqualTo(merged);
        }
    }

    @Test
    void addChunk_besideRuns_mergesByTheStampsOfItsSpans() {
        Chunk chunk = Chunk.open(Runs.chunk(9, late).body().array());
        BlockBuilder builder = builder(Set.of(), TimeRange.ALL, Expiry.BEFORE_EXPIRY);
        builder.addChunk(chunk.decode(metric -> true, new ChunkScratch()), chunk.spans());
        builder.addRun(early);

        assertThat(readings(builder.build()))
                .isEqualTo(Map.of(10L, Map.of("a", 1.0), 20L, Map.of("a", 22.0), 30L, Map.of("a", 3.0)));
        assertThat(builder.spans().stream().mapToInt(Span::readings).sum()).isEqualTo(3);
    }

    @Test
    void build_takesTheMetricsAndTimesThatAreWanted() {
        BlockBuilder builder =
                builder(Set.of("a"), new TimeRange(DAY + 20 * SECOND, DAY + 30 * SECOND), Expiry.BEFORE_EXPIRY);
        List.of(early, late, other).forEach(builder::addRun);

        assertThat(readings(builder.build())).isEqualTo(Map.of(20L, Map.of("a", 22.0)));
    }

    @Test
    void build_leavesOutWhatHasExpired_eachReadingByItsOwnRetention() {
        Item minute = run(stamp(4), 60, "a", Map.of(10L, 1.0, 50L, 5.0));
        Item hour = run(stamp(5), 3600, "b", Map.of(10L, 2.0));
        BlockBuilder builder = builder(Set.of(), TimeRange.ALL, DAY + 80 * SECOND);
        builder.addRun(minute);
        builder.addRun(hour);

        assertThat(readings(builder.build())).isEqualTo(Map.of(10L, Map.of("b", 2.0), 50L, Map.of("a", 5.0)));
        assertThat(builder.shortestKeptMicros()).isEqualTo(60 * SECOND);
    }

    @Test
    void build_leavesOutWhatIsHidden_butNotWhatWasWrittenLater() {
        Erasure erasure = new Erasure(DEVICE, new TimeRange(DAY, DAY + 25 * SECOND), false, stamp(2));
        BlockBuilder builder =
                new BlockBuilder(Set.of(), TimeRange.ALL, Expiry.BEFORE_EXPIRY, 0, Hidden.of(List.of(erasure)));
        builder.addRun(early);
        builder.addRun(late);

        assertThat(readings(builder.build())).isEqualTo(Map.of(20L, Map.of("a", 22.0), 30L, Map.of("a", 3.0)));
    }

    @Test
    void addRun_damaged_isRefused_andLeavesWhatWasAdded() {
        BlockBuilder builder = builder(Set.of(), TimeRange.ALL, Expiry.BEFORE_EXPIRY);
        builder.addRun(early);
        Item torn = Item.of(late.key(), Bytes.wrap(new byte[] {late.body().array()[0], 5}));

        assertThatThrownBy(() -> builder.addRun(torn)).isInstanceOf(CorruptItemException.class);
        assertThat(readings(builder.build())).containsOnlyKeys(10L, 20L);
    }

    private static BlockBuilder builder(Set<String> metrics, TimeRange range, long nowMicros) {
        return new BlockBuilder(metrics, range, nowMicros, 0);
    }
}
