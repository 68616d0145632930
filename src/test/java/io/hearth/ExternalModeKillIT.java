package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * With a broker between the devices and the service: kill the service at any moment, restart the broker, and every reading
 * that the broker acknowledged to a device is stored afterwards, once, as each carries its time.
 */
class ExternalModeKillIT {
    private static final int KILLS = 5;
    private static final List<Integer> BROKER_RESTARTS_AFTER_KILL = List.of(1, 3);
    private static final Duration CATCH_UP_LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path directory;

    @Test
    void kill_underLoadAndBrokerRestarts_loseAndDoubleNothingAcknowledged() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("ExternalModeKillIT -Dseed=" + seed);
        Random random = new Random(seed);
        Path ledger = directory.resolve("ledger");
        try (Mosquitto broker = Mosquitto.open(Files.createDirectory(directory.resolve("broker")))
                .start()) {
            Map<String, String> external =
                    Map.of("HEARTH_MQTT_MODE", "external", "HEARTH_MQTT_PORT", String.valueOf(broker.port()));
            Path service = Files.createDirectory(directory.resolve("service"));
            HearthProcess hearth = HearthProcess.start(service, external);
            awaitSubscribed(hearth);
            try {
                try (Simulator simulator = simulate(broker, ledger, seed)) {
                    simulator.awaitAcknowledged();
                    for (int kill = 1; kill <= KILLS; kill++) {
                        // The moment of the kill is what varies: not a wait for something that could be awaited.
                        TimeUnit.MILLISECONDS.sleep(300 + random.nextInt(1200));
                        assertThat(simulator.isRunning()).as(simulator.log()).isTrue();
                        hearth.kill();
                        if (BROKER_RESTARTS_AFTER_KILL.contains(kill)) {
                            restart(broker);
                        }
                        hearth = HearthProcess.start(service, external);
                    }
                    // Once more while the service runs, which has to connect again by itself.
                    restart(broker);
                    TimeUnit.MILLISECONDS.sleep(1000);
                    simulator.stop();
                    System.out.println(simulator
                            .log()
                            .lines()
                            .filter(line -> !line.contains("  acked "))
                            .toList());
                }
                verifyOnceCaughtUp(hearth, ledger);
            } finally {
                hearth.kill();
            }
        }
    }

    private Simulator simulate(Mosquitto broker, Path ledger, long seed) {
        return Simulator.start(
                directory.resolve("simulate.log"),
                "simulate",
                "--port",
                String.valueOf(broker.port()),
                "--devices",
                "50",
                "--rate",
                "2000",
                "--duration",
                "10m",
                "--client",
                "raw",
                "--with-ts",
                "--ledger",
                ledger.toString(),
                "--seed",
                String.valueOf(seed));
    }

    private static void restart(Mosquitto broker) throws IOException {
        broker.stop();
        broker.start();
    }

    private static void awaitSubscribed(HearthProcess hearth) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!hearth.log().contains("Connected to the broker")) {
            assertThat(System.nanoTime()).as(hearth.log()).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    /** What the broker still has queued arrives a little after; what is lost never does. */
    private void verifyOnceCaughtUp(HearthProcess hearth, Path ledger) throws InterruptedException {
        long deadline = System.nanoTime() + CATCH_UP_LIMIT.toNanos();
        while (true) {
            try (Simulator verify = Simulator.verify(directory.resolve("verify.log"), ledger, hearth)) {
                int exitCode = verify.await();
                if (exitCode == 0 || System.nanoTime() > deadline) {
                    System.out.println(verify.log());
                    assertThat(exitCode).as(verify.log()).isZero();
                    return;
                }
            }
        }
    }
}
