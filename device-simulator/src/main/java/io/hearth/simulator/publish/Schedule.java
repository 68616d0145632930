package io.hearth.simulator.publish;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When messages are sent. Message {@code k} of the run is due {@code k} periods after its start, whether or not earlier
 * ones were answered: an open loop, so that a server that stalls shows in the latencies (no coordinated omission).
 *
 * @param messagesPerSecond of all devices together; infinity means as fast as the windows allow (a closed loop)
 * @param messages most messages to send, or {@link Long#MAX_VALUE}
 * @param duration length of the schedule, or null for no limit
 */
public record Schedule(
        double messagesPerSecond, long messages, @Nullable Duration duration) {

    public Schedule {
        if (!(messagesPerSecond > 0)) {
            throw new IllegalArgumentException("the rate must be above 0, not " + messagesPerSecond);
        }
        if (messages < 1) {
            throw new IllegalArgumentException("the number of messages must be at least 1, not " + messages);
        }
    }

    /** Every device sends once per interval, the devices spread evenly over it. */
    public static Schedule everyInterval(Duration interval, int devices, long messages, @Nullable Duration duration) {
        return new Schedule(devices * 1e9 / interval.toNanos(), messages, duration);
    }

    boolean isClosedLoop() {
        return Double.isInfinite(messagesPerSecond);
    }

    /** Nanoseconds from the start until message {@code k} is due. */
    long dueNanos(long k) {
        return isClosedLoop() ? 0 : (long) (k * 1e9 / messagesPerSecond);
    }

    /** Messages that will be sent if nothing fails; in a closed loop without a number that is not known before. */
    long planned() {
        Duration limit = duration;
        if (isClosedLoop() || limit == null) {
            return messages;
        }
        return Math.min(messages, (long) Math.ceil(limit.toNanos() / 1e9 * messagesPerSecond));
    }
}
