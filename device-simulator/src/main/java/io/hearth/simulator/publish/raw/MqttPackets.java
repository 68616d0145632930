package io.hearth.simulator.publish.raw;

import io.hearth.simulator.publish.Credentials;
import io.hearth.simulator.publish.DeviceStatus;
import io.hearth.simulator.publish.WireBuffer;
import java.util.List;

/**
 * The packets of MQTT 3.1.1 that a publisher sends, as bytes.
 *
 * @see <a href="https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html">MQTT 3.1.1</a>
 */
public final class MqttPackets {

    static final int CONNACK = 2;
    public static final int PUBLISH = 3;
    public static final int PUBACK = 4;
    public static final int PUBREC = 5;
    public static final int PUBCOMP = 7;
    public static final int SUBACK = 9;
    public static final int PINGRESP = 13;

    private static final int CLEAN_SESSION = 0x02;
    private static final int WILL_QOS_0_RETAINED = 0x24;
    private static final int HAS_PASSWORD = 0x40;
    private static final int HAS_USERNAME = 0x80;

    private MqttPackets() {}

    /** CONNECT; the will is {@code offline}, retained, if {@code willTopic} is not empty. */
    public static void connect(
            WireBuffer out,
            String clientId,
            Credentials credentials,
            byte[] willTopic,
            boolean cleanSession,
            int keepAliveSeconds) {
        String username = credentials.username();
        byte[] password = credentials.password();
        WireBuffer body = new WireBuffer(256);
        body.string("MQTT");
        body.octet(4);
        body.octet((cleanSession ? CLEAN_SESSION : 0)
                | (willTopic.length > 0 ? WILL_QOS_0_RETAINED : 0)
                | (username != null ? HAS_USERNAME : 0)
                // 3.1.1 forbids a password without a name [MQTT-3.1.2-22].
                | (username != null && password != null ? HAS_PASSWORD : 0));
        body.uint16(keepAliveSeconds);
        body.string(clientId);
        if (willTopic.length > 0) {
            body.prefixed(willTopic);
            body.prefixed(DeviceStatus.OFFLINE);
        }
        if (username != null) {
            body.string(username);
            if (password != null) {
                body.prefixed(password);
            }
        }
        out.octet(0x10);
        out.varint(body.length());
        out.bytes(body.array(), body.length());
    }

    /** PUBLISH of anything; {@code packetId} is left out at QoS 0. */
    public static void publish(WireBuffer out, byte[] topic, byte[] payload, int qos, int packetId, boolean duplicate) {
        out.octet(0x30 | (duplicate ? 8 : 0) | qos << 1);
        out.varint(2 + topic.length + (qos > 0 ? 2 : 0) + payload.length);
        out.prefixed(topic);
        if (qos > 0) {
            out.uint16(packetId);
        }
        out.bytes(payload);
    }

    /** SUBSCRIBE to several topics at QoS 1. */
    public static void subscribe(WireBuffer out, int packetId, List<byte[]> topics) {
        out.octet(0x82);
        int length = 2;
        for (byte[] topic : topics) {
            length += 3 + topic.length;
        }
        out.varint(length);
        out.uint16(packetId);
        for (byte[] topic : topics) {
            out.prefixed(topic);
            out.octet(1);
        }
    }

    /** PUBACK for what the server published. */
    public static void acknowledge(WireBuffer out, int packetId) {
        out.octet(0x40);
        out.octet(2);
        out.uint16(packetId);
    }

    /** PUBLISH of telemetry; {@code packetId} is left out at QoS 0. */
    public static void publish(
            WireBuffer out, byte[] topic, WireBuffer payload, int qos, int packetId, boolean duplicate) {
        out.octet(0x30 | (duplicate ? 8 : 0) | qos << 1);
        out.varint(2 + topic.length + (qos > 0 ? 2 : 0) + payload.length());
        out.prefixed(topic);
        if (qos > 0) {
            out.uint16(packetId);
        }
        out.bytes(payload.array(), payload.length());
    }

    /** PUBLISH at QoS 0, retained. */
    public static void publishRetained(WireBuffer out, byte[] topic, byte[] payload) {
        out.octet(0x31);
        out.varint(2 + topic.length + payload.length);
        out.prefixed(topic);
        out.bytes(payload);
    }

    public static void release(WireBuffer out, int packetId) {
        out.octet(0x62);
        out.octet(2);
        out.uint16(packetId);
    }

    static void ping(WireBuffer out) {
        out.octet(0xC0);
        out.octet(0);
    }

    static void disconnect(WireBuffer out) {
        out.octet(0xE0);
        out.octet(0);
    }

    public static int uint16(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 8 | (bytes[at + 1] & 0xFF);
    }

    /** Why a CONNACK of MQTT 3.1.1 refuses. */
    static String refusal(int code) {
        return switch (code) {
            case 1 -> "unacceptable protocol version";
            case 2 -> "client id rejected";
            case 3 -> "server unavailable";
            case 4 -> "bad user name or password";
            case 5 -> "not authorized";
            default -> "code " + code;
        };
    }
}
