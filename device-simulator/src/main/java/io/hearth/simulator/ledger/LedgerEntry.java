package io.hearth.simulator.ledger;

import io.hearth.simulator.fleet.Shape;

/**
 * One reading as it was sent.
 *
 * @param sentMillis when it was first sent, epoch milliseconds, not later than it was
 * @param acknowledgedMillis when the acknowledgement had come, not earlier than it did; 0 if none came
 * @param timed whether the payload carried a device time
 * @param deviceTimeMicros that time; 0 if it carried none
 * @param values one per metric of {@code shape}; not copied, so not to be changed
 */
public record LedgerEntry(
        Delivery delivery,
        long sentMillis,
        long acknowledgedMillis,
        boolean timed,
        long deviceTimeMicros,
        Shape shape,
        long[] values) {

    /** The metric that tells readings without a time apart: it grows by one with each reading of a device. */
    public static final String SEQUENCE_METRIC = "seq";

    /** The reading's sequence number, or -1 if it has none. */
    public long sequence() {
        int at = shape.indexOf(SEQUENCE_METRIC);
        return at < 0 ? -1 : values[at];
    }
}
