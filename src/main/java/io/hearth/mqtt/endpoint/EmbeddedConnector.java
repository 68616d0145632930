package io.hearth.mqtt.endpoint;

import io.hearth.config.MqttConfig;
import io.hearth.limits.SignInDelay;
import io.hearth.mqtt.InFlight;
import io.hearth.mqtt.ShadowTopics;
import io.hearth.mqtt.TelemetryStream;
import io.hearth.presence.DevicePresence;
import io.hearth.security.Credentials;
import io.hearth.shadow.ShadowService;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.reactive.messaging.connector.InboundConnector;
import io.vertx.core.Vertx;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.interceptor.Interceptor;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Flow;
import org.eclipse.microprofile.config.Config;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.spi.Connector;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a channel from the MQTT endpoint inside the process. It listens once the channels are made and before observers of
 * the start-up that give no priority, so that those can tell its port.
 */
@ApplicationScoped
@Connector(EmbeddedConnector.NAME)
public class EmbeddedConnector implements InboundConnector {
    /** What the channel's setting {@code connector} says to choose this one. */
    public static final String NAME = "hearth-mqtt-embedded";

    /** How long a stop waits for what has been received to become durable. */
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(5);

    private final Vertx vertx;
    private final MqttConfig config;
    private final Credentials credentials;
    private final RetainedMessages retained;
    private final DevicePresence presence;
    private final ShadowService shadows;
    private final ShadowTopics shadowTopics;
    private final MeterRegistry registry;
    private final SignInDelay delays;
    private final MqttLimits limits;
    private final KnownDevices known;
    private final InstantSource clock;
    private volatile @Nullable MqttEndpoint endpoint;

    @Inject
    public EmbeddedConnector(
            Vertx vertx,
            MqttConfig config,
            Credentials credentials,
            RetainedMessages retained,
            DevicePresence presence,
            ShadowService shadows,
            ShadowTopics shadowTopics,
            MeterRegistry registry,
            SignInDelay delays,
            MqttLimits limits,
            KnownDevices known,
            InstantSource clock) {
        this.vertx = vertx;
        this.config = config;
        this.credentials = credentials;
        this.retained = retained;
        this.presence = presence;
        this.shadows = shadows;
        this.shadowTopics = shadowTopics;
        this.registry = registry;
        this.delays = delays;
        this.limits = limits;
        this.known = known;
        this.clock = clock;
    }

    @Override
    public synchronized Flow.Publisher<? extends Message<?>> getPublisher(Config channel) {
        if (endpoint != null) {
            throw new IllegalArgumentException("the embedded MQTT endpoint feeds one channel only");
        }
        TelemetryStream telemetry = new TelemetryStream();
        InFlight inFlight = new InFlight(
                config.maxInFlightMessages(), config.maxInFlightBytes().asLongValue());
        MqttEndpoint made = new MqttEndpoint(
                vertx,
                config,
                credentials::client,
                telemetry,
                inFlight,
                retained,
                presence,
                new MqttEndpoint.Shadows(shadows, shadowTopics),
                new EndpointMetrics(registry, inFlight),
                delays,
                limits,
                known,
                clock);
        endpoint = made;
        return telemetry;
    }

    /** The endpoint, empty if no channel asked for it. */
    public Optional<MqttEndpoint> endpoint() {
        return Optional.ofNullable(endpoint);
    }

    void start(@Observes @Priority(Interceptor.Priority.APPLICATION) StartupEvent startup) {
        MqttEndpoint made = endpoint;
        if (made != null) {
            made.start();
        }
    }

    /** Before the beans are destroyed, as what is in flight still has to become durable. */
    void stop(@Observes @Priority(1) ShutdownEvent shutdown) {
        MqttEndpoint running = endpoint;
        if (running != null) {
            running.stop(STOP_PATIENCE);
        }
    }
}
