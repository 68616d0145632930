package io.hearth.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Settings of MQTT: the endpoint inside the process, or the broker outside. */
@ConfigMapping(prefix = "hearth.mqtt")
public interface MqttConfig {
    /** Where devices publish to. */
    enum Mode {
        EMBEDDED,
        EXTERNAL
    }

    /** {@code embedded}: an endpoint inside this process; {@code external}: a broker. */
    @WithDefault("embedded")
    Mode mode();

    /** Embedded: the address to listen on; external: the broker's. */
    @WithDefault("127.0.0.1")
    String host();

    /** Embedded: the port to listen on, 0 picks a free one; external: the broker's. */
    @WithDefault("1883")
    @Within(min = "0", max = "65535")
    int port();

    /** External: the user to sign in to the broker as. */
    Optional<String> username();

    /** External: that user's password. */
    Optional<String> password();

    Tls tls();

    /** The largest payload that is stored; a larger one becomes a dead letter without its payload. */
    @WithDefault("256K")
    @Within(min = "1K", max = "16M")
    MemorySize maxPayload();

    /** How many messages may be received and not yet durable before the service stops reading from its sockets. */
    @WithDefault("16384")
    @Within(min = "1", max = "10000000")
    int maxInFlightMessages();

    /** How many bytes of payload may be received and not yet durable before it stops reading. */
    @WithDefault("64M")
    @Within(min = "1K", max = "1T")
    MemorySize maxInFlightBytes();

    External external();

    /** TLS, for the endpoint or towards the broker. */
    interface Tls {
        /** Whether to speak TLS. */
        @WithDefault("false")
        boolean enabled();

        /** PEM file of the certificate chain: the endpoint's, or the client's towards the broker. */
        Optional<Path> certificateFile();

        /** PEM file of the private key. */
        Optional<Path> keyFile();

        /** PEM file of the authorities to trust; without it the JDK's, towards a broker. */
        Optional<Path> trustFile();
    }

    /** Settings of the connections to a broker. */
    interface External {
        /** The client ids are this, {@code -}, and the number of the connection; must differ between services. */
        @WithDefault("hearth")
        String clientId();

        /** How many connections share the subscription; more than one needs a share group. */
        @WithDefault("1")
        @Within(min = "1", max = "1000")
        int connections();

        /**
         * The group of a shared subscription: the connections of all services of one group share the messages. Without it, an
         * ordinary subscription on one connection.
         */
        Optional<String> shareGroup();

        /** How long the broker keeps the session, and with it the messages, while the service is away. */
        @WithDefault("7d")
        @Within(min = "1s", max = "36500d")
        Duration sessionExpiry();
    }
}
