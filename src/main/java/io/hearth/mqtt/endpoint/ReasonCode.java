package io.hearth.mqtt.endpoint;

/** The MQTT 5 reason codes that this server sends, as the bytes on the wire (MQTT 5.0, section 2.4). */
final class ReasonCode {
    static final byte SUCCESS = 0;
    static final byte DISCONNECT_WITH_WILL = 0x04;
    static final byte NO_SUBSCRIPTION_EXISTED = 0x11;
    static final byte MALFORMED_PACKET = (byte) 0x81;
    static final byte PROTOCOL_ERROR = (byte) 0x82;
    static final byte IMPLEMENTATION_SPECIFIC = (byte) 0x83;
    static final byte UNSUPPORTED_VERSION = (byte) 0x84;
    static final byte CLIENT_ID_NOT_VALID = (byte) 0x85;
    static final byte BAD_CREDENTIALS = (byte) 0x86;
    static final byte NOT_AUTHORIZED = (byte) 0x87;
    static final byte SERVER_SHUTTING_DOWN = (byte) 0x8B;
    static final byte BAD_AUTHENTICATION_METHOD = (byte) 0x8C;
    static final byte KEEP_ALIVE_TIMEOUT = (byte) 0x8D;
    static final byte SESSION_TAKEN_OVER = (byte) 0x8E;
    static final byte TOPIC_FILTER_INVALID = (byte) 0x8F;
    static final byte TOPIC_NAME_INVALID = (byte) 0x90;
    static final byte RECEIVE_MAXIMUM_EXCEEDED = (byte) 0x93;
    static final byte TOPIC_ALIAS_INVALID = (byte) 0x94;
    static final byte PACKET_TOO_LARGE = (byte) 0x95;
    static final byte QUOTA_EXCEEDED = (byte) 0x97;
    static final byte SHARED_SUBSCRIPTIONS_NOT_SUPPORTED = (byte) 0x9E;
    static final byte SUBSCRIPTION_IDS_NOT_SUPPORTED = (byte) 0xA1;

    private ReasonCode() {}
}
