package io.hearth.simulator.publish;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * How long to wait before connecting again: exponential with full jitter, so that a fleet which lost its server does not
 * come back all at once.
 *
 * @see <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">Exponential Backoff And
 *     Jitter</a>
 */
public final class Backoff {

    private static final long BASE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final long capNanos;
    private int attempts;

    /** @param longest the longest delay, above 0 */
    public Backoff(Duration longest) {
        capNanos = longest.toNanos();
    }

    public void reset() {
        attempts = 0;
    }

    public long nextDelayNanos() {
        long ceiling = Math.min(capNanos, BASE_NANOS << Math.min(attempts++, 20));
        return ThreadLocalRandom.current().nextLong(ceiling) + 1;
    }
}
