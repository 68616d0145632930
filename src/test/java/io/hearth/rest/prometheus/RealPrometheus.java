package io.hearth.rest.prometheus;

import io.hearth.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A Prometheus over samples that were written to its storage beforehand. */
final class RealPrometheus implements AutoCloseable {
    private static final Path PROMETHEUS = Path.of("/usr/bin/prometheus");
    private static final Path PROMTOOL = Path.of("/usr/bin/promtool");

    private final Process process;
    private final int port;

    private RealPrometheus(Process process, int port) {
        this.process = process;
        this.port = port;
    }

    /**
     * Starts one and waits until it answers.
     *
     * @param openMetrics the samples in the OpenMetrics text format
     */
    static RealPrometheus start(Path directory, String openMetrics) throws Exception {
        for (Path program : new Path[] {PROMETHEUS, PROMTOOL}) {
            if (!Files.isExecutable(program)) {
                throw new IllegalStateException(program
                        + " is missing: answers are compared with a real Prometheus; install the package prometheus");
            }
        }
        Path samples = Files.writeString(directory.resolve("samples.txt"), openMetrics);
        Path data = directory.resolve("data");
        run(
                directory,
                PROMTOOL.toString(),
                "tsdb",
                "create-blocks-from",
                "openmetrics",
                samples.toString(),
                data.toString());
        Path config = Files.writeString(directory.resolve("prometheus.yml"), "global: {}\n");
        int port = FreePort.next();
        Process process = new ProcessBuilder(
                        PROMETHEUS.toString(),
                        "--config.file=" + config,
                        "--storage.tsdb.path=" + data,
                        "--storage.tsdb.retention.time=10y",
                        "--web.listen-address=127.0.0.1:" + port)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("prometheus.log").toFile())
                .start();
        RealPrometheus started = new RealPrometheus(process, port);
        Awaitility.await("Prometheus is ready").atMost(Duration.ofSeconds(30)).until(started::isReady);
        return started;
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + port);
    }

    private boolean isReady() throws InterruptedException {
        if (!process.isAlive()) {
            throw new IllegalStateException("Prometheus ended with " + process.exitValue());
        }
        try {
            HttpRequest request =
                    HttpRequest.newBuilder(uri().resolve("/-/ready")).build();
            return HttpClient.newHttpClient()
                            .send(request, BodyHandlers.discarding())
                            .statusCode()
                    == 200;
        } catch (IOException notYet) {
            return false;
        }
    }

    private static void run(Path directory, String... command) throws Exception {
        Path log = directory.resolve("promtool.log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new IllegalStateException(String.join(" ", command) + " failed:\n" + Files.readString(log));
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
