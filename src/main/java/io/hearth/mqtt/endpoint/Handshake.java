package io.hearth.mqtt.endpoint;

import io.hearth.identity.Principal;
import io.hearth.identity.Right;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodeAndPropertiesVariableHeader;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/** Who may connect, and what is said to them: CONNACK, and MQTT 5's DISCONNECT from the server. */
final class Handshake {
    /** The longest client identifier; the specification asks for 23 characters at least. */
    static final int MAX_CLIENT_ID_CHARS = 1024;

    private Handshake() {}

    /** Why a client may not connect, for MQTT 3.1.1 and 5, and for the metric and the log. */
    enum Refusal {
        NO_CREDENTIALS(
                MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED,
                MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED_5,
                EndpointMetrics.Refused.CREDENTIALS,
                "no credentials"),
        WRONG_CREDENTIALS(
                MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USER_NAME_OR_PASSWORD,
                MqttConnectReturnCode.CONNECTION_REFUSED_BAD_USERNAME_OR_PASSWORD,
                EndpointMetrics.Refused.CREDENTIALS,
                "wrong credentials"),
        AUTHENTICATION_METHOD(
                MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED,
                MqttConnectReturnCode.CONNECTION_REFUSED_BAD_AUTHENTICATION_METHOD,
                EndpointMetrics.Refused.CREDENTIALS,
                "an authentication method, and there is none"),
        WILL(
                MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE,
                MqttConnectReturnCode.CONNECTION_REFUSED_QUOTA_EXCEEDED,
                EndpointMetrics.Refused.WILL,
                "a will that is too large, or for which there is no room"),
        CLIENT_ID(
                MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED,
                MqttConnectReturnCode.CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID,
                EndpointMetrics.Refused.CLIENT_ID,
                "a client identifier that is missing or too long");

        private final MqttConnectReturnCode mqtt3;
        private final MqttConnectReturnCode mqtt5;
        private final EndpointMetrics.Refused metric;
        private final String reason;

        Refusal(
                MqttConnectReturnCode mqtt3,
                MqttConnectReturnCode mqtt5,
                EndpointMetrics.Refused metric,
                String reason) {
            this.mqtt3 = mqtt3;
            this.mqtt5 = mqtt5;
            this.metric = metric;
            this.reason = reason;
        }

        EndpointMetrics.Refused metric() {
            return metric;
        }

        String reason() {
            return reason;
        }

        MqttConnAckMessage connAck(boolean toMqtt5) {
            return MqttMessageBuilders.connAck()
                    .returnCode(toMqtt5 ? mqtt5 : mqtt3)
                    .build();
        }
    }

    /** Why the request is to be refused; null if it is not. */
    static @Nullable Refusal check(
            ConnectRequest request, BiFunction<@Nullable String, byte @Nullable [], Principal> authenticator) {
        if (request.authenticationMethod() != null) {
            return Refusal.AUTHENTICATION_METHOD;
        }
        // Before the client id, so that a stranger learns nothing but that he is one.
        if (!authenticator.apply(request.username(), request.password()).may(Right.CONNECT)) {
            return request.password() == null ? Refusal.NO_CREDENTIALS : Refusal.WRONG_CREDENTIALS;
        }
        boolean missing = request.clientId().isEmpty() && !request.mqtt5() && !request.cleanStart();
        if (missing || request.clientId().length() > MAX_CLIENT_ID_CHARS) {
            return Refusal.CLIENT_ID;
        }
        return null;
    }

    /**
     * The CONNACK that accepts, and says what this server does not do: sessions that outlive the connection, shared
     * subscriptions, subscription identifiers, topic aliases (by leaving their maximum out).
     *
     * @param assignedClientId what the server chose, null if the client did
     */
    static MqttConnAckMessage accepted(ConnectRequest request, @Nullable String assignedClientId) {
        MqttMessageBuilders.ConnAckBuilder connAck = MqttMessageBuilders.connAck()
                .returnCode(MqttConnectReturnCode.CONNECTION_ACCEPTED)
                .sessionPresent(false);
        if (request.mqtt5()) {
            MqttMessageBuilders.ConnAckPropertiesBuilder properties =
                    new MqttMessageBuilders.ConnAckPropertiesBuilder();
            if (request.wantsSession()) {
                properties.sessionExpiryInterval(0);
            }
            if (assignedClientId != null) {
                properties.assignedClientId(assignedClientId);
            }
            connAck.properties(properties
                    .retainAvailable(true)
                    .receiveMaximum(Inbound.MAX_UNANSWERED)
                    .maximumPacketSize(PacketDecoder.MAX_PACKET_BYTES)
                    .sharedSubscriptionAvailable(false)
                    .subscriptionIdentifiersAvailable(false)
                    .build());
        }
        return connAck.build();
    }

    /** The CONNACK of a server that cannot let the client in for the time being. */
    static MqttConnAckMessage unavailable(boolean toMqtt5) {
        return MqttMessageBuilders.connAck()
                .returnCode(
                        toMqtt5
                                ? MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE_5
                                : MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE)
                .build();
    }

    /** What a client with a version we do not know gets: the CONNACK of 3.1.1, which it may recognise. */
    static MqttConnAckMessage unsupportedVersion() {
        return MqttMessageBuilders.connAck()
                .returnCode(MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION)
                .build();
    }

    /** MQTT 5's DISCONNECT from the server. */
    static MqttMessage disconnect(byte reasonCode) {
        return new MqttMessage(
                new MqttFixedHeader(MqttMessageType.DISCONNECT, false, MqttQoS.AT_MOST_ONCE, false, 0),
                new MqttReasonCodeAndPropertiesVariableHeader(reasonCode, MqttProperties.NO_PROPERTIES));
    }
}
