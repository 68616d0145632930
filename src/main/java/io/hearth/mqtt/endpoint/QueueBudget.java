package io.hearth.mqtt.endpoint;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Memory of what waits for all subscribers together. Each has a small share of its own, which is not counted, so that those who
 * read find room however much waits for those who do not. Safe for several threads.
 */
final class QueueBudget {
    /** What may wait for a subscriber whatever waits for others. */
    static final int SHARE_BYTES = 8 << 10;

    private final long maxBytes;
    private final AtomicLong bytes = new AtomicLong();

    QueueBudget(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** A subscriber's queue grows or shrinks; whether there is room for what it has then. It counts in any case. */
    boolean move(long fromBytes, long toBytes) {
        long more = beyondShare(toBytes) - beyondShare(fromBytes);
        return more == 0 || bytes.addAndGet(more) <= maxBytes;
    }

    long bytes() {
        return bytes.get();
    }

    private static long beyondShare(long queueBytes) {
        return Math.max(0, queueBytes - SHARE_BYTES);
    }
}
