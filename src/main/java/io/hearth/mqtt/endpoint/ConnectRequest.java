package io.hearth.mqtt.endpoint;

import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectPayload;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.MqttPropertyType;
import io.netty.handler.codec.mqtt.MqttVersion;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for in its CONNECT, well-formed.
 *
 * @param clientId empty if the server is to choose one
 * @param will to be published when the connection ends without a proper DISCONNECT
 * @param keepAliveSeconds 0 means that the client may be silent for as long as it likes
 * @param receiveMaximum how many messages of QoS 1 it takes before it acknowledges the first
 * @param maximumPacketBytes the longest packet it takes
 * @param authenticationMethod of MQTT 5's extended authentication, which we have none of
 */
record ConnectRequest(
        boolean mqtt5,
        String clientId,
        boolean cleanStart,
        @Nullable String username,
        byte @Nullable [] password,
        @Nullable Publish will,
        int keepAliveSeconds,
        int receiveMaximum,
        long maximumPacketBytes,
        boolean wantsSession,
        @Nullable String authenticationMethod) {
    private static final int MAX_RECEIVE_MAXIMUM = 0xFFFF;

    /** @throws ProtocolViolation the packet breaks a rule that Netty's decoder does not check */
    static ConnectRequest of(MqttConnectMessage connect) {
        MqttConnectVariableHeader header = connect.variableHeader();
        MqttConnectPayload payload = connect.payload();
        boolean mqtt5 = header.version() == MqttVersion.MQTT_5.protocolLevel();
        requireText(payload.clientIdentifier(), "client identifier");
        requireText(payload.userName(), "user name");
        if (header.hasPassword() && !header.hasUserName() && !mqtt5) {
            throw ProtocolViolation.malformed("a CONNECT with a password and no user name");
        }
        MqttProperties properties = header.properties();
        return new ConnectRequest(
                mqtt5,
                payload.clientIdentifier(),
                header.isCleanSession(),
                payload.userName(),
                payload.passwordInBytes(),
                header.isWillFlag() ? will(header, payload) : noWill(header),
                header.keepAliveTimeSeconds(),
                (int) positive(properties, MqttPropertyType.RECEIVE_MAXIMUM, MAX_RECEIVE_MAXIMUM),
                positive(properties, MqttPropertyType.MAXIMUM_PACKET_SIZE, Long.MAX_VALUE),
                number(properties, MqttPropertyType.SESSION_EXPIRY_INTERVAL, 0) != 0,
                properties.getProperty(MqttPropertyType.AUTHENTICATION_METHOD.value())
                                instanceof MqttProperties.StringProperty method
                        ? method.value()
                        : null);
    }

    private static Publish will(MqttConnectVariableHeader header, MqttConnectPayload payload) {
        String topic = payload.willTopic();
        if (topic == null || header.willQos() > 2) {
            throw ProtocolViolation.malformed("the will of a CONNECT");
        }
        requireText(topic, "will topic");
        Topics.requireName(topic);
        byte[] message = payload.willMessageInBytes();
        return new Publish(
                topic,
                header.willQos(),
                false,
                header.isWillRetain(),
                0,
                PublishProperties.write(payload.willProperties()),
                message,
                message.length);
    }

    private static @Nullable Publish noWill(MqttConnectVariableHeader header) {
        if (header.willQos() != 0 || header.isWillRetain()) {
            throw ProtocolViolation.malformed("a CONNECT with the flags of a will and no will");
        }
        return null;
    }

    /** Netty decodes what is not UTF-8 to U+FFFD, which no sane client sends. */
    private static void requireText(@Nullable String text, String what) {
        if (text != null && (text.indexOf('\0') >= 0 || text.indexOf('\uFFFD') >= 0)) {
            throw ProtocolViolation.malformed("the " + what + " of a CONNECT is not UTF-8 or holds U+0000");
        }
    }

    private static long positive(MqttProperties properties, MqttPropertyType type, long ifMissing) {
        long value = number(properties, type, ifMissing);
        if (value == 0) {
            throw new ProtocolViolation(ReasonCode.PROTOCOL_ERROR, "a CONNECT with a " + type + " of 0");
        }
        return value;
    }

    private static long number(MqttProperties properties, MqttPropertyType type, long ifMissing) {
        // Netty reads four unsigned bytes as an int.
        return properties.getProperty(type.value()) instanceof MqttProperties.IntegerProperty property
                ? Integer.toUnsignedLong(property.value())
                : ifMissing;
    }
}
