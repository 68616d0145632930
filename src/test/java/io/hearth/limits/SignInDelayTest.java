package io.hearth.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class SignInDelayTest {
    private static final InetAddress GUESSER = InetAddress.getLoopbackAddress();

    private final AtomicLong nanos = new AtomicLong();
    private final SignInDelay delay = new SignInDelay(Duration.ofSeconds(4), new SimpleMeterRegistry(), nanos::get);

    @Test
    void refused_firstOnes_areAnsweredAtOnceAndLaterOnesEverLater() {
        for (int i = 0; i < SignInDelay.FREE; i++) {
            assertThat(delay.refused(GUESSER)).isZero();
        }
        assertThat(delay.refused(GUESSER)).isEqualTo(Duration.ofMillis(250));
        assertThat(delay.refused(GUESSER)).isEqualTo(Duration.ofMillis(500));
        for (int i = 0; i < 100; i++) {
            assertThat(delay.refused(GUESSER)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(4));
        }
    }

    @Test
    void refused_withoutADelay_isAnsweredAtOnce() {
        SignInDelay none = new SignInDelay(Duration.ZERO, new SimpleMeterRegistry(), nanos::get);
        for (int i = 0; i < 100; i++) {
            assertThat(none.refused(GUESSER)).isZero();
        }
    }

    @Test
    void refused_anotherAddress_isNotDelayed() throws Exception {
        for (int i = 0; i < 100; i++) {
            delay.refused(GUESSER);
        }
        assertThat(delay.refused(InetAddress.getByAddress(new byte[] {10, 0, 0, 9})))
                .isZero();
    }

    @Test
    void refused_afterAMinuteOfPeace_isForgotten() {
        for (int i = 0; i < 100; i++) {
            delay.refused(GUESSER);
        }
        nanos.addAndGet(Duration.ofSeconds(61).toNanos());
        assertThat(delay.refused(GUESSER)).isZero();
    }
}
