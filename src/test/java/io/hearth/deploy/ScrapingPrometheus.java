package io.hearth.deploy;

import io.hearth.FreePort;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** A real Prometheus with the repository's own configuration, but for ports, paths and a shorter interval. */
final class ScrapingPrometheus implements AutoCloseable {
    private static final Path PROGRAM = Path.of("/usr/bin/prometheus");
    private static final Path CONFIG = Path.of("grafana-dashboards", "prometheus.yml");

    private final Process process;
    private final int port;

    private ScrapingPrometheus(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /** Starts one that scrapes {@code hearth} every second. */
    static ScrapingPrometheus start(Path directory, URI hearth, String token) throws IOException {
        if (!Files.isExecutable(PROGRAM)) {
            throw new IllegalStateException(PROGRAM + " is missing: install the package prometheus");
        }
        Path tokenFile = Files.writeString(directory.resolve("token"), token);
        String config = Files.readString(CONFIG)
                .replace("15s", "1s")
                .replace("127.0.0.1:8080", hearth.getAuthority())
                .replace("/etc/prometheus/hearth-admin-token", tokenFile.toString())
                .replace("alerts/", CONFIG.resolveSibling("alerts").toAbsolutePath() + "/");
        int port = FreePort.next();
        Process process = new ProcessBuilder(
                        PROGRAM.toString(),
                        "--config.file=" + Files.writeString(directory.resolve("prometheus.yml"), config),
                        "--storage.tsdb.path=" + directory.resolve("tsdb"),
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("prometheus.log").toFile())
                .start();
        return new ScrapingPrometheus(process, port);
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
