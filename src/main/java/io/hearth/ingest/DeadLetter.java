package io.hearth.ingest;

/**
 * A payload, or one reading of a batch, that could not be stored.
 *
 * @param id names it in the API
 * @param topic where it was published
 * @param device the device id as the topic names it, valid or not
 * @param payload as it came; of one that was too large the first bytes
 * @param payloadBytes how many bytes it had
 * @param detail what is wrong, in a sentence
 * @param timeMicros when it arrived, microseconds since 1970-01-01T00:00Z
 */
public record DeadLetter(
        String id,
        String topic,
        String device,
        byte[] payload,
        long payloadBytes,
        RejectionReason reason,
        String detail,
        long timeMicros) {}
