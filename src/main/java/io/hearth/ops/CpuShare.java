package io.hearth.ops;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Keeps one background thread to a share of a core, by rests in proportion to its work; an interrupted thread does not rest. */
final class CpuShare {
    /** Shorter rests are saved up, as a thread cannot rest for so little. */
    private static final long SHORTEST_REST_NANOS = Duration.ofMillis(1).toNanos();

    private final double restPerBusy;
    private double dueNanos;

    /** @param share above 0 and at most 1 */
    CpuShare(double share) {
        restPerBusy = 1 / share - 1;
    }

    void rest(long busyNanos) {
        dueNanos += busyNanos * restPerBusy;
        if (dueNanos >= SHORTEST_REST_NANOS) {
            LockSupport.parkNanos((long) dueNanos);
            dueNanos = 0;
        }
    }
}
