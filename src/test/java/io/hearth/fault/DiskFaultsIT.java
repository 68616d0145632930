package io.hearth.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.hearth.Fleet;
import io.hearth.HearthClient;
import io.hearth.HearthProcess;
import io.hearth.LoadedService;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A disk that is full, whose syncs fail, and that is slow, one after the other under load: nothing is acknowledged that is
 * not kept, health and metrics say so, and everything goes on by itself afterwards. Wants root, to mount a small disk.
 */
class DiskFaultsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final String READING = "{\"ts\":%d,\"values\":{\"a\":1}}";

    @TempDir
    Path directory;

    @Test
    void diskFullThenFailingThenSlow_nothingAcknowledgedIsLost_andItRecoversByItself() throws Exception {
        Path disk = Files.createDirectory(LoadedService.home(directory).resolve("data"));
        Faulted.run("mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", disk.toString());
        try {
            StringBuilder proved = new StringBuilder();
            try (LoadedService loaded = LoadedService.start(
                    directory,
                    Map.of(
                            "HEARTH_TABLE_CHANGE_RETENTION", "0",
                            "HEARTH_TABLE_WRITE_BUFFER", "8M",
                            "HEARTH_MQTT_MAX_IN_FLIGHT_BYTES", "4M"),
                    Fleet.of(20, 500).with("--drain-timeout", "120s"))) {
                HearthProcess hearth = loaded.process();
                HearthClient service = loaded.client();
                await().atMost(PATIENCE).until(() -> stored(service) > 500);

                fill(disk.resolve("filler"));
                awaitRefusing(service, "a full disk");
                proved.append("full: 503, ").append(says(service)).append("; ");
                Files.delete(disk.resolve("filler"));
                awaitTaking(service);

                try (Faulted.Injection failing =
                        new Faulted.Injection(hearth, directory.resolve("eio"), "fsync,fdatasync:error=EIO")) {
                    awaitRefusing(service, "syncs that fail");
                    assertThat(hearth.log())
                            .as("a commit waits for the sync of the table's log")
                            .containsPattern("While f(data)?sync: \\S*/table/\\d+\\.log: Input/output error");
                    assertThat(failing.isRunning()).isTrue();
                    proved.append("EIO: 503, ").append(says(service)).append("; ");
                }
                awaitTaking(service);

                try (Faulted.Injection slow =
                        new Faulted.Injection(hearth, directory.resolve("slow"), "fsync,fdatasync:delay_exit=300000")) {
                    double before = stored(service);
                    await().atMost(PATIENCE).until(() -> service.metric("hearth_table_commit_seconds_max") >= 0.3);
                    await().atMost(PATIENCE).until(() -> stored(service) > before + 100);
                    assertThat(slow.isRunning()).isTrue();
                    assertThat(service.ready()).as("slow is not broken").isEqualTo(200);
                    assertThat(service.metric("hearth_mqtt_in_flight_bytes")).isLessThanOrEqualTo(4 << 20);
                    proved.append("300 ms a sync: goes on");
                }
                double before = stored(service);
                await().atMost(PATIENCE).until(() -> stored(service) > before + 1_000);
                loaded.assertNothingLost();
            }
            System.out.println("DiskFaultsIT: nothing acknowledged was lost; " + proved);
        } finally {
            Faulted.run("umount", disk.toString());
        }
    }

    /** Takes all the room there is. */
    private static void fill(Path filler) throws IOException {
        byte[] block = new byte[1 << 16];
        try (OutputStream out = Files.newOutputStream(filler)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    private static void awaitRefusing(HearthClient service, String cause) {
        await(cause).atMost(PATIENCE).until(() -> service.ready() == 503);
        await(cause).atMost(PATIENCE).untilAsserted(() -> {
            assertThat(post(service)).isEqualTo(503);
            assertThat(service.metric("hearth_table_writable")).isZero();
            assertThat(service.metric("hearth_table_commit_failures_total")).isPositive();
            assertThat(service.readiness()).contains("nothing can be written");
            assertThat(service.live()).isEqualTo(200);
        });
    }

    private static void awaitTaking(HearthClient service) {
        await().atMost(PATIENCE).until(() -> service.ready() == 200);
        await().atMost(PATIENCE).until(() -> post(service) == 200);
        await().atMost(PATIENCE).until(() -> service.metric("hearth_table_writable") == 1);
    }

    private static int post(HearthClient service) throws IOException, InterruptedException {
        return service.post("/api/v1/devices/d1/readings", READING.formatted(System.currentTimeMillis()))
                .statusCode();
    }

    private static String says(HearthClient service) throws IOException, InterruptedException {
        return service.readiness()
                .replaceAll("(?s).*\"error\": ?\"([^\"]*)\".*", "$1")
                .lines()
                .findFirst()
                .orElse("");
    }

    private static double stored(HearthClient service) throws IOException, InterruptedException {
        return service.metric("hearth_ingest_readings_stored_total");
    }
}
