package io.hearth.mqtt;

import io.hearth.model.DeviceId;
import io.hearth.mqtt.ShadowTopics.Operation;
import io.hearth.mqtt.ShadowTopics.Request;
import io.hearth.shadow.ShadowListener;
import io.hearth.shadow.ShadowService;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowError;
import io.hearth.shadow.document.ShadowException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowJson;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.shadow.document.ShadowUpdate;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The conversation about shadows over MQTT: takes requests, and publishes answers once what they tell is durable. What
 * changes a shadow is told on its topics whoever asked for it, an app over REST and another region included.
 */
public final class ShadowMessages implements ShadowListener {
    /** Where answers go. Called on any thread. */
    public interface Publisher {
        /** Whether anybody would get what is published to {@code topic}; if not, it need not be made. */
        boolean isWanted(String topic);

        /** Publishes with QoS 1, in order. May wait until there is room. */
        void publish(String topic, byte[] payload);
    }

    private static final Logger LOG = Logger.getLogger(ShadowMessages.class);
    private static final String ACCEPTED = "/accepted";
    private static final String REJECTED = "/rejected";

    private final ShadowService shadows;
    private final ShadowTopics topics;
    private final Publisher publisher;
    private final InstantSource clock;

    public ShadowMessages(ShadowService shadows, ShadowTopics topics, Publisher publisher, InstantSource clock) {
        this.shadows = shadows;
        this.topics = topics;
        this.publisher = publisher;
        this.clock = clock;
    }

    /** From now on, changes of shadows are told through here. */
    public void start() {
        shadows.tell(this);
    }

    public ShadowTopics topics() {
        return topics;
    }

    /**
     * Serves a request.
     *
     * @param payload the whole payload, or the beginning of one that is too large
     * @param payloadBytes how long the payload is as a whole
     * @param by who sent it
     * @param done runs on any thread when it is answered: what was asked for is durable then, or refused
     */
    public void accept(Request request, byte[] payload, int payloadBytes, String by, Runnable done) {
        serve(request, payload, payloadBytes, by).whenComplete((answer, failure) -> {
            if (failure != null) {
                reject(request.topic(), failure);
            }
            done.run();
        });
    }

    private CompletionStage<?> serve(Request request, byte[] payload, int payloadBytes, String by) {
        if (!DeviceId.isValid(request.thing())) {
            return CompletableFuture.failedStage(new ShadowException(ShadowError.THING_NOT_FOUND, null));
        }
        if (!request.name().isEmpty() && !ShadowId.isName(request.name())) {
            return CompletableFuture.failedStage(new ShadowException(ShadowError.noShadow(request.name()), null));
        }
        ShadowId id = new ShadowId(new DeviceId(request.thing()), request.name());
        return switch (request.operation()) {
            case GET ->
                shadows.get(id, () -> bare(payload, payloadBytes))
                        .thenAccept(found -> publisher.publish(
                                request.topic() + ACCEPTED,
                                ShadowJson.whole(found.document(), seconds(), found.clientToken())));
            case UPDATE ->
                shadows.update(
                        id,
                        () -> {
                            requireSize(payloadBytes);
                            return ShadowRequest.update(payload, shadows.limits());
                        },
                        by);
            case DELETE -> shadows.delete(id, () -> bare(payload, payloadBytes), by);
        };
    }

    private ShadowRequest bare(byte[] payload, int payloadBytes) {
        requireSize(payloadBytes);
        return ShadowRequest.bare(payload, shadows.limits());
    }

    private static void requireSize(int payloadBytes) {
        if (payloadBytes > Limits.MAX_REQUEST_BYTES) {
            throw new ShadowException(ShadowError.TOO_LARGE, null);
        }
    }

    private void reject(String topic, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        ShadowError error = ShadowError.INTERNAL;
        String token = null;
        if (cause instanceof ShadowException refused) {
            error = refused.error();
            token = refused.clientToken();
        } else {
            LOG.warnf("A request for a shadow failed: %s", cause);
        }
        publisher.publish(topic + REJECTED, ShadowJson.rejected(error, seconds(), token));
    }

    @Override
    public void updated(ShadowId id, ShadowUpdate update) {
        String topic = topics.of(id, Operation.UPDATE);
        publish(topic + "/delta", () -> ShadowJson.delta(update));
        publish(topic + "/documents", () -> ShadowJson.documents(update));
        publish(topic + ACCEPTED, () -> ShadowJson.accepted(update));
    }

    @Override
    public void deleted(ShadowId id, ShadowDocument document, @Nullable String clientToken) {
        publish(topics.of(id, Operation.DELETE) + ACCEPTED, () -> ShadowJson.deleted(document, seconds(), clientToken));
    }

    @Override
    public void merged(ShadowId id, ShadowDocument previous, ShadowDocument current) {
        if (!current.exists()) {
            deleted(id, current, null);
            return;
        }
        String topic = topics.of(id, Operation.UPDATE);
        publish(topic + "/delta", () -> ShadowJson.delta(current, seconds(), null));
        publish(topic + "/documents", () -> ShadowJson.documents(previous, current, seconds(), null));
    }

    private interface Payload {
        byte @Nullable [] make();
    }

    private void publish(String topic, Payload payload) {
        if (publisher.isWanted(topic)) {
            byte[] made = payload.make();
            if (made != null) {
                publisher.publish(topic, made);
            }
        }
    }

    private long seconds() {
        return clock.instant().getEpochSecond();
    }
}
