package io.hearth.series.value;

/**
 * Which transmission brought some readings: what recognises them when their device sends them again.
 *
 * @param clientHash a hash of the MQTT client identifier
 * @param packetId the MQTT packet identifier, 1 to 65,535
 * @param payloadHash a hash of the payload
 * @param timeless whether it brought a reading without a time of its own, which would be doubled if it came again
 */
public record Transmission(long clientHash, int packetId, int payloadHash, boolean timeless) {
    /** So many transmissions a client may have in flight: those that it may send again. */
    public static final int MOST_IN_FLIGHT = 1024;
}
