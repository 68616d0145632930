package io.hearth.mqtt.external;

import io.hearth.mqtt.TelemetryMessage;
import io.hearth.mqtt.TelemetryStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Stands where ingest stands: receives everything, and settles it when and how the test says. */
final class Sink implements Flow.Subscriber<TelemetryMessage>, AutoCloseable {
    private final Set<String> payloads = ConcurrentHashMap.newKeySet();
    private final AtomicInteger deliveries = new AtomicInteger();
    private final AtomicInteger mostHeld = new AtomicInteger();
    private final Queue<TelemetryMessage> held = new ConcurrentLinkedQueue<>();
    private final AtomicInteger heldCount = new AtomicInteger();
    private final ScheduledExecutorService settler;
    private volatile boolean holding;

    private Sink(boolean holding) {
        this.holding = holding;
        settler = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "settler");
            thread.setDaemon(true);
            return thread;
        });
        settler.scheduleWithFixedDelay(
                () -> {
                    if (!this.holding) {
                        settle(Integer.MAX_VALUE);
                    }
                },
                5,
                5,
                TimeUnit.MILLISECONDS);
    }

    /** Settles what it received a few milliseconds before. */
    static Sink settling() {
        return new Sink(false);
    }

    /** Settles nothing. */
    static Sink holding() {
        return new Sink(true);
    }

    TelemetryStream stream() {
        TelemetryStream stream = new TelemetryStream();
        stream.subscribe(this);
        return stream;
    }

    void settleFromNowOn() {
        holding = false;
    }

    /** Fails everything that is held. */
    void failAll() {
        for (TelemetryMessage message = held.poll(); message != null; message = held.poll()) {
            heldCount.decrementAndGet();
            message.nack(new IllegalStateException("not stored"));
        }
    }

    /** Settles the oldest of what is held. */
    void settle(int most) {
        for (int i = 0; i < most; i++) {
            TelemetryMessage message = held.poll();
            if (message == null) {
                return;
            }
            heldCount.decrementAndGet();
            message.ack();
        }
    }

    /** Each payload once, however often it was delivered. */
    Set<String> payloads() {
        return payloads;
    }

    int deliveries() {
        return deliveries.get();
    }

    /** The most messages that were received and not settled at a time. */
    int mostHeld() {
        return mostHeld.get();
    }

    int held() {
        return heldCount.get();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(TelemetryMessage message) {
        byte[] payload = message.getPayload().payload();
        payloads.add(payload.length > 1000 ? payload.length + " bytes" : new String(payload, StandardCharsets.UTF_8));
        deliveries.incrementAndGet();
        mostHeld.accumulateAndGet(heldCount.incrementAndGet(), Math::max);
        held.add(message);
    }

    @Override
    public void onError(Throwable failure) {
        throw new IllegalStateException(failure);
    }

    @Override
    public void onComplete() {}

    @Override
    public void close() {
        settler.shutdownNow();
    }

    static List<String> numbered(String prefix, int count) {
        return java.util.stream.IntStream.range(0, count)
                .mapToObj(i -> prefix + i)
                .toList();
    }
}
