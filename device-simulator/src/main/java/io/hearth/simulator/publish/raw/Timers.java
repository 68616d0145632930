package io.hearth.simulator.publish.raw;

import java.util.Comparator;
import java.util.PriorityQueue;

/** What is to happen later. For one thread. */
public final class Timers {

    private record Timer(long atNanos, long order, Runnable task) {}

    private final PriorityQueue<Timer> queue =
            new PriorityQueue<>(Comparator.comparingLong(Timer::atNanos).thenComparingLong(Timer::order));
    private final long originNanos;
    private long order;

    /** @param originNanos any instant before the first task; {@link System#nanoTime()} may run over */
    Timers(long originNanos) {
        this.originNanos = originNanos;
    }

    public void at(long nanos, Runnable task) {
        queue.add(new Timer(nanos - originNanos, order++, task));
    }

    public void runDue(long nowNanos) {
        while (true) {
            Timer next = queue.peek();
            if (next == null || next.atNanos > nowNanos - originNanos) {
                return;
            }
            queue.remove();
            next.task.run();
        }
    }

    public long nanosUntilNext(long nowNanos) {
        Timer next = queue.peek();
        return next == null ? Long.MAX_VALUE : next.atNanos - (nowNanos - originNanos);
    }
}
