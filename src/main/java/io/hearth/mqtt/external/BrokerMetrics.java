package io.hearth.mqtt.external;

import io.hearth.mqtt.InFlight;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/** What the client of a broker counts; where it means the same as at the embedded endpoint, under the same names. */
final class BrokerMetrics {
    private final LongAdder[] received = {new LongAdder(), new LongAdder(), new LongAdder()};
    private final AtomicInteger connected = new AtomicInteger();
    private final Counter reconnects;
    private final Counter sessionsBegun;
    private final Counter answersDropped;
    private final Timer acknowledged;

    BrokerMetrics(MeterRegistry registry, InFlight inFlight) {
        for (int qos = 0; qos < received.length; qos++) {
            FunctionCounter.builder("hearth.mqtt.received", received[qos], LongAdder::sum)
                    .description("Publishes received")
                    .tag("qos", String.valueOf(qos))
                    .register(registry);
        }
        Gauge.builder("hearth.mqtt.in.flight.messages", inFlight, InFlight::messages)
                .description("Publishes received and not durable yet")
                .register(registry);
        Gauge.builder("hearth.mqtt.in.flight", inFlight, InFlight::bytes)
                .description("Payload received and not durable yet")
                .baseUnit("bytes")
                .register(registry);
        Gauge.builder("hearth.mqtt.broker.connected", connected, AtomicInteger::get)
                .description("Connections to the broker that are connected and subscribed")
                .register(registry);
        reconnects = Counter.builder("hearth.mqtt.broker.reconnects")
                .description("Times that a connection to the broker was made again")
                .register(registry);
        sessionsBegun = Counter.builder("hearth.mqtt.broker.sessions.begun")
                .description(
                        "Times that the broker had no session to resume; after the very first, it may have dropped messages")
                .register(registry);
        answersDropped = Counter.builder("hearth.mqtt.broker.answers.dropped")
                .description("Messages about shadows not published, as the broker could not be reached for long")
                .register(registry);
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

    void answerDropped() {
        answersDropped.increment();
    }

    void received(int qos) {
        received[qos].increment();
    }

    void connected() {
        connected.incrementAndGet();
    }

    void disconnected() {
        connected.decrementAndGet();
    }

    void reconnected() {
        reconnects.increment();
    }

    void sessionBegun() {
        sessionsBegun.increment();
    }

    void acknowledged(long receivedNanos) {
        acknowledged.record(System.nanoTime() - receivedNanos, TimeUnit.NANOSECONDS);
    }
}
