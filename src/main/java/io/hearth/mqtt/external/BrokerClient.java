package io.hearth.mqtt.external;

import io.hearth.config.MqttConfig;
import io.hearth.lease.Lease;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.ShadowMessages;
import io.hearth.mqtt.ShadowTopics;
import io.hearth.mqtt.TelemetryStream;
import io.hearth.shadow.ShadowService;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.IntStream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** The client of an external broker: its connections, and what they share. */
final class BrokerClient {
    private static final Logger LOG = Logger.getLogger(BrokerClient.class);

    private final MqttConfig config;
    private final BrokerPublisher answers;
    private final ShadowMessages shadowMessages;
    private final @Nullable ShadowTurn turn;
    private final Intake intake;
    private final List<BrokerConnection> connections;

    /**
     * Shadows, and the topics that they have at the broker.
     *
     * @param lease decides which service serves requests that all get
     */
    record Shadows(ShadowService service, ShadowTopics topics, Lease lease) {}

    /**
     * @param vertx reads TLS files; nothing else
     * @throws io.hearth.config.StartupRefusedException the settings contradict each other, or a TLS file cannot be used
     */
    BrokerClient(
            MqttConfig config,
            Vertx vertx,
            TelemetryStream telemetry,
            Shadows shadows,
            InFlight inFlight,
            MeterRegistry registry,
            InstantSource clock) {
        this.config = config;
        BrokerOptions options = new BrokerOptions(config, BrokerTls.sockets(config.tls(), vertx));
        BrokerMetrics metrics = new BrokerMetrics(registry, inFlight);
        answers = new BrokerPublisher(options, metrics);
        shadowMessages = new ShadowMessages(shadows.service(), shadows.topics(), answers, clock);
        boolean inTurns =
                options.isShared() && shadows.topics().filters().get(0).startsWith("$");
        turn = inTurns ? new ShadowTurn(shadows.lease()) : null;
        intake = new Intake(telemetry, shadowMessages, turn, inFlight, metrics, clock);
        connections = IntStream.rangeClosed(1, options.connections())
                .mapToObj(number -> new BrokerConnection(options, number, intake, metrics))
                .toList();
    }

    /** Begins to connect, and returns; a broker that cannot be reached now is tried for as long as the service runs. */
    void start() {
        if (config.password().isPresent() && !config.tls().enabled() && !isLoopback(config.host())) {
            LOG.warnf(
                    "The password for the broker at %s travels in the clear: set HEARTH_MQTT_TLS_ENABLED",
                    config.host());
        }
        shadowMessages.start();
        answers.start();
        if (turn != null) {
            turn.start();
        }
        connections.forEach(BrokerConnection::start);
    }

    List<BrokerStatus> connections() {
        return connections.stream().map(BrokerConnection::status).toList();
    }

    /**
     * Takes nothing more, waits for what is in flight to become durable and be acknowledged, and disconnects. The broker
     * keeps the sessions, and in them what was not acknowledged and what comes meanwhile.
     *
     * @param patience how long to wait for what is in flight
     */
    void stop(Duration patience) {
        connections.forEach(BrokerConnection::stopTaking);
        intake.awaitEmpty(patience);
        if (turn != null) {
            turn.close();
        }
        answers.close(patience);
        connections.forEach(BrokerConnection::close);
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
