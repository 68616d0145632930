package io.hearth.ingest;

import org.jspecify.annotations.Nullable;

/**
 * One payload of telemetry as it arrived, not looked at yet.
 *
 * @param topic where it was published; goes into the dead letter if it cannot be stored
 * @param device the device id as the topic names it, not validated
 * @param payload not copied, so the caller must not change it; of a payload that is too large to be stored the beginning
 *     is enough
 * @param payloadBytes how long the payload was, at least what {@code payload} holds of it
 * @param ingestTimeMicros when it arrived, microseconds since 1970-01-01T00:00Z; becomes the device time of a reading that has none
 * @param origin which transmission it is; null if the transport does not tell (QoS 0, HTTP)
 */
public record Delivery(
        String topic,
        String device,
        byte[] payload,
        long payloadBytes,
        long ingestTimeMicros,
        @Nullable Origin origin) {
    /** A delivery whose payload is complete. */
    public Delivery(String topic, String device, byte[] payload, long ingestTimeMicros, @Nullable Origin origin) {
        this(topic, device, payload, payload.length, ingestTimeMicros, origin);
    }
}
