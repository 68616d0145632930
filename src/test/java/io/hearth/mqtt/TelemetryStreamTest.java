package io.hearth.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.ingest.Delivery;
import io.hearth.ingest.Origin;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TelemetryStreamTest {
    private final TelemetryStream stream = new TelemetryStream();

    @Test
    void emit_manyThreads_subscriberIsCalledByOneAtATimeAndInOrderPerThread() throws Exception {
        Collector collector = new Collector(Long.MAX_VALUE);
        stream.subscribe(collector);
        int threads = 4;
        int each = 50_000;
        CountDownLatch start = new CountDownLatch(1);
        List<Thread> emitters = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            String client = "c" + t;
            Thread emitter = new Thread(() -> {
                await(start);
                for (int i = 0; i < each; i++) {
                    stream.emit(new Probe(client, i));
                }
            });
            emitter.start();
            emitters.add(emitter);
        }
        start.countDown();
        for (Thread emitter : emitters) {
            emitter.join();
        }

        assertThat(collector.overlaps.get()).isZero();
        assertThat(collector.received).hasSize(threads * each);
        Map<String, Integer> next = new HashMap<>();
        for (Probe probe : collector.received) {
            assertThat(probe.number).isEqualTo(next.merge(probe.getPayload().device(), 0, (had, zero) -> had + 1));
        }
    }

    @Test
    void emit_beforeSubscriptionAndBeyondDemand_waitsUntilAskedFor() {
        stream.emit(new Probe("c", 0));
        Collector collector = new Collector(1);
        stream.subscribe(collector);
        stream.emit(new Probe("c", 1));
        stream.emit(new Probe("c", 2));
        assertThat(collector.numbers()).containsExactly(0);

        collector.subscription().request(1);
        assertThat(collector.numbers()).containsExactly(0, 1);
        collector.subscription().request(Long.MAX_VALUE);
        assertThat(collector.numbers()).containsExactly(0, 1, 2);
    }

    @Test
    void cancel_waitingAndLaterMessages_fail() {
        Collector collector = new Collector(0);
        stream.subscribe(collector);
        Probe waiting = new Probe("c", 0);
        stream.emit(waiting);
        collector.subscription().cancel();
        Probe later = new Probe("c", 1);
        stream.emit(later);

        assertThat(waiting.failures.get()).isEqualTo(1);
        assertThat(later.failures.get()).isEqualTo(1);
        assertThat(collector.received).isEmpty();
    }

    @Test
    void emit_subscriberThrows_failsTheMessageAndGoesOnWithTheNext() {
        Collector collector = new Collector(Long.MAX_VALUE) {
            @Override
            public void onNext(TelemetryMessage message) {
                if (((Probe) message).number == 0) {
                    throw new IllegalStateException("on demand");
                }
                super.onNext(message);
            }
        };
        stream.subscribe(collector);
        Probe bad = new Probe("c", 0);
        stream.emit(bad);
        stream.emit(new Probe("c", 1));

        assertThat(bad.failures.get()).isEqualTo(1);
        assertThat(collector.numbers()).containsExactly(1);
    }

    @Test
    void message_answeredTwice_hearsTheFirstAnswerOnly() {
        Probe probe = new Probe("c", 0);

        probe.nack(new IllegalStateException("first"));
        probe.ack();
        probe.nack(new IllegalStateException("third"));

        assertThat(probe.failures.get()).isEqualTo(1);
        assertThat(probe.settlements.get()).isZero();
    }

    @Test
    void subscribe_twice_refusesTheSecondAndKeepsTheFirst() {
        Collector first = new Collector(Long.MAX_VALUE);
        Collector second = new Collector(Long.MAX_VALUE);
        stream.subscribe(first);
        stream.subscribe(second);
        stream.emit(new Probe("c", 7));

        assertThat(second.errors.get()).isEqualTo(1);
        assertThat(second.received).isEmpty();
        assertThat(first.numbers()).containsExactly(7);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static final class Probe extends TelemetryMessage {
        final int number;
        final AtomicInteger failures = new AtomicInteger();
        final AtomicInteger settlements = new AtomicInteger();

        Probe(String client, int number) {
            super(new Delivery(
                    "devices/" + client + "/telemetry", client, new byte[0], 0, new Origin(client, 1, false)));
            this.number = number;
        }

        @Override
        protected void settled() {
            settlements.incrementAndGet();
        }

        @Override
        protected void failed(Throwable cause) {
            failures.incrementAndGet();
        }
    }

    private static class Collector implements Flow.Subscriber<TelemetryMessage> {
        final List<Probe> received = new ArrayList<>();
        final AtomicInteger inside = new AtomicInteger();
        final AtomicInteger overlaps = new AtomicInteger();
        final AtomicInteger errors = new AtomicInteger();
        private final long firstRequest;
        private Flow.@Nullable Subscription subscription;

        Collector(long firstRequest) {
            this.firstRequest = firstRequest;
        }

        Flow.Subscription subscription() {
            return Objects.requireNonNull(subscription);
        }

        List<Integer> numbers() {
            return received.stream().map(probe -> probe.number).toList();
        }

        @Override
        public void onSubscribe(Flow.Subscription newSubscription) {
            subscription = newSubscription;
            if (firstRequest > 0) {
                newSubscription.request(firstRequest);
            }
        }

        @Override
        public void onNext(TelemetryMessage message) {
            if (inside.incrementAndGet() != 1) {
                overlaps.incrementAndGet();
            }
            received.add((Probe) message);
            inside.decrementAndGet();
        }

        @Override
        public void onError(Throwable failure) {
            errors.incrementAndGet();
        }

        @Override
        public void onComplete() {}
    }
}
