package io.hearth.boot;

import io.hearth.config.MqttConfig;
import io.hearth.mqtt.external.BrokerStatus;
import io.hearth.mqtt.external.ExternalConnector;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.List;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;
import org.eclipse.microprofile.reactive.messaging.spi.Connector;

/** Ready when every connection to the external broker is connected and subscribed; always, if there is no such broker. */
@Readiness
@ApplicationScoped
class BrokerHealth implements HealthCheck {
    private final MqttConfig config;
    private final ExternalConnector connector;

    @Inject
    BrokerHealth(MqttConfig config, @Connector(ExternalConnector.NAME) ExternalConnector connector) {
        this.config = config;
        this.connector = connector;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("mqtt-broker");
        if (config.mode() != MqttConfig.Mode.EXTERNAL) {
            return response.up().withData("mode", "embedded").build();
        }
        List<BrokerStatus> connections = connector.connections();
        for (BrokerStatus connection : connections) {
            response.withData(connection.clientId(), textOf(connection));
        }
        boolean ready = !connections.isEmpty() && connections.stream().allMatch(BrokerStatus::connected);
        return response.status(ready).build();
    }

    private static String textOf(BrokerStatus connection) {
        if (connection.connected()) {
            return "connected";
        }
        String problem = connection.problem();
        return problem == null ? "connecting" : problem;
    }
}
