package io.hearth;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * With a broker between the devices and the service: kill the service at any moment, restart the broker, kill the broker, and
 * every reading that the broker acknowledged to a device is stored afterwards, once, as each carries its time.
 */
class ExternalModeKillIT {
    private static final int KILLS = 3;
    private static final List<Integer> BROKER_RESTARTS_AFTER_KILL = List.of(1, 3);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @Test
    void kill_underLoadAndBrokerRestarts_loseAndDoubleNothingAcknowledged() throws Exception {
        long seed = Seed.of(getClass());
        Random random = new Random(seed);
        try (Mosquitto broker = Mosquitto.open(Files.createDirectory(directory.resolve("broker")))
                .start()) {
            HearthProcess hearth = HearthProcess.start(
                    LoadedService.home(directory),
                    Map.of("HEARTH_MQTT_MODE", "external", "HEARTH_MQTT_PORT", String.valueOf(broker.port())));
            awaitSubscribed(hearth);
            try (LoadedService loaded = LoadedService.behind(
                    broker, hearth, directory, Fleet.of(50, 2_000).with("--seed", seed))) {
                Fleet fleet = loaded.fleet();
                for (int kill = 1; kill <= KILLS; kill++) {
                    fleet.awaitAcknowledged(100 + random.nextInt(1_900));
                    awaitStoring(loaded.client());
                    loaded.process().kill();
                    if (BROKER_RESTARTS_AFTER_KILL.contains(kill)) {
                        restart(broker);
                    }
                    loaded.startAgain();
                }
                // Once more while the service runs, which has to connect again by itself.
                restart(broker);
                fleet.awaitAcknowledged(1_000);
                kill(broker, fleet);
                fleet.awaitAcknowledged(1_000);
                loaded.assertNothingLost(PATIENCE);
            }
        }
    }

    private static void restart(Mosquitto broker) throws IOException {
        broker.stop();
        broker.start();
    }

    /** Mosquitto saves once a second and forgets what it acknowledged since; so no device gets an acknowledgement meanwhile. */
    private static void kill(Mosquitto broker, Fleet fleet) throws IOException, InterruptedException {
        fleet.pause();
        broker.awaitSaved();
        broker.awaitSaved();
        broker.kill();
        broker.start();
        fleet.resume();
    }

    private static void awaitSubscribed(HearthProcess hearth) {
        await().atMost(PATIENCE).until(() -> hearth.log().contains("Connected to the broker"));
    }

    private static void awaitStoring(HearthClient client) {
        await().atMost(PATIENCE).until(() -> client.metric("hearth_ingest_readings_stored_total") > 0);
    }
}
