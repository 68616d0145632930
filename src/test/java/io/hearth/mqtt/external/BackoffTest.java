package io.hearth.mqtt.external;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BackoffTest {
    private final Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(20));
    private final Random random = new Random(1);

    @Test
    void after_moreFailures_ceilingDoublesUpToTheMost() {
        assertThat(longest(1)).isBetween(Duration.ofMillis(180), Duration.ofMillis(200));
        assertThat(longest(3)).isBetween(Duration.ofMillis(720), Duration.ofMillis(800));
        assertThat(longest(8)).isBetween(Duration.ofSeconds(18), Duration.ofSeconds(20));
        assertThat(longest(Integer.MAX_VALUE)).isBetween(Duration.ofSeconds(18), Duration.ofSeconds(20));
    }

    @Test
    void after_sameFailure_isSpreadFromZero() {
        assertThat(IntStream.range(0, 1_000)
                        .mapToObj(i -> backoff.after(6, random).toMillis() / 1_000)
                        .distinct())
                .contains(0L, 1L, 2L, 3L, 4L, 5L);
    }

    private Duration longest(int failures) {
        return IntStream.range(0, 1_000)
                .mapToObj(i -> backoff.after(failures, random))
                .max(Duration::compareTo)
                .orElseThrow();
    }
}
