package io.hearth.mqtt.endpoint;

/**
 * A PUBLISH as it came in, or as it is to be routed. Shared between connections, so nobody changes the arrays.
 *
 * @param qos 0, 1 or 2
 * @param packetId 1 to 65,535; 0 with QoS 0
 * @param properties the bytes of the MQTT 5 properties without their length, valid and to be forwarded as they are; empty
 *     if there are none
 * @param payloadBytes the length of the payload as sent; more than {@code payload} holds if it was cut off, being too large
 */
record Publish(
        String topic,
        int qos,
        boolean dup,
        boolean retain,
        int packetId,
        byte[] properties,
        byte[] payload,
        int payloadBytes) {
    static final byte[] NO_BYTES = new byte[0];

    boolean isCutOff() {
        return payload.length < payloadBytes;
    }
}
