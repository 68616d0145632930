package io.hearth.mqtt;

import io.hearth.ingest.Delivery;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.Receipt;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;
import org.eclipse.microprofile.reactive.messaging.Acknowledgment;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.jboss.logging.Logger;

/**
 * The channel {@code telemetry}: hands every message to ingest and acknowledges it when it is durable.
 *
 * <p>A subscriber, and not a method per message: thousands of messages are under way at once, and nothing has to wait for
 * the one before. The connectors bound how many.
 */
@ApplicationScoped
public class TelemetryChannel {
    /** The name of the channel. */
    public static final String NAME = "telemetry";

    private static final Logger LOG = Logger.getLogger(TelemetryChannel.class);

    private final BiConsumer<Delivery, Receipt> ingest;

    @Inject
    public TelemetryChannel(Ingest ingest) {
        this(ingest::submit);
    }

    TelemetryChannel(BiConsumer<Delivery, Receipt> ingest) {
        this.ingest = ingest;
    }

    /** The subscriber of the channel. */
    @Incoming(NAME)
    @Acknowledgment(Acknowledgment.Strategy.MANUAL)
    public Flow.Subscriber<Message<Delivery>> consumer() {
        return new Consumer();
    }

    private final class Consumer implements Flow.Subscriber<Message<Delivery>> {
        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Message<Delivery> message) {
            ingest.accept(message.getPayload(), new Answering(message));
        }

        @Override
        public void onError(Throwable failure) {
            LOG.error("The channel of telemetry failed, so nothing is taken in any more", failure);
        }

        @Override
        public void onComplete() {
            LOG.debug("The channel of telemetry is complete");
        }
    }

    private record Answering(Message<Delivery> message) implements Receipt {
        @Override
        public void settled() {
            message.ack();
        }

        @Override
        public void failed(Throwable cause) {
            message.nack(cause);
        }
    }
}
