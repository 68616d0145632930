package io.hearth.mqtt;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.eclipse.microprofile.reactive.messaging.Metadata;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The channel {@code telemetry} as a connector feeds it: many threads emit, one subscriber hears them one at a time, each
 * thread's messages in the order in which it emitted them.
 *
 * <p>What the subscriber has not asked for waits in a queue. The queue has no bound of its own: whoever emits has counted
 * the message into an {@link InFlight} before and stops receiving when that is full.
 */
public final class TelemetryStream implements Flow.Publisher<TelemetryMessage> {
    private static final Logger LOG = Logger.getLogger(TelemetryStream.class);

    private final Queue<TelemetryMessage> queue = new ConcurrentLinkedQueue<>();
    /** Signals not handled yet; whoever raises it from 0 drains for all, which is what keeps the subscriber's calls apart. */
    private final AtomicInteger signals = new AtomicInteger();

    private final AtomicLong demand = new AtomicLong();
    private final AtomicReference<Flow.@Nullable Subscriber<? super TelemetryMessage>> subscriber =
            new AtomicReference<>();
    private volatile boolean cancelled;

    /** Hands {@code message} on; at the latest when it is asked for. After a cancellation the message fails. */
    public void emit(TelemetryMessage message) {
        queue.add(message);
        drain();
    }

    /** Accepts one subscriber; any further one is refused, as each message is to be handled once. */
    @Override
    public void subscribe(Flow.Subscriber<? super TelemetryMessage> newSubscriber) {
        boolean first = subscriber.compareAndSet(null, newSubscriber);
        newSubscriber.onSubscribe(first ? new Demand() : new Refused());
        if (!first) {
            newSubscriber.onError(new IllegalStateException("the telemetry stream has a subscriber already"));
        }
        drain();
    }

    private void drain() {
        if (signals.getAndIncrement() != 0) {
            return;
        }
        int handled = 1;
        do {
            handOn();
            handled = signals.addAndGet(-handled);
        } while (handled != 0);
    }

    private void handOn() {
        Flow.Subscriber<? super TelemetryMessage> to = subscriber.get();
        if (to == null) {
            return;
        }
        while (true) {
            if (cancelled) {
                failAll();
                return;
            }
            if (demand.get() == 0) {
                return;
            }
            TelemetryMessage message = queue.poll();
            if (message == null) {
                return;
            }
            if (demand.get() != Long.MAX_VALUE) {
                demand.decrementAndGet();
            }
            try {
                to.onNext(message);
            } catch (RuntimeException e) {
                // The messages behind it must not wait for ever; its sender is not told that it was kept.
                LOG.error("A message of telemetry was not taken", e);
                message.nack(e, Metadata.empty());
            }
        }
    }

    private void failAll() {
        TelemetryMessage message;
        while ((message = queue.poll()) != null) {
            message.nack(new IllegalStateException("nobody takes telemetry any more"), Metadata.empty());
        }
    }

    private final class Demand implements Flow.Subscription {
        @Override
        public void request(long n) {
            demand.accumulateAndGet(n, (had, more) -> {
                long sum = had + more;
                return sum < 0 ? Long.MAX_VALUE : sum;
            });
            drain();
        }

        @Override
        public void cancel() {
            cancelled = true;
            drain();
        }
    }

    private static final class Refused implements Flow.Subscription {
        @Override
        public void request(long n) {}

        @Override
        public void cancel() {}
    }
}
