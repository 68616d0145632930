package io.hearth.concurrent;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class SleepTest {
    @Test
    void forMillis_sleepsThatLong() {
        long begun = System.nanoTime();

        Sleep.forMillis(20);

        assertThat(System.nanoTime() - begun)
                .isGreaterThanOrEqualTo(Duration.ofMillis(20).toNanos());
    }

    @Test
    @Timeout(60)
    void forMillis_whenInterrupted_endsEarlyAndStaysInterrupted() {
        Thread.currentThread().interrupt();

        Sleep.forMillis(Duration.ofHours(1).toMillis());

        assertThat(Thread.interrupted()).isTrue();
    }
}
