package io.hearth.simulator.publish;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * How long to wait before connecting again: exponential with full jitter, so that a fleet which lost its server does not
 * come back all at once.
 *
 * @see <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential Backoff And
 *     Jitter</a>
 */
final class Backoff {

    private static final long BASE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long CAP_NANOS = TimeUnit.SECONDS.toNanos(3);

    private int attempts;

    void reset() {
        attempts = 0;
    }

    long nextDelayNanos() {
        long ceiling = Math.min(CAP_NANOS, BASE_NANOS << Math.min(attempts++, 20));
        return ThreadLocalRandom.current().nextLong(ceiling) + 1;
    }
}
