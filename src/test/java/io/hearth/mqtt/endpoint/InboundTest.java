package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.series.value.Transmission;
import org.junit.jupiter.api.Test;

class InboundTest {
    /** What a client has in flight it may send again, also when its day has been sealed meanwhile. */
    @Test
    void publishesInFlight_areNotMoreThanSealedDaysRemember() {
        assertThat(Inbound.MAX_UNANSWERED).isLessThanOrEqualTo(Transmission.MOST_IN_FLIGHT);
    }
}
