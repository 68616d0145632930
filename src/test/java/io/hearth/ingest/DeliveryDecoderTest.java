package io.hearth.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.hearth.model.EpochMicros;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.table.memory.MemoryTable;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What of a delivery goes into its group. */
class DeliveryDecoderTest {
    private static final long T0 = EpochMicros.of(SeriesFixture.START);
    private static final int MAX_PAYLOAD = 40;

    private final SeriesFixture clock = new SeriesFixture();
    private final MemoryTable table = new MemoryTable(clock);
    private final SeriesStore store = clock.open(table, Duration.ofDays(30));
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final Redeliveries redeliveries = new Redeliveries(store, clock, Duration.ofHours(1));
    private final DeliveryDecoder decoder = new DeliveryDecoder(
            new Admission(store, clock, Duration.ofMinutes(10), Duration.ofDays(30)),
            new DeadLetters(table, Duration.ofDays(30)),
            redeliveries,
            MAX_PAYLOAD,
            new IngestMetrics(registry));
    private final CommitGroup group = new CommitGroup();

    @Test
    void decode_readings_areInTheBatch() {
        decode("d1", "[{\"a\":1},{\"a\":2}]", null);
        assertThat(group.batch.size()).isEqualTo(2);
        assertThat(group.deadLetters).isEmpty();
        assertThat(group.transmissions).isEmpty();
    }

    @Test
    void decode_whatCannotBeStored_isADeadLetterWithItsReason() {
        decode("d1", "x".repeat(MAX_PAYLOAD + 1), null);
        decode("d 1", "{\"a\":1}", null);
        decode("d1", "nonsense", null);

        assertThat(group.batch.size()).isZero();
        assertThat(group.deadLetters)
                .extracting(DeadLetter::device, DeadLetter::reason)
                .containsExactly(
                        tuple("d1", RejectionReason.TOO_LARGE),
                        tuple("d 1", RejectionReason.INVALID_DEVICE),
                        tuple("d1", RejectionReason.MALFORMED));
    }

    @Test
    void decode_payloadThatIsPartlyGood_isBoth() {
        decode("d1", "[{\"a\":1},{\"a\":[]}]", null);
        assertThat(group.batch.size()).isEqualTo(1);
        assertThat(group.deadLetters).hasSize(1);
    }

    @Test
    void decode_readingWithoutTime_isUnderWayUntilItsGroupEnds_andOneWithATimeIsNot() {
        Origin origin = new Origin("c", 1, false);
        decode("d1", "{\"ts\":" + T0 + ",\"a\":1}", origin);
        assertThat(group.transmissions).isEmpty();

        decode("d1", "{\"a\":1}", origin);
        assertThat(group.transmissions).hasSize(1);
    }

    @Test
    void decode_timelessReadingThatIsStored_isCountedAndLeftOut() {
        decode("d1", "{\"a\":1}", new Origin("c", 1, false));
        store.append(group.batch).await().indefinitely();
        redeliveries.ended(group);
        group.clear();

        decode("d1", "{\"a\":1}", new Origin("c", 1, true));

        assertThat(group.batch.size()).isZero();
        assertThat(group.deadLetters).isEmpty();
        assertThat(registry.get("hearth.ingest.messages.duplicate").counter().count())
                .isEqualTo(1);
    }

    @Test
    void buryUnhandled_aFaultOfTheService_isADeadLetterOfAllOfIt() {
        decoder.buryUnhandled(delivery("d1", "{\"a\":1}", null), new IllegalStateException("a fault"), group);
        assertThat(group.deadLetters)
                .extracting(DeadLetter::reason, letter -> new String(letter.payload(), UTF_8))
                .containsExactly(tuple(RejectionReason.INTERNAL, "{\"a\":1}"));
    }

    private void decode(String device, String payload, @Nullable Origin origin) {
        decoder.decode(delivery(device, payload, origin), group);
    }

    private static Delivery delivery(String device, String payload, @Nullable Origin origin) {
        return new Delivery("devices/" + device + "/telemetry", device, payload.getBytes(UTF_8), T0, origin);
    }
}
