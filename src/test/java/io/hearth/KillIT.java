package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The promise that the service stands for: kill it at any moment under load, and every reading that it acknowledged is there
 * afterwards, once.
 */
class KillIT {
    private static final int KILLS = 10;

    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"--with-ts", "--no-ts"})
    void kill_underLoad_losesAndDoublesNothingAcknowledged(String times) throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("KillIT " + times + " -Dseed=" + seed);
        Random random = new Random(seed);
        HearthProcess hearth = HearthProcess.start(directory, Map.of());
        Map<String, String> samePorts = Map.of(
                "QUARKUS_HTTP_PORT", String.valueOf(hearth.httpUri().getPort()),
                "HEARTH_MQTT_PORT", String.valueOf(hearth.mqttPort()));
        Path ledger = directory.resolve("ledger");
        try (Simulator simulator = Simulator.start(
                directory.resolve("simulate.log"),
                "simulate",
                "--port",
                String.valueOf(hearth.mqttPort()),
                "--password",
                hearth.devicePassword(),
                "--devices",
                "50",
                "--rate",
                "3000",
                "--duration",
                "10m",
                "--client",
                "raw",
                "--ledger",
                ledger.toString(),
                "--seed",
                String.valueOf(seed),
                times)) {
            simulator.awaitAcknowledged();
            for (int kill = 0; kill < KILLS; kill++) {
                // The moment of the kill is what varies: not a wait for something that could be awaited.
                TimeUnit.MILLISECONDS.sleep(300 + random.nextInt(1200));
                assertThat(simulator.isRunning()).as(simulator.log()).isTrue();
                hearth.kill();
                hearth = HearthProcess.start(directory, samePorts);
            }
            simulator.stop();
            System.out.println(lastLines(simulator.log()));
        }
        try (Simulator verify = Simulator.verify(directory.resolve("verify.log"), ledger, hearth)) {
            int exitCode = verify.await();
            System.out.println(verify.log());
            assertThat(exitCode).as(verify.log()).isZero();
        } finally {
            hearth.kill();
        }
    }

    private static String lastLines(String log) {
        String[] lines = log.split("\n");
        return String.join("\n", Arrays.asList(lines).subList(Math.max(0, lines.length - 12), lines.length));
    }
}
