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
    private final HearthConfig hearth;
    private final MqttConfig mqtt;
    private final String httpHost;

    @Inject
    public Listeners(
            HearthConfig hearth, MqttConfig mqtt, @ConfigProperty(name = "quarkus.http.host") String httpHost) {
        this.hearth = hearth;
        this.mqtt = mqtt;
        this.httpHost = httpHost;
    }

    /**
     * Refuses to serve strangers; to be called before anything listens.
     *
     * @throws StartupRefusedException {@code hearth.auth} is off and a listener can be reached from another machine
     */
    public void refuseIfOpenToStrangers() {
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
