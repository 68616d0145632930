package io.hearth.ingest;

/**
 * Which transmission a delivery is, as far as its sender tells: what recognises a reading without a time of its own that
 * is sent again.
 *
 * @param clientId the MQTT client identifier
 * @param packetId the MQTT packet identifier, 1 to 65,535
 * @param redelivered whether the sender says that it may have sent this before (MQTT's DUP)
 */
public record Origin(String clientId, int packetId, boolean redelivered) {}
