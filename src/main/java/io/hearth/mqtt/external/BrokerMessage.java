package io.hearth.mqtt.external;

import io.hearth.ingest.Delivery;
import io.hearth.mqtt.TelemetryMessage;

/** A message as the broker delivered it. It is acknowledged in the session it came with, or not at all. */
final class BrokerMessage extends TelemetryMessage {
    private final int packetId;
    private final int qos;
    private final BrokerSession session;
    private final Intake intake;
    private final long receivedNanos = System.nanoTime();

    BrokerMessage(Delivery delivery, int packetId, int qos, BrokerSession session, Intake intake) {
        super(delivery);
        this.packetId = packetId;
        this.qos = qos;
        this.session = session;
        this.intake = intake;
    }

    int packetId() {
        return packetId;
    }

    int qos() {
        return qos;
    }

    /** {@link System#nanoTime} at its arrival. */
    long receivedNanos() {
        return receivedNanos;
    }

    @Override
    protected void settled() {
        session.acknowledge(this);
        intake.settled(this);
    }

    @Override
    protected void failed(Throwable cause) {
        session.refuse(this);
        intake.failed(this);
    }
}
