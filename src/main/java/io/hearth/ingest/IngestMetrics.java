package io.hearth.ingest;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** What ingest counts. */
final class IngestMetrics {
    final Counter deliveries;
    final Counter stored;
    final Counter duplicates;
    private final Counter[] deadLetters = new Counter[RejectionReason.values().length];
    private final Counter[] rejected = new Counter[RejectionReason.values().length];

    private final MeterRegistry registry;

    IngestMetrics(MeterRegistry registry) {
        this.registry = registry;
        deliveries = Counter.builder("hearth.ingest.messages.received")
                .description("Payloads of telemetry taken in, over MQTT or HTTP")
                .register(registry);
        stored = Counter.builder("hearth.ingest.readings.stored")
                .description("Readings that became durable")
                .register(registry);
        duplicates = Counter.builder("hearth.ingest.messages.duplicate")
                .description("Payloads that were sent again and had been stored already")
                .register(registry);
        for (RejectionReason reason : RejectionReason.values()) {
            deadLetters[reason.ordinal()] = Counter.builder("hearth.ingest.dead.letters")
                    .description("Dead letters by the reason of the first thing wrong in each")
                    .tag("reason", reason.label())
                    .register(registry);
            rejected[reason.ordinal()] = Counter.builder("hearth.ingest.readings.rejected")
                    .description("Readings refused to a sender that waited for the answer")
                    .tag("reason", reason.label())
                    .register(registry);
        }
    }

    /** Shows how many deliveries wait. */
    void queued(AtomicInteger deliveries) {
        registry.gauge("hearth.ingest.queue.messages", deliveries);
    }

    void deadLetter(RejectionReason reason) {
        deadLetters[reason.ordinal()].increment();
    }

    void rejected(RejectionReason reason) {
        rejected[reason.ordinal()].increment();
    }
}
