package io.hearth.mqtt;

import io.hearth.ingest.Delivery;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.reactive.messaging.Message;
import org.jspecify.annotations.Nullable;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;

/**
 * Every message is handed on or failed exactly once, and the subscriber hears one at a time. Two actors each, as jcstress leaves out
 * a test with more actors than the machine has processors.
 */
public final class TelemetryStreamStress {
    private static final Delivery DELIVERY = new Delivery("devices/d1/telemetry", "d1", new byte[0], 0, null);

    private TelemetryStreamStress() {}

    private static final class Counted extends TelemetryMessage {
        private final AtomicInteger answers = new AtomicInteger();

        Counted() {
            super(DELIVERY);
        }

        @Override
        protected void settled() {
            answers.incrementAndGet();
        }

        @Override
        protected void failed(Throwable cause) {
            answers.incrementAndGet();
        }
    }

    private abstract static class Subscribed implements Flow.Subscriber<TelemetryMessage> {
        final TelemetryStream stream = new TelemetryStream();
        final Counted one = new Counted();
        final Counted other = new Counted();
        final AtomicInteger overlaps = new AtomicInteger();
        private final AtomicInteger inside = new AtomicInteger();
        Flow.@Nullable Subscription subscription;

        @Override
        public void onSubscribe(Flow.Subscription given) {
            subscription = given;
        }

        @Override
        public void onNext(TelemetryMessage message) {
            if (inside.incrementAndGet() != 1) {
                overlaps.incrementAndGet();
            }
            ((Message<?>) message).ack();
            inside.decrementAndGet();
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onComplete() {}
    }

    /** Two emitters, one of which is the subscriber, too. */
    @JCStressTest
    @Outcome(id = "1, 1, 0", expect = Expect.ACCEPTABLE, desc = "each is handed on once, one at a time")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a message was lost, or handed on twice, or beside another")
    @State
    public static class EmitWhileSubscribing extends Subscribed {
        @Actor
        public void emits() {
            stream.emit(one);
        }

        @Actor
        public void subscribesAndEmits() {
            stream.subscribe(this);
            Flow.Subscription mine = subscription;
            if (mine != null) {
                mine.request(Long.MAX_VALUE);
            }
            stream.emit(other);
        }

        @Arbiter
        public void counts(III_Result result) {
            result.r1 = one.answers.get();
            result.r2 = other.answers.get();
            result.r3 = overlaps.get();
        }
    }

    /** Two messages while the subscriber goes. */
    @JCStressTest
    @Outcome(id = "1, 1", expect = Expect.ACCEPTABLE, desc = "each is handed on or failed, once")
    @Outcome(expect = Expect.FORBIDDEN, desc = "a message waits for ever, or was answered twice")
    @State
    public static class EmitWhileCancelling extends Subscribed {
        public EmitWhileCancelling() {
            stream.subscribe(this);
        }

        @Actor
        public void emits() {
            stream.emit(one);
            stream.emit(other);
        }

        @Actor
        public void cancels() {
            Flow.Subscription mine = subscription;
            if (mine != null) {
                mine.request(1);
                mine.cancel();
            }
        }

        @Arbiter
        public void counts(II_Result result) {
            result.r1 = one.answers.get();
            result.r2 = other.answers.get();
        }
    }
}
