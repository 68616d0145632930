package io.hearth.simulator.publish;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hearth.simulator.fleet.Fleet;
import io.hearth.simulator.ledger.Delivery;
import io.hearth.simulator.ledger.Ledger;
import io.hearth.simulator.ledger.LedgerEntry;
import io.hearth.simulator.ledger.LedgerWriter;
import io.hearth.simulator.publish.ScriptedMqttServer.Received;
import io.hearth.simulator.publish.paho.PahoPublisher;
import io.hearth.simulator.publish.raw.RawPublisher;
import io.hearth.simulator.report.RunStats;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What both clients do when a server cuts the connection in the middle of a window. */
@Timeout(60)
class LostConnectionIT {

    enum Client {
        RAW(RawPublisher::new),
        PAHO(PahoPublisher::new);

        final Function<PublishSettings, Publisher> factory;

        Client(Function<PublishSettings, Publisher> factory) {
            this.factory = factory;
        }
    }

    private static final int MESSAGES = 100;

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    private Path directory;

    private final RunStats stats = new RunStats();

    private void run(Client client, ScriptedMqttServer server, int qos, boolean reconnect)
            throws PublishFailedException, InterruptedException, IOException {
        PublishSettings settings = PublishSettings.plain(
                "127.0.0.1",
                server.port(),
                Credentials.NONE,
                qos,
                10,
                reconnect,
                true,
                Duration.ZERO,
                Duration.ofSeconds(20));
        Workload workload = new Workload(
                new Fleet("d-", 5, 1),
                new Schedule(Double.POSITIVE_INFINITY, MESSAGES, null),
                DeviceTime.live(),
                1,
                1,
                false);
        try (LedgerWriter ledger = LedgerWriter.create(directory)) {
            client.factory
                    .apply(settings)
                    .publish(workload, new DeliveryRecorder(workload, stats, ledger), new StopSignal());
        }
    }

    private Map<Delivery, Set<String>> ledgerReadings() throws IOException {
        Map<Delivery, Set<String>> readings = new HashMap<>();
        try (Ledger ledger = Ledger.open(directory)) {
            for (String device : ledger.deviceIds()) {
                List<LedgerEntry> entries = new ArrayList<>();
                ledger.read(device, entries::add);
                for (LedgerEntry entry : entries) {
                    assertTrue(
                            readings.computeIfAbsent(entry.delivery(), d -> new HashSet<>())
                                    .add(device + " " + entry.sequence()),
                            device + " " + entry.sequence() + " is in the ledger twice");
                }
            }
        }
        return readings;
    }

    @ParameterizedTest
    @EnumSource(Client.class)
    void publish_connectionCutTwiceMidWindow_resendsSameIdsWithDupAndAcknowledgesAllOnce(Client client)
            throws Exception {
        try (ScriptedMqttServer server = new ScriptedMqttServer(2, 7, 0)) {
            // When
            run(client, server, 1, true);

            // Then
            assertEquals(MESSAGES, stats.acknowledged(), () -> stats.errors().toString());
            assertEquals(2, stats.reconnects());
            Set<String> payloads = new HashSet<>();
            server.received.forEach(one -> payloads.add(one.topic() + one.payload()));
            assertEquals(MESSAGES, payloads.size());
            Map<Delivery, Set<String>> readings = ledgerReadings();
            assertEquals(Set.of(Delivery.ACKNOWLEDGED), readings.keySet());
            assertEquals(
                    MESSAGES,
                    readings.getOrDefault(Delivery.ACKNOWLEDGED, Set.of()).size());
            assertFalse(server.cleanFlags.contains(true), "a clean session forgets packet ids");

            for (int cut = 0; cut < 2; cut++) {
                // Odd ones were not acknowledged, nor was what the server had not read when it cut.
                List<Received> before = server.on(cut);
                List<Received> after = server.on(cut + 1);
                List<Received> unacknowledged = new ArrayList<>();
                for (int i = 0; i < before.size(); i += 2) {
                    unacknowledged.add(before.get(i));
                }
                for (Received first : unacknowledged) {
                    Received again = after.stream()
                            .filter(one -> one.payload().equals(first.payload())
                                    && one.topic().equals(first.topic()))
                            .findFirst()
                            .orElseThrow(() -> new AssertionError(first + " was not sent again"));
                    assertEquals(first.packetId(), again.packetId());
                    assertTrue(again.duplicate(), again + " has no DUP");
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Client.class)
    void publish_qos2ConnectionCut_acknowledgesAllOnce(Client client) throws Exception {
        // At QoS 2 the first connection only clears the server's memory.
        try (ScriptedMqttServer server = new ScriptedMqttServer(2, 7, 0)) {
            run(client, server, 2, true);

            assertEquals(MESSAGES, stats.acknowledged(), () -> stats.errors().toString());
            assertEquals(1, stats.reconnects());
            assertEquals(List.of(true, false, false), server.cleanFlags);
            assertEquals(Set.of(Delivery.ACKNOWLEDGED), ledgerReadings().keySet());
        }
    }

    @ParameterizedTest
    @EnumSource(Client.class)
    void publish_cutAndNoReconnect_failsAndSaysWhatIsUncertain(Client client) throws Exception {
        try (ScriptedMqttServer server = new ScriptedMqttServer(1, 7, 0)) {
            PublishFailedException e = assertThrows(PublishFailedException.class, () -> run(client, server, 1, false));

            assertEquals("every connection was lost, and reconnecting is off", e.getMessage());
            Map<Delivery, Set<String>> readings = ledgerReadings();
            int acknowledged =
                    readings.getOrDefault(Delivery.ACKNOWLEDGED, Set.of()).size();
            assertEquals(stats.acknowledged(), acknowledged);
            assertEquals(
                    stats.sent() - acknowledged,
                    readings.getOrDefault(Delivery.UNCERTAIN, Set.of()).size());
            assertTrue(stats.sent() > stats.acknowledged());
        }
    }

    @ParameterizedTest
    @EnumSource(Client.class)
    void publish_refusedConnection_saysWhy(Client client) throws Exception {
        int code = client == Client.RAW ? 4 : 0x86;
        try (ScriptedMqttServer server = new ScriptedMqttServer(0, 0, code)) {
            PublishFailedException e = assertThrows(PublishFailedException.class, () -> run(client, server, 1, true));

            assertEquals(
                    "cannot connect to 127.0.0.1:" + server.port()
                            + ": the server refused the connection: bad user name or password",
                    e.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(Client.class)
    void publish_nobodyListens_saysSo(Client client) throws Exception {
        ScriptedMqttServer server = new ScriptedMqttServer(0, 0, 0);
        server.close();

        PublishFailedException e = assertThrows(PublishFailedException.class, () -> run(client, server, 1, true));

        assertEquals("cannot connect to 127.0.0.1:" + server.port() + ": Connection refused", e.getMessage());
    }
}
