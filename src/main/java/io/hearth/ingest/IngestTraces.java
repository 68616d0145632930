package io.hearth.ingest;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Spans of sampled deliveries: one from arrival until it is durable, just before it is acknowledged, and in it one for the
 * commit that it shares with others. Names and attributes follow OpenTelemetry's conventions for messaging; nothing of a
 * payload is in them.
 */
final class IngestTraces {
    private static final String MESSAGE = "process devices/{deviceId}/telemetry";
    private static final String COMMIT = "commit";

    private final Tracer tracer;

    IngestTraces(Tracer tracer) {
        this.tracer = tracer;
    }

    /** A delivery on its way. */
    static final class Traced {
        private final Tracer tracer;
        private final Span message;
        private @Nullable Span commit;

        private Traced(Tracer tracer, Span message) {
            this.tracer = tracer;
            this.message = message;
        }
    }

    /** Begins the span of a delivery if it is sampled. */
    void admitted(Delivery delivery, List<Traced> target) {
        Span span = tracer.spanBuilder(MESSAGE)
                .setNoParent()
                .setSpanKind(SpanKind.CONSUMER)
                .setStartTimestamp(delivery.ingestTimeMicros(), TimeUnit.MICROSECONDS)
                .startSpan();
        if (span.isRecording()) {
            span.setAttribute("messaging.system", "mqtt");
            span.setAttribute("messaging.operation.type", "process");
            span.setAttribute("messaging.message.body.size", delivery.payloadBytes());
            span.setAttribute("hearth.device", delivery.device());
            target.add(new Traced(tracer, span));
        }
    }

    static void committing(List<Traced> deliveries) {
        for (Traced delivery : deliveries) {
            delivery.commit = delivery.tracer
                    .spanBuilder(COMMIT)
                    .setParent(Context.root().with(delivery.message))
                    .startSpan()
                    .setAttribute("hearth.commit.traced_messages", deliveries.size());
        }
    }

    static void committed(List<Traced> deliveries, @Nullable Throwable failure) {
        for (Traced delivery : deliveries) {
            if (failure != null) {
                delivery.message.setStatus(StatusCode.ERROR, String.valueOf(failure.getMessage()));
            }
            if (delivery.commit != null) {
                delivery.commit.end();
            }
            delivery.message.end();
        }
    }
}
