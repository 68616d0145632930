package io.hearth.simulator.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.simulator.fleet.Fleet;
import io.hearth.simulator.fleet.Metric;
import io.hearth.simulator.ledger.Delivery;
import io.hearth.simulator.ledger.Ledger;
import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.publish.raw.RawPublisher;
import io.hearth.simulator.report.RunStats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.eclipse.paho.mqttv5.client.IMqttMessageListener;
import org.eclipse.paho.mqttv5.client.MqttClient;
import org.eclipse.paho.mqttv5.client.persist.MemoryPersistence;
import org.eclipse.paho.mqttv5.common.MqttMessage;
import org.eclipse.paho.mqttv5.common.MqttSubscription;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Both clients against a real broker. */
@Timeout(60)
class MosquittoIT {

    private static final int DEVICES = 5;

    private final RunStats stats = new RunStats();

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    @SuppressWarnings("NullAway.Init") // set by start
    private Mosquitto mosquitto;

    @BeforeEach
    void start() throws IOException {
        mosquitto = new Mosquitto(directory);
        mosquitto.start();
    }

    @AfterEach
    void stop() {
        mosquitto.close();
    }

    private PublishSettings settings(int qos) {
        return PublishSettings.plain(
                "127.0.0.1",
                mosquitto.port(),
                Credentials.NONE,
                qos,
                20,
                true,
                true,
                Duration.ZERO,
                Duration.ofSeconds(30));
    }

    private Workload workload(double rate, long messages, int batch) {
        return new Workload(
                new Fleet("d-", DEVICES, 1),
                new Schedule(rate, messages, null),
                new DeviceTime(
                        Instant.parse("2026-11-21T00:00:00Z"), Duration.ofSeconds(10), DeviceTime.TimeUnit.MILLIS),
                DEVICES,
                batch,
                true);
    }

    private void publish(LostConnectionIT.Client client, int qos, Workload workload) throws Exception {
        try (LedgerWriter ledger = LedgerWriter.create(directory.resolve("ledger"))) {
            client.factory
                    .apply(settings(qos))
                    .publish(workload, new DeliveryRecorder(workload, stats, ledger), new StopSignal());
        }
    }

    private int ledgerEntries(Delivery delivery) throws IOException {
        AtomicInteger count = new AtomicInteger();
        try (Ledger ledger = Ledger.open(directory.resolve("ledger"))) {
            for (String device : ledger.deviceIds()) {
                ledger.read(device, entry -> count.addAndGet(entry.delivery() == delivery ? 1 : 0));
            }
        }
        return count.get();
    }

    private static void await(BooleanSupplier condition) {
        while (!condition.getAsBoolean()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        }
    }

    @ParameterizedTest
    @CsvSource({"RAW,0", "RAW,1", "RAW,2", "PAHO,0", "PAHO,1", "PAHO,2"})
    void publish_eachQos_arrivesAsPromised(LostConnectionIT.Client client, int qos) throws Exception {
        // Given
        Map<String, JsonNode> arrived = new ConcurrentHashMap<>();
        Map<String, String> statuses = new ConcurrentHashMap<>();
        MqttClient subscriber =
                new MqttClient("tcp://127.0.0.1:" + mosquitto.port(), "subscriber", new MemoryPersistence());
        try {
            subscriber.connect();
            subscriber.subscribe(
                    new MqttSubscription[] {new MqttSubscription("devices/#", 1)}, new IMqttMessageListener[] {
                        (String topic, MqttMessage message) -> {
                            String device = topic.split("/")[1];
                            if (topic.endsWith("/status")) {
                                statuses.put(device, message.toString());
                                return;
                            }
                            for (JsonNode reading : new ObjectMapper().readTree(message.getPayload())) {
                                arrived.put(device + " " + reading.get("ts").longValue(), reading.get("values"));
                            }
                        }
                    });

            // When
            publish(client, qos, workload(2_000, 500, 3));

            // Then
            await(() -> arrived.size() == 1_500
                    && statuses.size() == DEVICES
                    && statuses.values().stream().allMatch("offline"::equals));
        } finally {
            subscriber.disconnect();
            subscriber.close();
        }
        assertEquals(500, stats.sent());
        assertEquals(qos == 0 ? 0 : 500, stats.acknowledged());
        assertEquals(1_500, ledgerEntries(qos == 0 ? Delivery.UNCERTAIN : Delivery.ACKNOWLEDGED));
        assertLedgerHolds(arrived);
        long firstDay = Instant.parse("2026-11-21T00:00:00Z").toEpochMilli();
        assertTrue(arrived.containsKey("d-4 " + (firstDay + 299 * 10_000)));
    }

    /** What is in the ledger is what subscribers got, to the last digit. */
    private void assertLedgerHolds(Map<String, JsonNode> arrived) throws IOException {
        try (Ledger ledger = Ledger.open(directory.resolve("ledger"))) {
            for (String device : ledger.deviceIds()) {
                ledger.read(device, entry -> {
                    String key = device + " " + entry.deviceTimeMicros() / 1_000;
                    JsonNode values = Objects.requireNonNull(arrived.get(key), key);
                    assertEquals(entry.shape().size(), values.size());
                    for (int i = 0; i < entry.shape().size(); i++) {
                        Metric metric = entry.shape().metrics().get(i);
                        JsonNode value = values.get(metric.name());
                        Object got = value.isBoolean() ? (Object) value.booleanValue() : (Object) value.doubleValue();
                        assertEquals(metric.value(entry.values()[i]), got, metric.name());
                    }
                });
            }
        }
    }

    @ParameterizedTest
    @EnumSource(LostConnectionIT.Client.class)
    void publish_brokerKilledAndBack_everythingIsAcknowledged(LostConnectionIT.Client client) throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<?> run = thread.submit(() -> {
                publish(client, 1, workload(1_000, 1_500, 1));
                return null;
            });
            await(() -> stats.acknowledged() > 300 || run.isDone());
            mosquitto.kill();
            await(() -> stats.connected() == 0 || run.isDone());
            mosquitto.start();
            run.get(50, TimeUnit.SECONDS);
        } finally {
            thread.shutdownNow();
        }

        assertEquals(1_500, stats.acknowledged(), () -> stats.errors().toString());
        assertTrue(stats.reconnects() >= DEVICES);
        assertEquals(1_500, ledgerEntries(Delivery.ACKNOWLEDGED));
        assertEquals(0, ledgerEntries(Delivery.UNCERTAIN));
    }

    @Test
    void publish_stopRequested_returnsSoonWithEverySentMessageSettled() throws Exception {
        StopSignal stop = new StopSignal();
        Workload workload = workload(Double.POSITIVE_INFINITY, Long.MAX_VALUE, 1);
        try (LedgerWriter ledger = LedgerWriter.create(directory.resolve("ledger"))) {
            ExecutorService thread = Executors.newSingleThreadExecutor();
            Future<?> run = thread.submit(() -> {
                new RawPublisher(settings(1)).publish(workload, new DeliveryRecorder(workload, stats, ledger), stop);
                return null;
            });
            await(() -> stats.acknowledged() > 100 || run.isDone());

            stop.request();

            run.get(10, TimeUnit.SECONDS);
            thread.shutdownNow();
        }
        assertEquals(stats.sent(), ledgerEntries(Delivery.ACKNOWLEDGED) + ledgerEntries(Delivery.UNCERTAIN));
        assertEquals(stats.acknowledged(), ledgerEntries(Delivery.ACKNOWLEDGED));
    }
}
