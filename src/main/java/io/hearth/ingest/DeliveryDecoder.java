package io.hearth.ingest;

import io.hearth.codec.MalformedPayloadException;
import io.hearth.model.DeviceId;
import io.hearth.series.value.Transmission;
import io.hearth.table.TableException;
import java.util.List;
import org.jboss.logging.Logger;

/** Decides what becomes of a delivery: readings, a dead letter, both, or nothing if it is stored already. On the thread of ingest. */
final class DeliveryDecoder {
    private static final Logger LOG = Logger.getLogger(DeliveryDecoder.class);

    private final Admission admission;
    private final DeadLetters deadLetters;
    private final Redeliveries redeliveries;
    private final long maxPayloadBytes;
    private final IngestMetrics metrics;

    DeliveryDecoder(
            Admission admission,
            DeadLetters deadLetters,
            Redeliveries redeliveries,
            long maxPayloadBytes,
            IngestMetrics metrics) {
        this.admission = admission;
        this.deadLetters = deadLetters;
        this.redeliveries = redeliveries;
        this.maxPayloadBytes = maxPayloadBytes;
        this.metrics = metrics;
    }

    /**
     * Decodes a delivery into a group: its readings, and a dead letter of what is none.
     *
     * @throws TableException if the table could not be read; the group may have got readings of the delivery
     */
    void decode(Delivery delivery, CommitGroup group) {
        byte[] payload = delivery.payload();
        if (delivery.payloadBytes() > maxPayloadBytes) {
            String detail = "the payload has " + delivery.payloadBytes() + " bytes, of at most " + maxPayloadBytes;
            bury(delivery, payload, RejectionReason.TOO_LARGE, detail, group);
            return;
        }
        if (!DeviceId.isValid(delivery.device())) {
            bury(delivery, payload, RejectionReason.INVALID_DEVICE, Admission.invalidDevice(), group);
            return;
        }
        DeviceId device = new DeviceId(delivery.device());
        int first = group.batch.size();
        byte[] reading;
        Admission.Admitted admitted;
        try {
            reading = MetricTopic.reading(delivery.topic(), payload);
            // What a topic names is one value, whatever it is made of: it is stored as a whole or not at all.
            admitted = reading == payload
                    ? admission.admitMost(device, reading, delivery.ingestTimeMicros(), group.batch)
                    : admission.admit(device, reading, delivery.ingestTimeMicros(), group.batch);
        } catch (MalformedPayloadException e) {
            bury(delivery, payload, RejectionReason.MALFORMED, String.valueOf(e.getMessage()), group);
            return;
        }
        Transmission transmission = null;
        Origin origin = delivery.origin();
        if (origin != null) {
            transmission = Redeliveries.transmission(origin, reading, admitted.timeless());
            // A reading with a time of its own overwrites itself when it comes again.
            if (origin.redelivered() && admitted.timeless() && redeliveries.isStored(device, transmission)) {
                metrics.duplicates.increment();
                group.batch.points().truncate(first);
                // It may not have been durable when the delivery came first: rather twice than never. This delivery's
                // time is not the one under which the rest is stored.
                buryRejected(delivery, reading, admitted.withWholeReadings(), group);
                return;
            }
            if (admitted.timeless()) {
                redeliveries.began(transmission, group);
            }
        }
        buryRejected(delivery, reading, admitted, group);
        group.batch.assign(device, first, delivery.ingestTimeMicros(), transmission);
    }

    /** Makes a dead letter of what is not stored of a delivery, if there is anything. */
    private void buryRejected(Delivery delivery, byte[] reading, Admission.Admitted admitted, CommitGroup group) {
        List<Rejection> rejections = admitted.rejections();
        if (rejections.isEmpty()) {
            return;
        }
        Rejection one = rejections.get(0);
        String detail = rejections.size() == 1
                ? one.detail()
                : one.detail() + " (and " + (rejections.size() - 1) + " more readings of this payload)";
        byte[] payload = delivery.payload();
        // What was published, not what was made of it.
        byte[] rejected = reading == payload ? admission.rejectedOf(payload, admitted) : payload;
        bury(delivery, rejected, one.reason(), detail, group);
    }

    /** Makes a dead letter of a delivery that could not be decoded for a fault of the service. */
    void buryUnhandled(Delivery delivery, RuntimeException e, CommitGroup group) {
        LOG.error("A payload could not be handled and becomes a dead letter", e);
        bury(delivery, delivery.payload(), RejectionReason.INTERNAL, "the service failed to handle it", group);
    }

    private void bury(Delivery delivery, byte[] payload, RejectionReason reason, String detail, CommitGroup group) {
        group.deadLetters.add(deadLetters.letter(delivery, payload, reason, detail));
    }
}
