package io.hearth.mqtt.external;

import io.hearth.config.MqttConfig;
import io.hearth.config.StartupRefusedException;
import io.hearth.mqtt.TelemetryTopic;
import java.io.EOFException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLSocketFactory;
import org.eclipse.paho.mqttv5.client.MqttClientException;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttDisconnectResponse;
import org.eclipse.paho.mqttv5.common.MqttException;
import org.eclipse.paho.mqttv5.common.packet.MqttReturnCode;
import org.jspecify.annotations.Nullable;

/** How to reach the broker, from the settings, and what its answers mean in terms of them. */
final class BrokerOptions {
    static final String PLAIN_FILTER = TelemetryTopic.FILTER;

    /** Larger packets the broker keeps to itself: a few of them at once, as Paho reads them whole, would fill the heap. */
    private static final long MAX_PACKET_BYTES = 16 << 20;

    private static final int MAX_RECEIVE_MAXIMUM = 65_535;
    private static final long MAX_EXPIRY_SECONDS = 0xFFFF_FFFFL;
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(10);
    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(20);

    /** Also after how long without a sign of life, while there should be one, the connection counts as lost. */
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(30);

    private final MqttConfig config;
    private final @Nullable SSLSocketFactory tls;
    private final String filter;

    /**
     * @param tls null to speak without TLS
     * @throws StartupRefusedException the settings contradict each other
     */
    BrokerOptions(MqttConfig config, @Nullable SSLSocketFactory tls) {
        this.config = config;
        this.tls = tls;
        MqttConfig.External external = config.external();
        String group = external.shareGroup().orElse("");
        if (external.connections() < 1) {
            throw new StartupRefusedException("HEARTH_MQTT_EXTERNAL_CONNECTIONS must be at least 1", null);
        }
        if (group.isEmpty() && external.connections() > 1) {
            throw new StartupRefusedException(
                    "HEARTH_MQTT_EXTERNAL_CONNECTIONS is " + external.connections()
                            + ", and each would receive every message: set HEARTH_MQTT_EXTERNAL_SHARE_GROUP, or use one connection",
                    null);
        }
        if (group.chars().anyMatch(c -> c == '/' || c == '+' || c == '#')) {
            throw new StartupRefusedException("HEARTH_MQTT_EXTERNAL_SHARE_GROUP must not contain any of / + #", null);
        }
        filter = shared(PLAIN_FILTER);
    }

    int connections() {
        return config.external().connections();
    }

    /** The client id of a connection, by its number from 1. */
    String clientId(int number) {
        return config.external().clientId() + "-" + number;
    }

    /** The client id of the connection over which shadows answer. */
    String answersClientId() {
        return config.external().clientId() + "-answers";
    }

    String filter() {
        return filter;
    }

    /** How to subscribe to a filter: shared, if there is a group. */
    String shared(String plainFilter) {
        String group = config.external().shareGroup().orElse("");
        return group.isEmpty() ? plainFilter : "$share/" + group + "/" + plainFilter;
    }

    boolean isShared() {
        return config.external().shareGroup().isPresent();
    }

    /** Host and port, as a person writes them. */
    String address() {
        String host = config.host();
        return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + config.port();
    }

    String uri() {
        return (tls == null ? "tcp://" : "ssl://") + address();
    }

    /** How long the broker may take to accept a connection before the attempt is given up. */
    Duration answerPatience() {
        return ANSWER_PATIENCE;
    }

    long sessionExpirySeconds() {
        return Math.min(config.external().sessionExpiry().toSeconds(), MAX_EXPIRY_SECONDS);
    }

    MqttConnectionOptions connectOptions() {
        MqttConnectionOptions options = new MqttConnectionOptions();
        options.setCleanStart(false);
        options.setSessionExpiryInterval(sessionExpirySeconds());
        options.setReceiveMaximum(
                Math.max(1, Math.min(config.maxInFlightMessages() / connections(), MAX_RECEIVE_MAXIMUM)));
        options.setMaximumPacketSize(
                Math.max(MAX_PACKET_BYTES, 2 * config.maxPayload().asLongValue()));
        options.setKeepAliveInterval((int) KEEP_ALIVE.toSeconds());
        options.setConnectionTimeout((int) CONNECT_PATIENCE.toSeconds());
        // A lost connection is made again by BrokerConnection, with a new client; see BrokerSession.
        options.setAutomaticReconnect(false);
        options.setUseSubscriptionIdentifiers(false);
        config.username().ifPresent(options::setUserName);
        config.password().ifPresent(password -> options.setPassword(password.getBytes(StandardCharsets.UTF_8)));
        if (tls != null) {
            options.setSocketFactory(tls);
            options.setHttpsHostnameVerificationEnabled(true);
        }
        return options;
    }

    /** Why the broker, or Paho on its behalf, ended a connection; in a sentence for the operator. */
    String explain(MqttDisconnectResponse response) {
        MqttException cause = response.getException();
        if (cause != null) {
            return explain(cause);
        }
        String reason = response.getReasonString();
        return explain(response.getReturnCode()) + (reason == null ? "" : " (" + reason + ")");
    }

    String explain(@Nullable Throwable failure) {
        if (!(failure instanceof MqttException mqtt)) {
            return "failed: " + failure;
        }
        Throwable cause = mqtt.getCause();
        return switch (mqtt.getReasonCode()) {
            case MqttClientException.REASON_CODE_SERVER_CONNECT_ERROR ->
                "the broker at " + address() + " cannot be reached: " + messageOf(cause);
            case MqttClientException.REASON_CODE_CONNECTION_LOST ->
                "the broker at " + address() + " ended the connection: " + messageOf(cause);
            case MqttClientException.REASON_CODE_CLIENT_TIMEOUT, MqttClientException.REASON_CODE_WRITE_TIMEOUT ->
                "no sign of life from the broker at " + address() + " for " + KEEP_ALIVE.toSeconds()
                        + " s, or the service could take no more messages for so long";
            case 0 -> "the broker at " + address() + " cannot be reached: " + messageOf(cause);
            default -> explain(mqtt.getReasonCode());
        };
    }

    private String explain(int reasonCode) {
        return switch (reasonCode) {
            case MqttReturnCode.RETURN_CODE_BAD_USERNAME_OR_PASSWORD, MqttReturnCode.RETURN_CODE_NOT_AUTHORIZED ->
                "the broker refused "
                        + config.username().map(name -> "the user " + name).orElse("a client without a user name")
                        + ": wrong credentials, or not allowed";
            case MqttReturnCode.RETURN_CODE_UNSUPPORTED_PROTOCOL_VERSION, 1 ->
                "the broker does not speak MQTT 5, which the service needs";
            case MqttReturnCode.RETURN_CODE_SESSION_TAKEN_OVER ->
                "another client connected with this client id; set HEARTH_MQTT_EXTERNAL_CLIENT_ID to one that no other service has";
            case MqttReturnCode.RETURN_CODE_SERVER_SHUTTING_DOWN -> "the broker shuts down";
            default ->
                "the broker or Paho says: " + new MqttException(reasonCode).getMessage() + " (reason code " + reasonCode
                        + ")";
        };
    }

    private static String messageOf(@Nullable Throwable cause) {
        if (cause == null) {
            return "no reason given";
        }
        if (cause instanceof EOFException) {
            return "without saying why";
        }
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
