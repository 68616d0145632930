package io.hearth.mqtt.endpoint;

/**
 * The client broke the protocol, so its connection is to be closed. Without a stack trace: it says nothing about us, and
 * anybody can cause any number of these.
 */
final class ProtocolViolation extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final byte reasonCode;
    private final String what;

    /**
     * @param reasonCode of {@link ReasonCode}, what an MQTT 5 client is told
     * @param what for the log; without line breaks of the client's making
     */
    ProtocolViolation(byte reasonCode, String what) {
        super(what, null, false, false);
        this.reasonCode = reasonCode;
        this.what = what;
    }

    static ProtocolViolation malformed(String what) {
        return new ProtocolViolation(ReasonCode.MALFORMED_PACKET, what);
    }

    String what() {
        return what;
    }

    byte reasonCode() {
        return reasonCode;
    }
}
