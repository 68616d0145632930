package io.hearth.simulator.publish;

import io.hearth.simulator.ledger.Delivery;
import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.report.RunStats;
import org.jspecify.annotations.Nullable;

/** Takes down what became of each message: in the counters and, if there is one, in the ledger. Safe for many threads. */
public final class DeliveryRecorder {

    private final RunStats stats;
    private final @Nullable LedgerWriter ledger;
    private final int[] handles;
    private final boolean timed;
    private final int valuesPerReading;

    /** @param ledger stays the caller's to flush and close */
    public DeliveryRecorder(Workload workload, RunStats stats, @Nullable LedgerWriter ledger) {
        this.stats = stats;
        this.ledger = ledger;
        this.timed = workload.timed();
        this.valuesPerReading = workload.valuesPerReading();
        this.handles = new int[workload.devices()];
        if (ledger != null) {
            for (int device = 0; device < handles.length; device++) {
                handles[device] = ledger.register(workload.deviceId(device), workload.shape(device));
            }
        }
    }

    /** All connections are there and the schedule begins. */
    void started(long nowNanos) {
        stats.started(nowNanos);
    }

    void sent() {
        stats.messageSent(System.nanoTime());
    }

    void resent() {
        stats.messageResent();
    }

    void acknowledged(Message message, long nowNanos) {
        stats.messageAcknowledged(message.intendedNanos, nowNanos);
        append(message, Delivery.ACKNOWLEDGED);
    }

    /** The message was sent and nobody will ever know whether it arrived. */
    void uncertain(Message message) {
        append(message, Delivery.UNCERTAIN);
    }

    void connectionUp(boolean again) {
        stats.connectionUp(again);
    }

    void connectionDown() {
        stats.connectionDown();
    }

    void error(String reason) {
        stats.error(reason);
    }

    void unsent(long messages) {
        stats.unsent(messages);
    }

    private void append(Message message, Delivery delivery) {
        LedgerWriter writer = ledger;
        if (writer == null) {
            return;
        }
        int handle = handles[message.device];
        for (int i = 0; i < message.deviceTimesMicros.length; i++) {
            if (timed) {
                writer.appendTimed(
                        handle, delivery, message.deviceTimesMicros[i], message.values, i * valuesPerReading);
            } else {
                writer.appendUntimed(handle, delivery, message.values, i * valuesPerReading);
            }
        }
    }
}
