package io.hearth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The simulator's scenarios in short against the service: what they send is there afterwards, once, whatever else they do. */
@Timeout(300)
class SimulatorIT {
    @TempDir
    private static Path serviceDirectory;

    private static HearthProcess hearth;

    @TempDir
    Path directory;

    @BeforeAll
    static void start() throws Exception {
        hearth = HearthProcess.start(serviceDirectory, Map.of());
    }

    @AfterAll
    static void kill() throws Exception {
        hearth.kill();
    }

    private String simulate(String scenario, String... more) throws InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(
                "simulate",
                "--port",
                String.valueOf(hearth.mqttPort()),
                "--password",
                hearth.devicePassword(),
                "--scenario",
                Path.of("device-simulator", "scenarios", scenario).toString(),
                "--ledger",
                directory.resolve("ledger").toString(),
                "--max-p99",
                "1h"));
        arguments.addAll(List.of(more));
        return run(arguments);
    }

    private String run(List<String> arguments) throws InterruptedException {
        try (Simulator simulator =
                Simulator.start(directory.resolve(arguments.get(0) + ".log"), arguments.toArray(String[]::new))) {
            assertThat(simulator.await()).as(simulator.log()).isZero();
            return simulator.log();
        }
    }

    private void verify() throws InterruptedException {
        String log = run(List.of(
                "verify",
                "--ledger",
                directory.resolve("ledger").toString(),
                "--url",
                hearth.httpUri().toString(),
                "--token",
                hearth.adminToken()));
        assertThat(log).contains("lost            0", "late visible    0", "result          passed");
    }

    @Test
    void roughNetwork_doubledLateSkewedAndBackFilled_isStoredOnce() throws Exception {
        String log = simulate("rough-network.yaml", "--duration", "5s", "--scale", "0.3");

        assertThat(log).containsPattern("duplicates +[1-9]").containsPattern("reconnects +[1-9]");
        verify();
    }

    @Test
    void hostile_clientsThatDoEverythingWrong_costTheOthersNothing() throws Exception {
        String log = simulate("hostile.yaml", "--duration", "5s", "--scale", "0.2");

        assertThat(log)
                .containsPattern("bad client +malformed: \\{acknowledged=\\d+")
                .containsPattern("bad client +garbage: \\{closed by the server=\\d+")
                .containsPattern("bad client +wrong-password: \\{refused=\\d+")
                .doesNotContain("let in");
        verify();
    }

    @Test
    void shadows_appsSwitchLamps_everyWriteReachesItsLampAndIsReported() throws Exception {
        String log = simulate("shadows.yaml", "--duration", "4s", "--scale", "0.1", "--max-shadow-p99", "1h");

        assertThat(log)
                .containsPattern(
                        "shadow updates +[1-9]\\d* desired, [1-9]\\d* reported, \\d+ accepted .*, 0 unanswered")
                .doesNotContain("rejected");
        verify();
    }
}
