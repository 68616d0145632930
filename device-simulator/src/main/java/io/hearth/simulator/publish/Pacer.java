package io.hearth.simulator.publish;

import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * Hands out the run's messages to its connections as they become due. Message {@code k} belongs to device
 * {@code k % devices}, and device {@code d} to connection {@code d % connections}, so each connection can count for itself
 * and none waits for another. For one thread.
 */
public final class Pacer {

    private final Schedule schedule;
    private final int devices;
    private final int connections;
    private final long planned;
    private final long startNanos;
    private final long[] due;
    private final long[] taken;
    private long released;
    private long totalDue;
    private long givenUp;
    private boolean ended;

    Pacer(Schedule schedule, int devices, int connections, long startNanos) {
        this.schedule = schedule;
        this.devices = devices;
        this.connections = connections;
        this.planned = schedule.planned();
        this.startNanos = startNanos;
        this.due = new long[connections];
        this.taken = new long[connections];
    }

    /** Makes due what is due by now and tells the connections concerned, some of them more than once. */
    public void release(long nowNanos, IntConsumer readyConnection) {
        if (ended) {
            return;
        }
        if (schedule.isClosedLoop()) {
            releaseClosedLoop(nowNanos, readyConnection);
            return;
        }
        while (released < planned && startNanos + schedule.dueNanos(released) - nowNanos <= 0) {
            int connection = (int) (released % devices) % connections;
            due[connection]++;
            totalDue++;
            released++;
            readyConnection.accept(connection);
        }
        ended = released == planned;
    }

    private void releaseClosedLoop(long nowNanos, IntConsumer readyConnection) {
        if (released == 0) {
            for (int c = 0; c < connections; c++) {
                due[c] = share(c);
                readyConnection.accept(c);
            }
            totalDue = planned;
            released = planned;
        }
        var duration = schedule.duration();
        if (duration == null) {
            ended = true;
        } else if (nowNanos - startNanos >= duration.toNanos()) {
            halt();
        }
    }

    /** The messages of this connection among the first {@code planned}. */
    private long share(int connection) {
        if (planned == Long.MAX_VALUE) {
            return Long.MAX_VALUE;
        }
        long rest = planned % devices;
        long ofRest = rest > connection ? (rest - 1 - connection) / connections + 1 : 0;
        return planned / devices * devicesOf(connection) + ofRest;
    }

    private int devicesOf(int connection) {
        return (devices - 1 - connection) / connections + 1;
    }

    /** Nothing more becomes due, and what is due by the clock and not sent is given up; returns how many those are. */
    public long halt() {
        if (!schedule.isClosedLoop()) {
            givenUp += totalDue;
        }
        Arrays.fill(due, 0);
        totalDue = 0;
        ended = true;
        return givenUp;
    }

    /** Whether the schedule has come to its end; messages may still be due. */
    public boolean ended() {
        return ended;
    }

    public boolean allTaken() {
        return totalDue == 0 && (ended || released == planned);
    }

    public boolean hasDue(int connection) {
        return due[connection] > 0;
    }

    /** Nanoseconds until something more becomes due or the schedule ends; {@link Long#MAX_VALUE} if nothing will. */
    public long nanosUntilNext(long nowNanos) {
        if (ended) {
            return Long.MAX_VALUE;
        }
        var duration = schedule.duration();
        if (schedule.isClosedLoop()) {
            return duration == null ? Long.MAX_VALUE : startNanos + duration.toNanos() - nowNanos;
        }
        return startNanos + schedule.dueNanos(released) - nowNanos;
    }

    /**
     * Takes the next message of this connection, which must have one due, and returns its number in the run. The device
     * is that number modulo the devices.
     */
    public long take(int connection) {
        long own = taken[connection]++;
        due[connection]--;
        totalDue--;
        int ofConnection = devicesOf(connection);
        long device = connection + (long) connections * (own % ofConnection);
        return own / ofConnection * devices + device;
    }

    /** When message {@code k} was meant to be sent; in a closed loop that is now. */
    public long intendedNanos(long k, long nowNanos) {
        return schedule.isClosedLoop() ? nowNanos : startNanos + schedule.dueNanos(k);
    }
}
