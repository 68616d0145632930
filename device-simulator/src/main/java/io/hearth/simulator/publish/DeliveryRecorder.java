package io.hearth.simulator.publish;

import io.hearth.simulator.ledger.Delivery;
import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.report.RunStats;
import org.jspecify.annotations.Nullable;

/** Takes down what became of each message: in the counters and, if there is one, in the ledger. Safe for many threads. */
public final class DeliveryRecorder {

    private static final long NANOS_PER_MILLI = 1_000_000;

    private final RunStats stats;
    private final long originNanos = System.nanoTime();
    private final long originMillis = System.currentTimeMillis();
    private final @Nullable LedgerWriter ledger;
    private final int[] handles;
    private final Devices devices;
    private final int valuesPerReading;

    /** @param ledger stays the caller's to flush and close */
    public DeliveryRecorder(Devices devices, RunStats stats, @Nullable LedgerWriter ledger) {
        this.stats = stats;
        this.ledger = ledger;
        this.devices = devices;
        this.valuesPerReading = devices.valuesPerReading();
        this.handles = new int[devices.devices()];
        if (ledger != null) {
            for (int device = 0; device < handles.length; device++) {
                handles[device] = ledger.register(devices.deviceId(device), devices.shape(device));
            }
        }
    }

    /** All connections are there and the schedule begins. */
    public void started(long nowNanos) {
        stats.started(nowNanos);
    }

    public void sent(Message message) {
        message.sentNanos = System.nanoTime();
        stats.messageSent(message.readings, message.sentNanos);
    }

    public void resent() {
        stats.messageResent();
    }

    public void acknowledged(Message message, long nowNanos) {
        stats.messageAcknowledged(message.readings, message.intendedNanos, nowNanos);
        append(message, message.refused ? Delivery.UNCERTAIN : Delivery.ACKNOWLEDGED, nowNanos);
    }

    /** The message was sent and nobody will ever know whether it arrived. */
    public void uncertain(Message message) {
        append(message, Delivery.UNCERTAIN, message.sentNanos);
    }

    public void connectionUp(boolean again) {
        stats.connectionUp(again);
    }

    public void connectTook(long nanos) {
        stats.connectTook(nanos);
    }

    public void duplicateSent() {
        stats.duplicateSent();
    }

    public void connectionDown() {
        stats.connectionDown();
    }

    public void connectionLost(String reason) {
        stats.connectionLost(reason);
    }

    public void error(String reason) {
        stats.error(reason);
    }

    public void unsent(long messages) {
        stats.unsent(messages);
    }

    private void append(Message message, Delivery delivery, long acknowledgedNanos) {
        LedgerWriter writer = ledger;
        if (writer == null) {
            return;
        }
        int handle = handles[message.device];
        // Rounded so that what was acknowledged by an instant, or sent after it, truly was.
        long sent = Math.floorDiv(message.sentNanos - originNanos, NANOS_PER_MILLI) + originMillis;
        long acknowledged = -Math.floorDiv(originNanos - acknowledgedNanos, NANOS_PER_MILLI) + originMillis;
        boolean timed = devices.timed(message.device);
        for (int i = 0; i < message.readings; i++) {
            if (timed) {
                writer.appendTimed(
                        handle,
                        delivery,
                        sent,
                        acknowledged,
                        message.deviceTimesMicros[i],
                        message.values,
                        i * valuesPerReading);
            } else {
                writer.appendUntimed(handle, delivery, sent, acknowledged, message.values, i * valuesPerReading);
            }
        }
    }
}
