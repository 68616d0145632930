package io.hearth.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.codec.MalformedPayloadException;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.Direction;
import io.hearth.table.SharedTable;
import io.hearth.table.memory.MemoryTable;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Times of readings that have none, when messages have waited for long or the wall clock is set; alone and with others. */
class ArrivalTimesTest {
    private static final DeviceId D1 = new DeviceId("d1");
    private static final DeviceId D2 = new DeviceId("d2");
    private static final long T0 = EpochMicros.of(SeriesFixture.START);

    /** What times may differ from those of arrival, at most: readings of several processes are 256 µs apart. */
    private static final long NEAR_MICROS = 2_000;

    private final SeriesFixture clock = new SeriesFixture();
    private SeriesStore store = clock.open(new MemoryTable(clock), Duration.ofDays(30));
    private Admission admission = new Admission(store, clock, Duration.ofMinutes(10), Duration.ofDays(30));
    private final List<AppendBatch> uncommitted = new ArrayList<>();

    private void open(boolean isShared) {
        if (isShared) {
            store = clock.open(new SharedTable(new MemoryTable(clock)), Duration.ofDays(30));
            admission = new Admission(store, clock, Duration.ofMinutes(10), Duration.ofDays(30));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void messagesThatWaited_withOthersBetween_haveEachTheirTimeOfArrival(boolean isShared) throws Exception {
        open(isShared);
        clock.setNow(SeriesFixture.START.plus(Duration.ofMinutes(6)));
        admit(D1, "[{\"a\":1},{\"a\":2},{\"a\":3}]", T0);
        admit(D2, "{\"a\":1}", T0 + minutes(6));
        admit(D1, "{\"a\":9}", T0 + minutes(6));
        admit(D1, "[{\"a\":4},{\"a\":5},{\"a\":6}]", T0 + 1);
        admit(D1, "{\"a\":7}", T0 + minutes(1));
        commit();

        List<Map.Entry<Long, Map<String, Object>>> readings = readings(D1);
        assertThat(readings)
                .extracting(Map.Entry::getValue)
                .containsExactlyInAnyOrder(
                        Map.of("a", 1.0),
                        Map.of("a", 2.0),
                        Map.of("a", 3.0),
                        Map.of("a", 4.0),
                        Map.of("a", 5.0),
                        Map.of("a", 6.0),
                        Map.of("a", 7.0),
                        Map.of("a", 9.0));
        for (int i = 0; i < 6; i++) {
            assertThat(readings.get(i).getKey() - T0).isBetween(0L, NEAR_MICROS);
        }
        assertThat(readings.get(6).getKey() - T0 - minutes(1)).isBetween(0L, NEAR_MICROS);
        assertThat(readings.get(7).getKey() - T0 - minutes(6)).isBetween(0L, NEAR_MICROS);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void messageThatArrivedBeforeTheClockWasSetBack_isNotAhead(boolean isShared) throws Exception {
        open(isShared);
        admit(D1, "{\"a\":1}", T0);
        commit();
        clock.setNow(SeriesFixture.START.minus(Duration.ofHours(1)));

        assertThat(admit(D1, "{\"a\":2}", T0 + 5).rejections()).isEmpty();
        commit();

        assertThat(readings(D1)).extracting(Map.Entry::getValue).containsExactly(Map.of("a", 2.0), Map.of("a", 1.0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void messageOfLongAgo_playedAgainTwice_isStoredAtItsTimeBothTimes(boolean isShared) throws Exception {
        open(isShared);
        admit(D1, "{\"a\":1}", T0);
        admit(D1, "{\"a\":2}", T0 - minutes(600));
        admit(D1, "{\"a\":3}", T0 - minutes(600));
        commit();
        admit(D1, "{\"a\":4}", T0 - minutes(600));
        commit();

        List<Map.Entry<Long, Map<String, Object>>> readings = readings(D1);
        assertThat(readings)
                .extracting(Map.Entry::getValue)
                .containsExactly(Map.of("a", 2.0), Map.of("a", 3.0), Map.of("a", 4.0), Map.of("a", 1.0));
        assertThat(readings.get(2).getKey() - T0 + minutes(600)).isBetween(0L, NEAR_MICROS);
    }

    private static long minutes(int minutes) {
        return Duration.ofMinutes(minutes).toSeconds() * 1_000_000;
    }

    private Admission.Admitted admit(DeviceId device, String payload, long arrivalMicros)
            throws MalformedPayloadException {
        AppendBatch batch = new AppendBatch();
        Admission.Admitted admitted =
                admission.admit(device, payload.getBytes(StandardCharsets.UTF_8), arrivalMicros, batch);
        batch.assign(device, 0, arrivalMicros, null);
        uncommitted.add(batch);
        return admitted;
    }

    private void commit() {
        uncommitted.forEach(batch -> {
            if (!batch.isEmpty()) {
                store.append(batch).await().indefinitely();
            }
        });
        uncommitted.clear();
    }

    private List<Map.Entry<Long, Map<String, Object>>> readings(DeviceId device) {
        return SeriesFixture.scan(store, device.value(), TimeRange.ALL, Set.of(), Direction.ASCENDING);
    }
}
