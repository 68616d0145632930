package io.hearth.fault;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.HearthProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody removes the table beneath a running service: nothing more is acknowledged, and it ends when it is told to. */
class RemovedFilesIT {
    @TempDir
    Path directory;

    @Test
    void tableRemoved_whileServing_refusesWritesAndEndsOnSigterm() throws IOException {
        assertThatItRefusesAndEnds(true);
    }

    @Test
    void filesOfTableRemoved_whileServing_refusesWritesAndEndsOnSigterm() throws IOException {
        assertThatItRefusesAndEnds(false);
    }

    private void assertThatItRefusesAndEnds(boolean directoryToo) throws IOException {
        HearthProcess hearth = HearthProcess.start(directory, Map.of());
        try {
            assertThat(append(hearth)).isEqualTo(200);
            remove(directory.resolve("data").resolve("table"), directoryToo);

            // Not at once: the files are looked for once a second.
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> append(hearth) == 503);
            assertThat(append(hearth)).isEqualTo(503);

            hearth.terminate();
            assertThat(hearth.awaitExit()).as(hearth.log()).isEqualTo(143);
            assertThat(hearth.log()).contains("the files of the table were removed while it is open");
        } finally {
            hearth.kill();
        }
    }

    private static int append(HearthProcess hearth) {
        try {
            return hearth.client()
                    .post("/api/v1/devices/d1/readings", "{\"values\":{\"a\":1}}")
                    .statusCode();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private static void remove(Path table, boolean directoryToo) throws IOException {
        if (directoryToo) {
            Files.move(table, table.resolveSibling("elsewhere"));
            return;
        }
        try (Stream<Path> files = Files.list(table)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
