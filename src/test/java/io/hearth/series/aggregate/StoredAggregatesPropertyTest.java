package io.hearth.series.aggregate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.quicktheories.QuickTheory.qt;
import static org.quicktheories.generators.SourceDSL.arbitrary;
import static org.quicktheories.generators.SourceDSL.longs;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.series.FleetAggregates;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AggregateQuery;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.Consistency;
import io.hearth.table.memory.MemoryTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.quicktheories.core.Gen;

/**
 * What the store answers, of readings that came in any order and were sealed at any time in between, against plain
 * recomputation, around changes of the clock.
 */
class StoredAggregatesPropertyTest {
    private static final List<Function> ALL = List.of(Function.values());
    private static final List<Function> SUMMARISED =
            ALL.stream().filter(f -> Function.canUseSummary(List.of(f))).toList();
    private static final Gen<Long> SEEDS = longs().between(0, Long.MAX_VALUE);
    private static final Gen<Fill> FILLS = arbitrary().enumValues(Fill.class);

    private final ExecutorService helpers = Executors.newFixedThreadPool(2);

    @AfterEach
    void stopHelpers() {
        helpers.shutdownNow();
    }

    @Test
    void merge_allDevices_agreesWithRecomputation() {
        qt().withExamples(60).forAll(SEEDS, FILLS).checkAssert((seed, fill) -> {
            RandomReadings readings = new RandomReadings(seed);
            FleetAggregates fleet = new FleetAggregates(stored(readings, seed).reader(), helpers, 3);
            for (List<Function> functions : List.of(ALL, SUMMARISED)) {
                FleetAggregates.Merged merged = merge(fleet, readings, query(readings, functions, fill));

                assertThat(merged.devices()).isEqualTo(readings.blocks.size() + 1);
                AggregationPropertyTest.assertAgrees(merged.buckets(), readings, point -> true);
            }
        });
    }

    @Test
    void forEach_device_agreesWithRecomputation() {
        qt().withExamples(60).forAll(SEEDS, FILLS).checkAssert((seed, fill) -> {
            RandomReadings readings = new RandomReadings(seed);
            FleetAggregates fleet = new FleetAggregates(stored(readings, seed).reader(), helpers, 2);
            List<DeviceId> seen = new ArrayList<>();
            try {
                fleet.forEach(
                        devices(readings).iterator(),
                        query(readings, ALL, fill),
                        AnswerBudget.UNBOUNDED,
                        (device, buckets) -> {
                            int number = seen.size();
                            seen.add(device);
                            AggregationPropertyTest.assertAgrees(buckets, readings, point -> point.device() == number);
                        });
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            assertThat(seen).isEqualTo(devices(readings));
        });
    }

    private static FleetAggregates.Merged merge(FleetAggregates fleet, RandomReadings readings, AggregateQuery query) {
        try {
            return fleet.merge(devices(readings).iterator(), query, AnswerBudget.UNBOUNDED);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static AggregateQuery query(RandomReadings readings, List<Function> functions, Fill fill) {
        return new AggregateQuery(readings.grid, functions, fill, Set.of(), Consistency.STRONG);
    }

    /** The devices that have readings, and one that has none. */
    private static List<DeviceId> devices(RandomReadings readings) {
        List<DeviceId> devices = new ArrayList<>();
        for (int i = 0; i <= readings.blocks.size(); i++) {
            devices.add(new DeviceId("d" + i));
        }
        return devices;
    }

    private static SeriesStore stored(RandomReadings readings, long seed) {
        Random random = new Random(seed);
        SeriesFixture fixture = new SeriesFixture();
        SeriesStore store = fixture.open(new MemoryTable(fixture), Duration.ZERO);
        record Written(int device, ReadingBlock block) {}
        List<Written> all = new ArrayList<>();
        for (int device = 0; device < readings.blocks.size(); device++) {
            for (ReadingBlock block : readings.blocks.get(device)) {
                all.add(new Written(device, block));
            }
        }
        if (random.nextBoolean()) {
            Collections.shuffle(all, random);
        }
        int sealings = random.nextInt(4);
        for (int i = 0; i < all.size(); i++) {
            append(store, "d" + all.get(i).device, all.get(i).block);
            if (random.nextInt(all.size()) < sealings) {
                store.seal(EpochMicros.of(SeriesFixture.START), nanos -> {});
            }
        }
        return store;
    }

    static void append(SeriesStore store, String device, ReadingBlock block) {
        AppendBatch batch = new AppendBatch();
        boolean any = false;
        for (int i = 0; i < block.size(); i++) {
            Map<String, Object> values = new HashMap<>();
            for (Column column : block.columns()) {
                var value = column.valueAt(i);
                if (value != null) {
                    values.put(column.metric(), SeriesFixture.plain(value));
                }
            }
            if (!values.isEmpty()) {
                SeriesFixture.add(batch, device, block.timesMicros()[i], values, null);
                any = true;
            }
        }
        if (any) {
            store.append(batch).await().indefinitely();
        }
    }
}
