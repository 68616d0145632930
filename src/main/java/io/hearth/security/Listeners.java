package io.hearth.security;

import io.hearth.config.HearthConfig;
import io.hearth.config.MqttConfig;
import io.hearth.config.StartupRefusedException;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** Where the service listens, and whether it may do so without asking for credentials. */
@Singleton
public class Listeners {
    private static final int MAX_PORT = 65_535;

    private final HearthConfig hearth;
    private final MqttConfig mqtt;
    private final String httpHost;
    private final int httpPort;

    @Inject
    public Listeners(
            HearthConfig hearth,
            MqttConfig mqtt,
            @ConfigProperty(name = "quarkus.http.host") String httpHost,
            @ConfigProperty(name = "quarkus.http.port") int httpPort) {
        this.hearth = hearth;
        this.mqtt = mqtt;
        this.httpHost = httpHost;
        this.httpPort = httpPort;
    }

    /**
     * Refuses to serve strangers, and a port that is none; to be called before anything listens.
     *
     * @throws StartupRefusedException {@code hearth.auth} is off and a listener can be reached from another machine, or the
     *     port of HTTP is none
     */
    public void refuseIfOpenToStrangers() {
        if (httpPort < 0 || httpPort > MAX_PORT) {
            throw new StartupRefusedException("QUARKUS_HTTP_PORT must be from 0 to " + MAX_PORT, null);
        }
        if (hearth.auth()) {
            return;
        }
        refuseUnlessLoopback("QUARKUS_HTTP_HOST", new Host(httpHost));
        if (mqtt.mode() == MqttConfig.Mode.EMBEDDED) {
            refuseUnlessLoopback("HEARTH_MQTT_HOST", new Host(mqtt.host()));
        }
    }

    private static void refuseUnlessLoopback(String variable, Host host) {
        if (!host.isLoopback()) {
            throw new StartupRefusedException(
                    "HEARTH_AUTH=off is only for listeners on loopback, and " + variable + " is " + host.name
                            + ": turn authentication on, or listen on 127.0.0.1",
                    null);
        }
    }

    private record Host(String name) {
        /** Whether every address of this host is loopback; a name without an address is not. */
        boolean isLoopback() {
            try {
                return Arrays.stream(InetAddress.getAllByName(name)).allMatch(InetAddress::isLoopbackAddress);
            } catch (UnknownHostException e) {
                return false;
            }
        }
    }
}
