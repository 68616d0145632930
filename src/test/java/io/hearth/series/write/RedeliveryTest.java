package io.hearth.series.write;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.Transmission;
import io.hearth.table.Blocking;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RedeliveryTest {
    private static final DeviceId D1 = new DeviceId("d1");
    private static final long NOW = EpochMicros.of(SeriesFixture.START);
    private static final long SINCE = NOW - 3 * SeriesKeys.WINDOW_MICROS;

    private final SeriesFixture clock = new SeriesFixture();
    private final SeriesStore store = clock.open(new MemoryTable(clock), Duration.ofDays(30));

    @Test
    void isStored_theLastMessageOfAPacketId_only() {
        append(NOW, message(7, 100));
        append(NOW + 1, message(8, 200));

        assertThat(store.isStored(D1, message(7, 100), SINCE)).isTrue();
        assertThat(store.isStored(D1, message(7, 101), SINCE))
                .as("another payload")
                .isFalse();
        assertThat(store.isStored(D1, message(9, 100), SINCE)).as("another id").isFalse();
        assertThat(store.isStored(D1, new Transmission(2, 7, 100, false), SINCE))
                .as("another client")
                .isFalse();
        assertThat(store.isStored(new DeviceId("d2"), message(7, 100), SINCE)).isFalse();

        append(NOW + 2, message(7, 300));
        assertThat(store.isStored(D1, message(7, 100), SINCE))
                .as("the id was used again")
                .isFalse();
        assertThat(store.isStored(D1, message(7, 300), SINCE)).isTrue();
    }

    @Test
    void isStored_ofWhatHasBeenSealed() {
        append(NOW - SeriesKeys.WINDOW_MICROS, message(7, 100));
        store.seal(NOW, nanos -> {});

        assertThat(store.isStored(D1, message(7, 100), SINCE)).isTrue();
        assertThat(store.isStored(D1, message(7, 101), SINCE)).isFalse();
    }

    @Test
    void isStored_theWallClockWasSetBack_theLaterUseCounts() {
        append(NOW, message(7, 100));
        clock.setNow(SeriesFixture.START.minus(Duration.ofHours(2)));
        append(NOW - Duration.ofHours(2).toMillis() * 1000, message(7, 200));

        assertThat(store.isStored(D1, message(7, 200), SINCE)).isTrue();
        assertThat(store.isStored(D1, message(7, 100), SINCE)).isFalse();
    }

    private static Transmission message(int packetId, int payloadHash) {
        return new Transmission(1, packetId, payloadHash, true);
    }

    private void append(long timeMicros, Transmission transmission) {
        AppendBatch batch = new AppendBatch();
        SeriesFixture.add(batch, "d1", timeMicros, Map.of("n", 1), transmission);
        Blocking.await(store.append(batch));
    }
}
