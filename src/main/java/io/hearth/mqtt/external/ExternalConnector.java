package io.hearth.mqtt.external;

import io.hearth.config.MqttConfig;
import io.hearth.lease.Lease;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.ShadowTopics;
import io.hearth.mqtt.TelemetryStream;
import io.hearth.shadow.ShadowService;
import io.hearth.table.Table;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.smallrye.reactive.messaging.connector.InboundConnector;
import io.vertx.core.Vertx;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Flow;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.spi.Connector;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a channel from an external MQTT broker. Connecting begins when the channel is made and goes on for as long as the
 * service runs; what arrives before the channel has its subscriber waits, bounded as ever.
 */
@ApplicationScoped
@Connector(ExternalConnector.NAME)
public class ExternalConnector implements InboundConnector {
    /** What the channel's setting {@code connector} says to choose this one. */
    public static final String NAME = "hearth-mqtt-external";

    /** How long a stop waits for what has been received to become durable. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final MqttConfig config;
    private final ShadowService shadows;
    private final ShadowTopics shadowTopics;
    private final Table table;
    private final MeterRegistry registry;
    private final InstantSource clock;
    private volatile @Nullable BrokerClient client;

    @Inject
    public ExternalConnector(
            Vertx vertx,
            MqttConfig config,
            ShadowService shadows,
            ShadowTopics shadowTopics,
            Table table,
            MeterRegistry registry,
            InstantSource clock) {
        this.shadows = shadows;
        this.shadowTopics = shadowTopics;
        this.table = table;
        this.vertx = vertx;
        this.config = config;
        this.registry = registry;
        this.clock = clock;
    }

    @Override
    public synchronized Flow.Publisher<? extends Message<?>> getPublisher(Config channel) {
        if (client != null) {
            throw new IllegalArgumentException("the client of the external broker feeds one channel only");
        }
        TelemetryStream telemetry = new TelemetryStream();
        InFlight inFlight = new InFlight(
                config.maxInFlightMessages(), config.maxInFlightBytes().asLongValue());
        BrokerClient starting = new BrokerClient(
                config,
                vertx,
                telemetry,
                new BrokerClient.Shadows(
                        shadows,
                        shadowTopics,
                        new Lease(table, "shadow-requests", ShadowTurn.TERM, System::nanoTime, clock)),
                inFlight,
                registry,
                clock);
        starting.start();
        client = starting;
        return telemetry;
    }

    /** How each connection to the broker is; empty if no channel asked for this connector. */
    public List<BrokerStatus> connections() {
        BrokerClient running = client;
        return running == null ? List.of() : running.connections();
    }

    /** Before the beans are destroyed, as what is in flight still has to become durable. */
    void stop(@Observes @Priority(1) ShutdownEvent shutdown) {
        BrokerClient running = client;
        if (running != null) {
            running.stop(STOP_PATIENCE);
        }
    }
}
