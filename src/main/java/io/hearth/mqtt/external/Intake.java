package io.hearth.mqtt.external;

import io.hearth.ingest.Delivery;
import io.hearth.model.EpochMicros;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.ShadowMessages;
import io.hearth.mqtt.ShadowTopics;
import io.hearth.mqtt.TelemetryStream;
import io.hearth.mqtt.TelemetryTopic;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.jspecify.annotations.Nullable;

/** The way into the channel, which all connections to the broker share: what they have in flight together is bounded. */
final class Intake {
    private final TelemetryStream telemetry;
    private final ShadowMessages shadows;
    private final @Nullable ShadowTurn turn;
    private final InFlight inFlight;
    private final BrokerMetrics metrics;
    private final InstantSource clock;
    private final Object change = new Object();

    /** @param turn null if requests for shadows that come here are to be served here */
    Intake(
            TelemetryStream telemetry,
            ShadowMessages shadows,
            @Nullable ShadowTurn turn,
            InFlight inFlight,
            BrokerMetrics metrics,
            InstantSource clock) {
        this.telemetry = telemetry;
        this.shadows = shadows;
        this.turn = turn;
        this.inFlight = inFlight;
        this.metrics = metrics;
        this.clock = clock;
        inFlight.onRoom(this::wake);
    }

    /** Hands a message on; never blocks. Whoever calls must {@link #awaitRoom} before it receives the next one. */
    void take(String topic, MqttMessage message, BrokerMessage.Origin session) {
        byte[] payload = message.getPayload();
        metrics.received(message.getQos());
        inFlight.enter(payload.length);
        String device = TelemetryTopic.deviceOf(topic);
        ShadowTopics.Request request = device == null ? shadows.topics().request(topic) : null;
        // No other topic matches the subscription. If a broker sends one all the same, ingest makes a dead letter of
        // it.
        Delivery delivery =
                new Delivery(topic, device == null ? topic : device, payload, EpochMicros.of(clock.instant()), null);
        BrokerMessage received =
                new BrokerMessage(delivery, message.getId(), message.getQos(), session, inFlight, metrics);
        if (request != null && message.isRetained()) {
            received.ack(); // It was for then, and not for now.
        } else if (request != null && turn != null && !turn.isMine()) {
            received.ack(); // Another service has it, too, and serves it.
        } else if (request != null) {
            // Whoever sent it is the broker's secret.
            shadows.accept(request, payload, payload.length, "mqtt", received::ack);
        } else {
            telemetry.emit(received);
        }
    }

    /** Whether every service gets all requests for shadows, and they take turns. */
    boolean servesShadowsInTurns() {
        return turn != null;
    }

    /** Filters that match every request for a shadow. */
    List<String> shadowFilters() {
        return shadows.topics().filters();
    }

    /** Blocks while too much is in flight, and for as long as {@code wanted}; {@link #wake} has that asked again. */
    void awaitRoom(BooleanSupplier wanted) {
        if (!inFlight.isFull()) {
            return;
        }
        synchronized (change) {
            while (inFlight.isFull() && wanted.getAsBoolean()) {
                try {
                    change.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return;
                }
            }
        }
    }

    void wake() {
        synchronized (change) {
            change.notifyAll();
        }
    }

    boolean isFull() {
        return inFlight.isFull();
    }

    /** Waits until nothing is in flight, but not longer than {@code patience}. */
    void awaitEmpty(Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (inFlight.messages() > 0 && System.nanoTime() < deadline) {
                TimeUnit.MILLISECONDS.sleep(5);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
