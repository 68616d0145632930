package io.hearth.mqtt.external;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait before trying again: exponential with full jitter, so that the clients of a broker that comes back do not
 * come back all at once.
 *
 * <p>https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param first the longest wait after the first failure; doubles with each further one
 * @param most what it does not grow beyond
 */
record Backoff(Duration first, Duration most) {
    /**
     * A random wait.
     *
     * @param failures failures in a row so far, at least 1
     */
    Duration after(int failures, RandomGenerator random) {
        int doublings = Math.min(failures - 1, 30);
        long ceilingMillis = Math.min(first.toMillis() << doublings, most.toMillis());
        return Duration.ofMillis(random.nextLong(ceilingMillis + 1));
    }
}
