package io.hearth.mqtt;

import io.hearth.ingest.Delivery;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.eclipse.microprofile.reactive.messaging.Metadata;

/**
 * One delivery on the channel {@code telemetry}, which is answered once; a second answer has no effect. Acknowledging the message means that what it carries is durable, so its
 * connector may tell the sender; a negative acknowledgement means that the sender must send it again.
 *
 * <p>A class instead of {@link Message#of}, as it is made for every publish: it carries what its connector needs to answer
 * and no lambdas.
 */
public abstract class TelemetryMessage implements Message<Delivery> {
    private static final CompletionStage<Void> DONE = CompletableFuture.completedStage(null);

    private static final AtomicIntegerFieldUpdater<TelemetryMessage> ANSWERED =
            AtomicIntegerFieldUpdater.newUpdater(TelemetryMessage.class, "answered");

    private final Delivery delivery;

    @SuppressWarnings("UnusedVariable") // by the updater
    private volatile int answered;

    protected TelemetryMessage(Delivery delivery) {
        this.delivery = delivery;
    }

    /** What it carries is durable. Called at most once, on any thread; must be quick and not throw. */
    protected abstract void settled();

    /** What it carries was not kept. Called at most once and instead of {@link #settled}; must be quick and not throw. */
    protected abstract void failed(Throwable cause);

    @Override
    public final Delivery getPayload() {
        return delivery;
    }

    @Override
    public final CompletionStage<Void> ack(Metadata metadata) {
        if (ANSWERED.compareAndSet(this, 0, 1)) {
            settled();
        }
        return DONE;
    }

    @Override
    public final CompletionStage<Void> nack(Throwable reason, Metadata metadata) {
        if (ANSWERED.compareAndSet(this, 0, 1)) {
            failed(reason);
        }
        return DONE;
    }

    // For messages derived from this one, which call the functions and not the methods.

    @Override
    public final Function<Metadata, CompletionStage<Void>> getAckWithMetadata() {
        return this::ack;
    }

    @Override
    public final BiFunction<Throwable, Metadata, CompletionStage<Void>> getNackWithMetadata() {
        return this::nack;
    }
}
