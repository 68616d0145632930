package io.hearth.series.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.item.BlockBuilder;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.Runs;
import io.hearth.series.value.LatestPoint;
import io.hearth.series.value.LatestReadings;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class LatestCacheTest {
    private static final DeviceId D1 = new DeviceId("d1");
    private static final long NOW = Runs.DAY + 1000 * Runs.SECOND;
    private static final long FOR_EVER = Long.MAX_VALUE;

    private final LatestCache cache = new LatestCache(Runs.REGION, false);
    private int loads;

    /** Stands for the table. */
    private Consumer<LatestValues> loader = found -> {};

    @Test
    void latest_isLoadedOnce_andIsTheSameObjectUntilSomethingIsCommitted() {
        loader = holding(10, 1.0, 1, FOR_EVER);

        LatestReadings first = latest(NOW);
        assertThat(first.points()).isEqualTo(Map.of("a", point(10, 1.0)));
        assertThat(latest(NOW)).isSameAs(first);
        commit(20, 2.0, 2, FOR_EVER);

        assertThat(latest(NOW).points()).isEqualTo(Map.of("a", point(20, 2.0)));
        assertThat(loads).isEqualTo(1);
    }

    @Test
    void committed_earlierThanWhatIsKnown_changesNothing() {
        loader = holding(10, 1.0, 5, FOR_EVER);
        latest(NOW);

        commit(5, 7.0, 6, FOR_EVER);
        commit(10, 7.0, 4, FOR_EVER);

        assertThat(latest(NOW).points()).isEqualTo(Map.of("a", point(10, 1.0)));
    }

    @Test
    void committed_whileTheTableIsRead_isInTheNextAnswer() {
        Consumer<LatestValues> before = holding(10, 1.0, 1, FOR_EVER);
        loader = found -> {
            before.accept(found);
            commit(20, 2.0, 2, FOR_EVER);
        };

        latest(NOW);

        assertThat(latest(NOW).points()).isEqualTo(Map.of("a", point(20, 2.0)));
        assertThat(loads).isEqualTo(1);
    }

    @Test
    void latest_whenTheValueHasExpired_isReadAgain() {
        loader = holding(10, 1.0, 1, 60 * Runs.SECOND);
        assertThat(latest(Runs.DAY + 20 * Runs.SECOND).points()).hasSize(1);

        loader = holding(5, 0.5, 1, FOR_EVER);

        assertThat(latest(Runs.DAY + 70 * Runs.SECOND).points()).isEqualTo(Map.of("a", point(5, 0.5)));
        assertThat(loads).isEqualTo(2);
    }

    @Test
    void failed_untilALaterWriteHasSettledIt_theTableIsReadEachTime() {
        loader = holding(10, 1.0, 1, FOR_EVER);
        latest(NOW);
        long failuresBefore = cache.failures();
        cache.failed(D1);

        latest(NOW);
        latest(NOW);
        assertThat(loads).isEqualTo(3);
        cache.settled(failuresBefore);
        latest(NOW);
        assertThat(loads)
                .as("a write that began before the failure says nothing of it")
                .isEqualTo(4);

        cache.settled(cache.failures());
        latest(NOW);
        latest(NOW);
        assertThat(loads).isEqualTo(5);
    }

    @Test
    void forget_theTableIsReadAgain() {
        loader = holding(10, 1.0, 1, FOR_EVER);
        latest(NOW);
        cache.forget(D1);
        loader = found -> {};

        assertThat(latest(NOW).points()).isEmpty();
    }

    @Test
    void latest_whereOtherProcessesWriteToTheTable_isReadEachTime() {
        LatestCache shared = new LatestCache(Runs.REGION, true);
        loader = holding(10, 1.0, 1, FOR_EVER);

        latest(shared, NOW);
        assertThat(latest(shared, NOW).points()).isEqualTo(Map.of("a", point(10, 1.0)));

        assertThat(loads).isEqualTo(2);
        assertThat(shared.isKept()).isFalse();
    }

    private LatestReadings latest(long nowMicros) {
        return latest(cache, nowMicros);
    }

    private LatestReadings latest(LatestCache of, long nowMicros) {
        return of.latest(D1, nowMicros, found -> {
            loads++;
            loader.accept(found);
        });
    }

    private static Consumer<LatestValues> holding(long second, double value, long stampMillis, long keptMicros) {
        return found -> found.addCommitted(block(second, value), Runs.stamp(stampMillis), keptMicros);
    }

    private void commit(long second, double value, long stampMillis, long keptMicros) {
        cache.committed(D1, () -> block(second, value), Runs.stamp(stampMillis), keptMicros);
    }

    private static ReadingBlock block(long second, double value) {
        BlockBuilder builder = new BlockBuilder(Set.of(), TimeRange.ALL, Expiry.BEFORE_EXPIRY, 0);
        builder.addRun(Runs.run(new WriteStamp(new HybridTime(1), new RegionId("x")), 0, "a", Map.of(second, value)));
        return builder.build();
    }

    private static LatestPoint point(long second, double value) {
        return new LatestPoint(new Value.Num(value), Runs.DAY + second * Runs.SECOND);
    }
}
