package io.hearth.live;

/**
 * What waits for all listeners, and what may. Once there is no room, it counts as full until half of it is free. On the thread of the
 * feed.
 */
final class WaitingBytes {
    private final long most;
    private final long slowNanos;
    private long bytes;

    /** Whether there was no room for all, and half of it has not been free since. */
    private boolean isFull;

    private long fullSinceNanos;

    /**
     * @param most what may wait, bytes
     * @param slowNanos how long there may be no room
     */
    WaitingBytes(long most, long slowNanos) {
        this.most = most;
        this.slowNanos = slowNanos;
    }

    long bytes() {
        return bytes;
    }

    void set(long waiting) {
        bytes = waiting;
    }

    void add(long more) {
        bytes += more;
    }

    boolean hasRoom() {
        return bytes < most;
    }

    boolean isHalfFree() {
        return bytes < most / 2;
    }

    /** Whether there is no room, and half of it has not been free for long. To be asked at each turn. */
    boolean isFullForLong(long nowNanos) {
        if (hasRoom()) {
            isFull &= !isHalfFree();
            return false;
        }
        if (!isFull) {
            isFull = true;
            fullSinceNanos = nowNanos;
        }
        return nowNanos - fullSinceNanos >= slowNanos;
    }
}
