package io.hearth.mqtt.external;

import io.hearth.ingest.Delivery;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.TelemetryMessage;

/** A message as the broker delivered it. It is acknowledged in the session it came with, or not at all. */
final class BrokerMessage extends TelemetryMessage {
    /** The session that a message came with. */
    interface Origin {
        /** The message is kept. */
        void acknowledge(BrokerMessage message);

        /** It was not kept. */
        void refuse(BrokerMessage message);
    }

    private final int packetId;
    private final int qos;
    private final Origin session;
    private final InFlight inFlight;
    private final BrokerMetrics metrics;
    private final long receivedNanos = System.nanoTime();

    BrokerMessage(Delivery delivery, int packetId, int qos, Origin session, InFlight inFlight, BrokerMetrics metrics) {
        super(delivery);
        this.packetId = packetId;
        this.qos = qos;
        this.session = session;
        this.inFlight = inFlight;
        this.metrics = metrics;
    }

    int packetId() {
        return packetId;
    }

    int qos() {
        return qos;
    }

    @Override
    protected void settled() {
        session.acknowledge(this);
        leave();
        if (qos > 0) {
            metrics.acknowledged(receivedNanos);
        }
    }

    @Override
    protected void failed(Throwable cause) {
        session.refuse(this);
        leave();
    }

    private void leave() {
        inFlight.leave(getPayload().payload().length);
    }
}
