package io.hearth.series.seal;

import static io.hearth.series.item.Runs.DAY;
import static io.hearth.series.item.Runs.DEVICE;
import static io.hearth.series.item.Runs.REGION;
import static io.hearth.series.item.Runs.SECOND;
import static io.hearth.series.item.Runs.run;
import static io.hearth.series.item.Runs.stamp;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.cache.Ticker;
import io.hearth.model.DeviceId;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.erase.Erasures;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.value.SealResult;
import io.hearth.series.window.Windows;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.SortRange;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SealerTest {
    private static final long NEXT_DAY = DAY + SeriesKeys.WINDOW_MICROS;

    private final FakeClock clock = new FakeClock();
    private final MemoryTable table = new MemoryTable(clock);
    private final DeviceCatalog catalog =
            new DeviceCatalog(table, REGION, device -> 0, DeviceCatalog.CACHED_BYTES, Ticker.systemTicker());
    private final Rollups rollups = new Rollups(table, RollupRules.NONE, clock);
    private final Expiry expiry = new Expiry(rollups::areKeptFor, clock);
    private final WriteClock writeClock =
            new WriteClock(table, clock, () -> Uni.createFrom().item(0L));
    private final Windows windows = new Windows(table, rollups, expiry, writeClock::hybridTimeBehind, clock);
    private final Erasures erasures = new Erasures(table, REGION, clock, Duration.ZERO, erasure -> {});
    private final Sealer sealer = new Sealer(table, catalog, windows, rollups, expiry, erasures);

    SealerTest() {
        clock.set(Instant.ofEpochSecond(DAY / SECOND + 30 * 3600));
        store(catalog.recordWith(DEVICE, Set.of("a"), DAY));
    }

    @Test
    void sealAll_windowThatHasEnded_isOneChunkInPlaceOfItsRuns() {
        store(run(stamp(1), 0, "a", Map.of(10L, 1.0, 20L, 2.0)), run(stamp(2), 0, "a", Map.of(20L, 22.0)));

        SealResult result = sealAll(NEXT_DAY, Long.MAX_VALUE);

        assertThat(result.readings()).isEqualTo(2);
        assertThat(result.chunks()).isEqualTo(1);
        assertThat(items()).singleElement().satisfies(item -> {
            assertThat(SeriesKeys.isChunk(item.key().sortKey())).isTrue();
            assertThat(Chunk.open(item.body().array()).readings()).isEqualTo(2);
        });
        assertThat(sealAll(NEXT_DAY, Long.MAX_VALUE)).isEqualTo(SealResult.NOTHING);
    }

    @Test
    void sealAll_windowThatHasNotEnded_isLeftAlone() {
        store(run(stamp(1), 0, "a", Map.of(10L, 1.0)));

        assertThat(sealAll(NEXT_DAY - 1, Long.MAX_VALUE)).isEqualTo(SealResult.NOTHING);
        assertThat(items()).hasSize(1);
    }

    @Test
    void sealAll_lateReading_isMergedIntoTheChunkThatIsThere() {
        store(run(stamp(1), 0, "a", Map.of(10L, 1.0)));
        sealAll(NEXT_DAY, Long.MAX_VALUE);
        store(run(stamp(2), 0, "a", Map.of(5L, 5.0)));

        sealAll(NEXT_DAY, Long.MAX_VALUE);

        assertThat(items())
                .singleElement()
                .satisfies(item ->
                        assertThat(Chunk.open(item.body().array()).readings()).isEqualTo(2));
    }

    @Test
    void sealAll_runsThatWereWrittenLater_areLeftAlone() {
        Item later = run(stamp(50), 0, "a", Map.of(20L, 2.0));
        store(run(stamp(1), 0, "a", Map.of(10L, 1.0)), later);

        SealResult result = sealAll(NEXT_DAY, stamp(50).time().packed());

        assertThat(result.readings()).isEqualTo(1);
        assertThat(items()).hasSize(2).contains(later);
    }

    @Test
    void sealAll_damagedRun_isReported_andTheOtherDaysAreSealed() {
        Item whole = run(stamp(1), 0, "a", Map.of(10L, 1.0));
        Item torn = Item.of(whole.key(), Bytes.wrap(new byte[] {whole.body().array()[0], 9, 9}));
        store(torn, run(stamp(2), 0, "a", Map.of(86_400L + 10, 2.0)));

        SealResult result = sealAll(NEXT_DAY + SeriesKeys.WINDOW_MICROS, Long.MAX_VALUE);

        assertThat(result.unsealed()).singleElement().satisfies(unsealed -> {
            assertThat(unsealed.device()).isEqualTo(DEVICE);
            assertThat(unsealed.windowStartMicros()).isEqualTo(DAY);
        });
        assertThat(result.readings()).isEqualTo(1);
        assertThat(items()).contains(torn).hasSize(2);
    }

    @Test
    void sealAll_interruptedWhileItPauses_endsBeforeTheNextDevice() {
        store(catalog.recordWith(new DeviceId("d2"), Set.of("a"), DAY));
        List<Long> pauses = new ArrayList<>();

        sealer.sealAll(NEXT_DAY, Long.MAX_VALUE, nanos -> {
            pauses.add(nanos);
            Thread.currentThread().interrupt();
        });

        assertThat(Thread.interrupted()).isTrue();
        assertThat(pauses).hasSize(1);
    }

    private SealResult sealAll(long endedBeforeMicros, long writtenBefore) {
        return sealer.sealAll(endedBeforeMicros, writtenBefore, nanos -> {});
    }

    /** The runs and chunks of the device. */
    private List<Item> items() {
        List<Item> items = new ArrayList<>();
        windows.walk(DEVICE, SortRange.ALL).forEachRemaining(item -> {
            if (!SeriesKeys.isDevice(item.key().sortKey())) {
                items.add(item);
            }
        });
        return items;
    }

    private void store(Item... items) {
        List<Write> writes = new ArrayList<>();
        for (Item item : items) {
            writes.add(new Write.Put(item));
        }
        Blocking.await(table.write(writes));
    }
}
