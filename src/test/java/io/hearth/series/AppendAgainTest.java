package io.hearth.series;

import static io.hearth.series.SeriesFixture.START;
import static io.hearth.series.SeriesFixture.append;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.series.item.StoredRun;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.HookedTable;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An append that failed and is subscribed to again, after another one of the same device. */
class AppendAgainTest {
    private static final long T0 = EpochMicros.of(START);
    private static final DeviceId D1 = new DeviceId("d1");

    private final SeriesFixture clock = new SeriesFixture();

    /** Its record was made when the other metric was not known yet. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void append_again_keepsTheMetricsThatTheOtherOneBrought(boolean isShared) {
        HookedTable table = new HookedTable(new MemoryTable(clock), isShared);
        SeriesStore store = clock.open(table, Duration.ofDays(30));
        AppendBatch batch = new AppendBatch();
        SeriesFixture.add(batch, "d1", T0, Map.of("a", 1), null);
        Uni<Void> appending = store.append(batch);
        AtomicBoolean refused = new AtomicBoolean();
        table.hook(operation -> {
            if (operation instanceof HookedTable.Writes writes && hasReadings(writes.writes())) {
                if (!refused.getAndSet(true)) {
                    throw new ThrottledException("refused on demand", null);
                }
            }
        });
        assertThatThrownBy(() -> appending.await().indefinitely()).isInstanceOf(ThrottledException.class);
        append(store, "d1", T0 + 1, Map.of("b", 2));

        appending.await().indefinitely();

        assertThat(store.device(D1).orElseThrow().metrics()).containsExactly("a", "b");
        SeriesStore restarted = clock.open(table, Duration.ofDays(30));
        assertThat(restarted.latest(D1).points()).containsOnlyKeys("a", "b");
    }

    private static boolean hasReadings(List<Write> writes) {
        return writes.stream().map(Write::key).anyMatch(StoredRun::isRun);
    }
}
