package io.hearth.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.Fleet;
import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import io.hearth.LoadedService;
import io.hearth.Mosquitto;
import io.hearth.table.dynamodb.TestDynamoDb;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The distributed service between a broker and a table that go away and come back under load: it stays up, says that it is
 * not ready and why, and goes on by itself; what the broker acknowledged to devices is stored once.
 */
class BrokerAndTableGoneIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path directory;

    @Test
    void tableThenBrokerGone_underLoad_saidByHealthAndMetrics_nothingLost() throws Exception {
        try (Mosquitto broker = Mosquitto.open(Files.createDirectory(directory.resolve("broker")))
                        .start();
                CuttableLine table =
                        new CuttableLine(TestDynamoDb.get().endpoint().getPort());
                HearthProcess hearth = HearthProcess.start(LoadedService.home(directory), environment(broker, table))) {
            HearthClient service = hearth.client();
            await().atMost(PATIENCE).until(() -> service.ready() == 200);
            try (LoadedService loaded = LoadedService.behind(broker, hearth, directory, Fleet.of(10, 50))) {
                await().atMost(PATIENCE).until(() -> stored(service) > 50);

                table.cut();
                await().atMost(PATIENCE).until(() -> service.ready() == 503);
                await().atMost(PATIENCE).until(() -> service.metric("hearth_table_request_failures_total") > 0);
                assertThat(service.live()).isEqualTo(200);
                table.mend();
                awaitGoingOn(service);

                broker.stop();
                await().atMost(PATIENCE).until(() -> service.metric("hearth_mqtt_broker_connected") == 0);
                assertThat(service.ready()).isEqualTo(503);
                assertThat(service.readiness()).contains("mqtt-broker");
                assertThat(service.live()).isEqualTo(200);
                broker.start();
                awaitGoingOn(service);
                loaded.assertNothingLost(PATIENCE);
            }
            System.out.println("BrokerAndTableGoneIT: table, then broker, gone under load: 503 while it lasted, back by"
                    + " itself, every reading that the broker acknowledged is stored once");
        }
    }

    private static Map<String, String> environment(Mosquitto broker, CuttableLine table) {
        Map<String, String> environment =
                new HashMap<>(TestDynamoDb.get().environment(URI.create("http://127.0.0.1:" + table.port())));
        environment.put("HEARTH_MQTT_MODE", "external");
        environment.put("HEARTH_MQTT_PORT", String.valueOf(broker.port()));
        return environment;
    }

    private static void awaitGoingOn(HearthClient service) throws Exception {
        double before = stored(service);
        await().atMost(PATIENCE).until(() -> service.ready() == 200);
        await().atMost(PATIENCE).until(() -> stored(service) > before + 50);
    }

    private static double stored(HearthClient service) throws Exception {
        return service.metric("hearth_ingest_readings_stored_total");
    }
}
