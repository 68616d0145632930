package io.hearth.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import io.hearth.mqtt.endpoint.RawClient;
import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.mqtt.endpoint.RawClient.Packet;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A device that sends a reading with QoS 1 every 5 ms, whatever else happens, and measures the time from when each was due until
 * its PUBACK. So it also measures what waits behind a service that stands still.
 */
final class SteadyPublisher implements AutoCloseable {
    private static final String DEVICE = "steady";
    private static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final int PACKET_IDS = 60_000;

    private final RawClient client;
    private final Instant firstTime = Instant.ofEpochMilli(System.currentTimeMillis() - TimeUnit.HOURS.toMillis(3));
    private final long[] dueNanos = new long[PACKET_IDS];
    private final Thread sender = new Thread(this::send, "steady-publisher");
    private final Thread receiver = new Thread(this::receive, "steady-publisher-acks");
    private volatile boolean over;
    private volatile boolean closed;
    private volatile int sent;
    private volatile @Nullable Throwable failure;

    // Guarded by this.
    private long[] latencyNanos = new long[1 << 16];
    private int acknowledged;

    SteadyPublisher(HearthProcess hearth) {
        client = RawClient.connected(
                hearth.mqttPort(),
                Hello.mqtt3(DEVICE).secret(hearth.devicePassword()).keepAlive(0));
        sender.setDaemon(true);
        receiver.setDaemon(true);
        sender.start();
        receiver.start();
    }

    private void send() {
        try {
            for (long due = System.nanoTime(); !over; due += PERIOD_NANOS) {
                while (due > System.nanoTime()) {
                    LockSupport.parkNanos(due - System.nanoTime());
                }
                int number = sent;
                dueNanos[number % PACKET_IDS] = due;
                sent = number + 1;
                client.send(client.publish(
                        "devices/" + DEVICE + "/telemetry",
                        1,
                        1 + number % PACKET_IDS,
                        "{\"ts\":" + firstTime.plusMillis(number).toEpochMilli() + ",\"values\":{\"n\":" + number
                                + "}}"));
            }
        } catch (RuntimeException e) {
            failure = e;
        }
    }

    private void receive() {
        try {
            // Until the connection is closed: the sender may be about to send one more when all before it are
            // acknowledged.
            while (true) {
                Packet ack = client.read();
                int number = acknowledged();
                if (ack.type() != RawClient.PUBACK || ack.packetId() != 1 + number % PACKET_IDS) {
                    throw new IllegalStateException("expected the PUBACK of " + number + ": " + ack);
                }
                took(System.nanoTime() - dueNanos[number % PACKET_IDS]);
            }
        } catch (RuntimeException e) {
            if (!closed) {
                failure = e;
            }
        }
    }

    private synchronized void took(long nanos) {
        if (acknowledged == latencyNanos.length) {
            latencyNanos = Arrays.copyOf(latencyNanos, 2 * acknowledged);
        }
        latencyNanos[acknowledged++] = nanos;
    }

    /** How many readings have been acknowledged: the place of the next latency. */
    synchronized int acknowledged() {
        return acknowledged;
    }

    /** How many readings were due. */
    int sent() {
        return sent;
    }

    /**
     * The 99th percentile of the latencies from a place on, milliseconds. One that is due and not acknowledged yet counts with how
     * long it has waited.
     */
    double p99Millis(int from) {
        long now = System.nanoTime();
        int due = sent;
        long[] sorted;
        synchronized (this) {
            int end = Math.max(due, acknowledged);
            if (end <= from) {
                return 0;
            }
            sorted = Arrays.copyOfRange(latencyNanos, from, end);
            for (int number = acknowledged; number < end; number++) {
                sorted[number - from] = now - dueNanos[number % PACKET_IDS];
            }
        }
        Arrays.sort(sorted);
        return sorted[(int) Math.ceil(0.99 * sorted.length) - 1] / 1e6;
    }

    void assertServed() {
        assertThat(failure).isNull();
    }

    /** Ends it and checks that what was acknowledged, which is all, is stored once. */
    void stopAndVerify(HearthClient hearth) throws Exception {
        over = true;
        sender.join();
        await().until(() -> failure != null || acknowledged() == sent);
        assertServed();
        int next = 0;
        String path = "/api/v1/devices/" + DEVICE + "/readings?limit=10000&from=" + firstTime + "&to="
                + firstTime.plusMillis(sent);
        for (String cursor = ""; cursor != null; ) {
            JsonNode page = hearth.json(path + cursor);
            for (JsonNode reading : page.path("readings")) {
                assertThat(reading.at("/values/n").asInt(-1)).isEqualTo(next++);
            }
            JsonNode more = page.path("nextCursor");
            cursor = more.isNull() ? null : "&cursor=" + more.asText();
        }
        assertThat(next).isEqualTo(sent);
    }

    @Override
    public void close() {
        over = true;
        closed = true;
        client.close();
    }
}
