package io.hearth.simulator.publish;

import java.time.Duration;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * How to reach the endpoint and how to speak to it.
 *
 * @param tls how to secure connections; null for none
 * @param window most unacknowledged messages per connection
 * @param reconnect whether to connect again, and resend, when a connection is lost
 * @param status whether each connection says {@code online} and {@code offline} in its devices' status topics
 */
public record PublishSettings(
        String host,
        int port,
        @Nullable SSLContext tls,
        CredentialBook credentials,
        int qos,
        int window,
        boolean reconnect,
        boolean status,
        Waits waits) {

    /**
     * How long to wait for what.
     *
     * @param connect how long to go on trying while the endpoint is not there yet; zero to fail at once
     * @param longestReconnect the longest pause before connecting again
     * @param drain how long to wait for sending and acknowledgements after the schedule's end
     * @param stop how long to wait for acknowledgements when told to stop
     */
    public record Waits(Duration connect, Duration longestReconnect, Duration drain, Duration stop) {
        public static final Duration DEFAULT_LONGEST_RECONNECT = Duration.ofSeconds(3);
        public static final Duration DEFAULT_STOP = Duration.ofSeconds(2);

        public Waits {
            if (longestReconnect.isZero()) {
                throw new IllegalArgumentException("the longest pause before connecting again must be above 0");
            }
        }
    }

    /** Packet ids have 16 bits and none is 0. */
    public static final int MAX_WINDOW = 65_535;

    public PublishSettings {
        if (qos < 0 || qos > 2) {
            throw new IllegalArgumentException("QoS is 0, 1 or 2, not " + qos);
        }
        if (window < 1 || window > MAX_WINDOW) {
            throw new IllegalArgumentException("the window is 1 to " + MAX_WINDOW + ", not " + window);
        }
    }

    /** Without TLS, as most tests and benches want it. */
    public static PublishSettings plain(
            String host,
            int port,
            Credentials credentials,
            int qos,
            int window,
            boolean reconnect,
            boolean status,
            Duration connectWait,
            Duration drainTimeout) {
        return new PublishSettings(
                host,
                port,
                null,
                CredentialBook.shared(credentials),
                qos,
                window,
                reconnect,
                status,
                new Waits(connectWait, Waits.DEFAULT_LONGEST_RECONNECT, drainTimeout, Waits.DEFAULT_STOP));
    }

    /** The endpoint, for messages. */
    public String endpoint() {
        return host + ":" + port;
    }
}
