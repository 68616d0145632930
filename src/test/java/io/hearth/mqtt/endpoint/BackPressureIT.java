package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.mqtt.endpoint.RawClient.Hello;
import io.hearth.mqtt.endpoint.RawClient.Packet;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** An ingest that stands still: clients are held at their sockets, nothing grows, and nothing is lost. */
class BackPressureIT {
    private static final String TOPIC = "devices/d1/telemetry";

    @Test
    void stalledIngest_with200PublishersPushing_keepsMemoryBoundedAndLosesNothing() throws Exception {
        int publishers = 200;
        int each = 600;
        int payloadBytes = 4096;
        long maxBytes = 8 << 20;
        int maxMessages = 4096;
        try (EndpointFixture fixture = new EndpointFixture(Map.of(
                "hearth.mqtt.max-in-flight-messages",
                String.valueOf(maxMessages),
                "hearth.mqtt.max-in-flight-bytes",
                String.valueOf(maxBytes)))) {
            fixture.stall();
            fixture.forgetDeliveries();
            long heapBefore = usedHeapBytes();
            AtomicLong pushed = new AtomicLong();
            AtomicInteger acknowledged = new AtomicInteger();
            List<RawClient> clients = new ArrayList<>();
            List<Thread> threads = new ArrayList<>();
            for (int c = 0; c < publishers; c++) {
                RawClient client = RawClient.connected(fixture.port(), "p" + c);
                clients.add(client);
                threads.add(start(() -> {
                    for (int id = 1; id <= each; id++) {
                        client.send(client.publish(TOPIC, 2, id, new byte[payloadBytes]));
                        pushed.incrementAndGet();
                    }
                }));
                threads.add(start(() -> {
                    for (int id = 1; id <= each; id++) {
                        Packet ack = client.read();
                        if (ack.type() != RawClient.PUBACK || ack.packetId() != id) {
                            throw new AssertionError("expected PUBACK " + id + ": " + ack);
                        }
                        acknowledged.incrementAndGet();
                    }
                }));
            }

            // Until nothing moves any more: the sockets are full and everybody waits.
            await().atMost(Duration.ofSeconds(60)).until(fixture.inFlight::isFull);
            AtomicLong seen = new AtomicLong(-1);
            await().pollInterval(Duration.ofMillis(500))
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> seen.getAndSet(pushed.get()) == pushed.get());

            assertThat(pushed.get()).as("publishers are held").isLessThan((long) publishers * each);
            assertThat(acknowledged.get()).isZero();
            // One message beyond the bound for each event loop that was at it, no more.
            int loops = Runtime.getRuntime().availableProcessors();
            assertThat(fixture.inFlight.bytes()).isLessThanOrEqualTo(maxBytes + (long) loops * payloadBytes);
            assertThat(fixture.inFlight.messages()).isLessThanOrEqualTo(maxMessages + loops);
            // Without the bound it would be 491 MB; allow for what is read and waits in the decoders, 64 KiB each.
            assertThat(usedHeapBytes() - heapBefore).isLessThan(maxBytes + publishers * (128L << 10) + (32 << 20));

            fixture.settleAll();
            for (Thread thread : threads) {
                thread.join(Duration.ofSeconds(60).toMillis());
            }
            assertThat(acknowledged.get()).isEqualTo(publishers * each);
            await().until(() -> fixture.inFlight.messages() == 0 && fixture.inFlight.bytes() == 0);
            clients.forEach(RawClient::close);
        }
    }

    @Test
    void clientWithManyUnanswered_isHeldAloneAndOthersGoOn() {
        try (EndpointFixture fixture = new EndpointFixture();
                RawClient greedy = RawClient.connected(fixture.port(), "greedy");
                RawClient other = RawClient.connected(fixture.port(), "other")) {
            fixture.stall();
            int sent = Inbound.MAX_UNANSWERED + 100;
            for (int id = 1; id <= sent; id++) {
                greedy.send(greedy.publish(TOPIC, 1, id, "{}"));
            }
            await().until(() -> fixture.waiting() == Inbound.MAX_UNANSWERED);
            other.send(other.publish(TOPIC, 1, 1, "{}"));
            await().until(() -> fixture.waiting() == Inbound.MAX_UNANSWERED + 1);
            fixture.waiting(Inbound.MAX_UNANSWERED).ack();
            assertThat(other.read().packetId()).isEqualTo(1);
            assertThat(fixture.deliveries()).hasSize(Inbound.MAX_UNANSWERED + 1);

            // Room for one more at a time, in order.
            fixture.waiting(0).ack();
            assertThat(greedy.read().packetId()).isEqualTo(1);
            await().until(() -> fixture.deliveries().size() == Inbound.MAX_UNANSWERED + 2);
        }
    }

    @Test
    void clientHeldByUs_isNotThrownOutForItsSilence() {
        try (EndpointFixture fixture = new EndpointFixture(Map.of("hearth.mqtt.max-in-flight-messages", "1"));
                RawClient client =
                        RawClient.connected(fixture.port(), Hello.mqtt3("c").keepAlive(1));
                RawClient silent = RawClient.connected(
                        fixture.port(), Hello.mqtt3("silent").keepAlive(1))) {
            fixture.stall();
            client.send(client.publish(TOPIC, 1, 1, "{}"))
                    .send(client.publish(TOPIC, 1, 2, "{}"))
                    .send(RawClient.packet(0xC0, new byte[0]));
            // The one that is silent of its own accord shows that the time has passed.
            assertThat(silent.readToEnd()).isEmpty();
            await().pollDelay(Duration.ofSeconds(2)).until(() -> true);

            fixture.settleAll();
            assertThat(client.read().packetId()).isEqualTo(1);
            // The ping waits for no commit, so its answer may overtake the second acknowledgement or not.
            assertThat(List.of(client.read().type(), client.read().type()))
                    .containsExactlyInAnyOrder(RawClient.PINGRESP, RawClient.PUBACK);
        }
    }

    @Test
    void stop_answersWhatBecomesDurableAndDisconnects() {
        EndpointFixture fixture = new EndpointFixture();
        try (RawClient client = RawClient.connected(fixture.port(), Hello.mqtt5("c"))) {
            fixture.stall();
            client.send(client.publish(TOPIC, 1, 1, "{}"));
            await().until(() -> fixture.waiting() == 1);
            Thread stopping = start(() -> fixture.endpoint.stop(Duration.ofSeconds(10)));
            await().until(() -> refusesClients(fixture.port()));
            fixture.settleAll();

            assertThat(client.read().packetId()).isEqualTo(1);
            Packet last = client.readToEnd().orElseThrow();
            assertThat(last.type()).isEqualTo(RawClient.DISCONNECT);
            assertThat(last.body().get(0)).isEqualTo(ReasonCode.SERVER_SHUTTING_DOWN);
            await().until(() -> !stopping.isAlive());
        } finally {
            fixture.close();
        }
    }

    private static boolean refusesClients(int port) {
        try (RawClient late = RawClient.connected(port, "late")) {
            return false;
        } catch (UncheckedIOException | AssertionError e) {
            return true;
        }
    }

    private static Thread start(Runnable work) {
        Thread thread = new Thread(work);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @SuppressWarnings("ExplicitGC") // what is reachable is what counts
    private static long usedHeapBytes() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
