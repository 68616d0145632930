package io.hearth.table.rocksdb.commit;

import io.hearth.table.TableException;
import io.hearth.table.ThrottledException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Writers on their way to the committer, bounded in bytes. Adding is one compare-and-set on a stack, which the committer
 * takes as a whole and turns over; a writer wakes the committer only when that sleeps, so under load nobody does.
 */
public final class WriteQueue {
    private final long maxPendingBytes;
    private final AtomicLong pendingBytes = new AtomicLong();
    private final AtomicLong pendingBatches = new AtomicLong();
    private final AtomicReference<@Nullable PendingWrite> top = new AtomicReference<>();
    private final AtomicReference<@Nullable Thread> sleeper = new AtomicReference<>();
    private volatile boolean closing;
    private volatile boolean terminated;

    public WriteQueue(long maxPendingBytes) {
        this.maxPendingBytes = maxPendingBytes;
    }

    /** Bytes that wait for their commit or whose writers are not yet answered. */
    public long pendingBytes() {
        return pendingBytes.get();
    }

    public long pendingBatches() {
        return pendingBatches.get();
    }

    /** Takes the writer in, or answers it at once that nothing was written. */
    public void add(PendingWrite write) {
        if (closing) {
            write.fail(closed());
            write.answer();
            return;
        }
        long before = pendingBytes.getAndAdd(write.bytes());
        if (before != 0 && before + write.bytes() > maxPendingBytes) {
            pendingBytes.addAndGet(-write.bytes());
            write.fail(new ThrottledException(
                    "nothing written: " + before + " bytes wait to be committed, the most is " + maxPendingBytes,
                    null));
            write.answer();
            return;
        }
        pendingBatches.incrementAndGet();
        PendingWrite below;
        do {
            below = top.get();
            write.link = below;
        } while (!top.compareAndSet(below, write));
        if (terminated) {
            // The committer may have looked for the last time before this was added.
            failRest();
        } else if (below == null) {
            wake();
        }
    }

    /**
     * Waits for writers.
     *
     * @param maxNanos how long at most; 0 waits for ever
     * @return the writers in the order they came, linked; null after {@code maxNanos} or when closing with none left
     */
    @Nullable
    PendingWrite take(long maxNanos) {
        long start = System.nanoTime();
        while (true) {
            PendingWrite taken = top.getAndSet(null);
            if (taken != null) {
                return reverse(taken);
            }
            long restNanos = maxNanos - (System.nanoTime() - start);
            if (closing || (maxNanos > 0 && restNanos <= 0)) {
                return null;
            }
            sleeper.set(Thread.currentThread());
            if (top.get() == null && !closing) {
                if (maxNanos > 0) {
                    LockSupport.parkNanos(this, restNanos);
                } else {
                    LockSupport.park(this);
                }
            }
            sleeper.set(null);
        }
    }

    /** Answers the writer and makes room for others. */
    void answer(PendingWrite write) {
        pendingBytes.addAndGet(-write.bytes());
        pendingBatches.decrementAndGet();
        write.answer();
    }

    boolean isClosing() {
        return closing;
    }

    /** From now on nobody is taken in; those who were are still committed. */
    void close() {
        closing = true;
        wake();
    }

    /** Nobody takes any more: fails those who slipped in. */
    void terminate() {
        closing = true;
        terminated = true;
        failRest();
    }

    private void failRest() {
        PendingWrite taken = top.getAndSet(null);
        PendingWrite write = taken == null ? null : reverse(taken);
        while (write != null) {
            PendingWrite next = write.link;
            write.fail(closed());
            answer(write);
            write = next;
        }
    }

    private void wake() {
        Thread thread = sleeper.getAndSet(null);
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    private static PendingWrite reverse(PendingWrite last) {
        PendingWrite first = last;
        PendingWrite rest = first.link;
        first.link = null;
        while (rest != null) {
            PendingWrite next = rest.link;
            rest.link = first;
            first = rest;
            rest = next;
        }
        return first;
    }

    private static TableException closed() {
        return new TableException("the table is closed", null);
    }
}
