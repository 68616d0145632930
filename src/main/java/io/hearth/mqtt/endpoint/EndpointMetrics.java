package io.hearth.mqtt.endpoint;

import io.hearth.mqtt.InFlight;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What the endpoint counts. What happens per message is added to a {@link LongAdder} and only read when asked for. */
public final class EndpointMetrics {
    /** Why a connection did not come to be. */
    enum Refused {
        CREDENTIALS,
        CLIENT_ID,
        WILL,
        PROTOCOL_VERSION,
        PROTOCOL_ERROR,
        TIMEOUT,
        TLS,
        TOO_MANY,
        STOPPING
    }

    /** Why the server closed a connection. */
    enum Closed {
        PROTOCOL_ERROR,
        KEEP_ALIVE,
        TAKEN_OVER,
        SLOW_SUBSCRIBER,
        NOT_DURABLE,
        FAILURE,
        SHUTDOWN
    }

    /** What a client asked for and did not get, as it would hold more than a limit allows. */
    enum Limited {
        FILTER,
        STATUS
    }

    private static final String LIMITED = "hearth.mqtt.limited";
    private static final String LIMITED_DESCRIPTION = "What clients asked for and did not get, as a limit was reached";
    private static final String LIMITED_TAG = "what";

    private final MeterRegistry registry;
    private final LongAdder[] received = {new LongAdder(), new LongAdder(), new LongAdder()};
    private final LongAdder sent = new LongAdder();
    private final LongAdder dropped = new LongAdder();
    private final AtomicInteger connections = new AtomicInteger();
    private final Map<Refused, Counter> refused;
    private final Map<Closed, Counter> closed;
    private final Map<Limited, Counter> limited;
    private final Timer acknowledged;

    public EndpointMetrics(MeterRegistry registry, InFlight inFlight) {
        this.registry = registry;
        for (int qos = 0; qos < received.length; qos++) {
            FunctionCounter.builder("hearth.mqtt.received", received[qos], LongAdder::sum)
                    .description("Publishes received from clients")
                    .tag("qos", String.valueOf(qos))
                    .register(registry);
        }
        FunctionCounter.builder("hearth.mqtt.sent", sent, LongAdder::sum)
                .description("Publishes sent to subscribers")
                .register(registry);
        FunctionCounter.builder("hearth.mqtt.dropped", dropped, LongAdder::sum)
                .description("Publishes not sent to a subscriber, as it was too slow or takes no packets as long")
                .register(registry);
        Gauge.builder("hearth.mqtt.connections", connections, AtomicInteger::get)
                .description("Clients connected")
                .register(registry);
        Gauge.builder("hearth.mqtt.in.flight.messages", inFlight, InFlight::messages)
                .description("Publishes received and not durable yet")
                .register(registry);
        Gauge.builder("hearth.mqtt.in.flight", inFlight, InFlight::bytes)
                .description("Payload received and not durable yet")
                .baseUnit("bytes")
                .register(registry);
        refused = counters(
                Refused.class,
                "hearth.mqtt.connections.refused",
                "Connections refused before they were accepted",
                "reason",
                registry);
        closed = counters(
                Closed.class, "hearth.mqtt.connections.closed", "Connections closed by the server", "reason", registry);
        limited = counters(Limited.class, LIMITED, LIMITED_DESCRIPTION, LIMITED_TAG, registry);
        acknowledged = Timer.builder("hearth.ingest.ack")
                .description("From receiving a publish to acknowledging it")
                .serviceLevelObjectives(
                        Duration.ofMillis(1),
                        Duration.ofMillis(2),
                        Duration.ofMillis(5),
                        Duration.ofMillis(10),
                        Duration.ofMillis(20),
                        Duration.ofMillis(50),
                        Duration.ofMillis(100),
                        Duration.ofMillis(200),
                        Duration.ofMillis(500),
                        Duration.ofSeconds(1),
                        Duration.ofSeconds(5))
                .register(registry);
    }

    /** @param bytes memory that the filters of all clients take */
    void watchFilters(LongSupplier bytes) {
        watchBytes("hearth.mqtt.filters", "Memory of the topic filters of all clients", bytes);
    }

    /** @param bytes memory of what waits for all subscribers, beyond the share that each has for itself */
    void watchQueues(LongSupplier bytes) {
        watchBytes("hearth.mqtt.queues", "Memory of what waits for subscribers that are slow", bytes);
    }

    void watchRetained(RetainedMessages retained) {
        watchBytes("hearth.mqtt.retained", "Memory of retained messages", retained::bytes);
        FunctionCounter.builder(LIMITED, retained.leftOut(), LongAdder::sum)
                .description(LIMITED_DESCRIPTION)
                .tag(LIMITED_TAG, "retained")
                .register(registry);
    }

    /** @param bytes memory that the last wills of all clients take */
    void watchWills(LongSupplier bytes) {
        watchBytes("hearth.mqtt.wills", "Memory of the last wills of all clients", bytes);
    }

    private void watchBytes(String name, String description, LongSupplier bytes) {
        Gauge.builder(name, bytes, LongSupplier::getAsLong)
                .description(description)
                .baseUnit("bytes")
                .strongReference(true)
                .register(registry);
    }

    void received(int qos) {
        received[qos].increment();
    }

    void sent() {
        sent.increment();
    }

    void dropped() {
        dropped.increment();
    }

    void connected() {
        connections.incrementAndGet();
    }

    void disconnected() {
        connections.decrementAndGet();
    }

    void refused(Refused reason) {
        increment(refused.get(reason));
    }

    void limited(Limited what) {
        increment(limited.get(what));
    }

    void closed(Closed reason) {
        increment(closed.get(reason));
    }

    void acknowledged(long receivedNanos) {
        acknowledged.record(System.nanoTime() - receivedNanos, TimeUnit.NANOSECONDS);
    }

    /** A counter for each name of an enumeration, told apart by a tag. */
    private static <E extends Enum<E>> Map<E, Counter> counters(
            Class<E> type, String name, String description, String tag, MeterRegistry registry) {
        Map<E, Counter> counters = new EnumMap<>(type);
        for (E each : type.getEnumConstants()) {
            counters.put(
                    each,
                    Counter.builder(name)
                            .description(description)
                            .tag(tag, nameOf(each))
                            .register(registry));
        }
        return counters;
    }

    private static void increment(@Nullable Counter counter) {
        if (counter != null) {
            counter.increment();
        }
    }

    private static String nameOf(Enum<?> reason) {
        return reason.name().toLowerCase(Locale.ROOT);
    }
}
