package io.hearth.ingest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.Transmission;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RedeliveriesTest {
    private static final DeviceId DEVICE = new DeviceId("d1");
    private static final long T0 = EpochMicros.of(SeriesFixture.START);
    private static final byte[] READING = "123456789".getBytes(US_ASCII);

    private final SeriesFixture clock = new SeriesFixture();
    private final SeriesStore store = clock.open(new MemoryTable(clock), Duration.ofDays(30));
    private final Redeliveries redeliveries = new Redeliveries(store, clock, Duration.ofHours(1));

    /** The table keeps both hashes, so they are those of FNV-1a and CRC-32C for ever. */
    @Test
    void transmission_ofKnownTexts_hasTheirPublishedHashes() {
        assertThat(Redeliveries.transmission(new Origin("a", 7, false), READING, true))
                .isEqualTo(new Transmission(0xaf63dc4c8601ec8cL, 7, 0xe3069283, true));
    }

    @Test
    void mayDoubleOneUnderWay_sentAgainWhileItsGroupIsUnderWay_only() {
        CommitGroup group = new CommitGroup();
        redeliveries.began(Redeliveries.transmission(new Origin("a", 7, false), READING, true), group);

        assertThat(mayDouble(new Origin("a", 7, true))).isTrue();
        assertThat(mayDouble(new Origin("a", 7, false)))
                .as("sent for the first time")
                .isFalse();
        assertThat(mayDouble(new Origin("a", 8, true))).as("another packet").isFalse();
        assertThat(mayDouble(new Origin("b", 7, true))).as("another client").isFalse();
        assertThat(mayDouble(null)).as("a transport that does not tell").isFalse();

        redeliveries.ended(group);
        assertThat(mayDouble(new Origin("a", 7, true))).as("it has ended").isFalse();
    }

    @Test
    void isStored_withinTheWindow_only() {
        Transmission transmission = Redeliveries.transmission(new Origin("a", 7, false), READING, true);
        AppendBatch batch = new AppendBatch();
        batch.points().beginReading();
        batch.points().addNumber("a", 1);
        batch.points().endReading(T0);
        batch.assign(DEVICE, 0, T0, transmission);
        assertThat(redeliveries.isStored(DEVICE, transmission)).isFalse();

        store.append(batch).await().indefinitely();

        assertThat(redeliveries.isStored(DEVICE, transmission)).isTrue();
        clock.setNow(SeriesFixture.START.plus(Duration.ofHours(2)));
        assertThat(redeliveries.isStored(DEVICE, transmission)).isFalse();
    }

    private boolean mayDouble(@Nullable Origin origin) {
        return redeliveries.mayDoubleOneUnderWay(new Delivery("devices/d1/telemetry", "d1", READING, T0, origin));
    }
}
