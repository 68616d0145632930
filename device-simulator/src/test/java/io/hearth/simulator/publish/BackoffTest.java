package io.hearth.simulator.publish;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BackoffTest {
    @Test
    void delays_grow_andAreNeverLongerThanSet() {
        Backoff backoff = new Backoff(Duration.ofMillis(250));
        long longest = 0;
        for (int i = 0; i < 1_000; i++) {
            long delay = backoff.nextDelayNanos();
            assertTrue(delay > 0);
            assertTrue(i > 0 || delay <= Duration.ofMillis(100).toNanos());
            longest = Math.max(longest, delay);
        }
        assertTrue(longest <= Duration.ofMillis(250).toNanos());
        assertTrue(longest > Duration.ofMillis(200).toNanos(), "of a thousand, one is near the longest");
    }
}
