package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.append;
import static io.hearth.series.SeriesFixture.scan;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.Direction;
import io.hearth.table.ThrottledException;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sealing while a write with an earlier stamp than what is sealed is still on its way to the table. */
class SealUnderWayTest {
    private static final long T0 = EpochMicros.of(START);
    private static final long DAY = Duration.ofDays(1).toSeconds() * 1_000_000;

    private final SeriesFixture clock = new SeriesFixture();
    private final HoldingTable table = new HoldingTable(new MemoryTable(clock), writes -> true);
    private final SeriesStore store = clock.open(table, Duration.ofDays(30));

    @BeforeEach
    void begin() {
        append(store, "d1", T0, Map.of("a", 1, "b", 1));
        clock.setNow(START.plus(Duration.ofDays(1)));
    }

    @Test
    void append_durableAfterASealing_stillWinsAgainstWhatWasWrittenBeforeIt() {
        CompletableFuture<@Nullable Void> gate = table.holdNextWrite();
        CompletableFuture<Void> appending =
                store.append(late("a", 2)).subscribeAsCompletionStage().toCompletableFuture();
        append(store, "d1", T0, Map.of("b", 3));
        store.seal(T0 + DAY, nanos -> {});

        gate.complete(null);
        appending.join();

        assertThat(values()).isEqualTo(Map.of("a", 2.0, "b", 3.0));
        store.seal(T0 + DAY, nanos -> {});
        assertThat(values()).isEqualTo(Map.of("a", 2.0, "b", 3.0));
    }

    @Test
    void append_triedAgainAfterASealing_stillWinsAgainstWhatWasWrittenBeforeIt() {
        CompletableFuture<@Nullable Void> gate = table.holdNextWrite();
        Uni<Void> appending = store.append(late("a", 2));
        gate.completeExceptionally(new ThrottledException("refused on demand", null));
        assertThatThrownBy(() -> appending.await().indefinitely()).isInstanceOf(ThrottledException.class);
        append(store, "d1", T0, Map.of("b", 3));
        store.seal(T0 + DAY, nanos -> {});

        appending.await().indefinitely();

        assertThat(values()).isEqualTo(Map.of("a", 2.0, "b", 3.0));
    }

    private static AppendBatch late(String metric, int value) {
        AppendBatch batch = new AppendBatch();
        SeriesFixture.add(batch, "d1", T0, Map.of(metric, value), null);
        return batch;
    }

    private Map<String, Object> values() {
        return scan(store, "d1", TimeRange.ALL, Set.of(), Direction.ASCENDING)
                .get(0)
                .getValue();
    }
}
