package io.hearth.fault;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hearth.HearthProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Asks a service that is in trouble. */
final class Faulted {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final HearthProcess hearth;

    Faulted(HearthProcess hearth) {
        this.hearth = hearth;
    }

    /** What the readiness probe answers. */
    int ready() throws IOException, InterruptedException {
        return CLIENT.send(request("/q/health/ready").build(), BodyHandlers.discarding())
                .statusCode();
    }

    /** What the readiness probe says to who shows the token. */
    String readiness() throws IOException, InterruptedException {
        return CLIENT.send(request("/q/health/ready").build(), BodyHandlers.ofString(UTF_8))
                .body();
    }

    int live() throws IOException, InterruptedException {
        return CLIENT.send(request("/q/health/live").build(), BodyHandlers.discarding())
                .statusCode();
    }

    /** Stores readings of a device; answers the status. */
    int post(String device, String json) throws IOException, InterruptedException {
        return CLIENT.send(
                        request("/api/v1/devices/" + device + "/readings")
                                .header("Content-Type", "application/json")
                                .POST(BodyPublishers.ofString(json))
                                .build(),
                        BodyHandlers.discarding())
                .statusCode();
    }

    String get(String path) throws IOException, InterruptedException {
        return CLIENT.send(request(path).build(), BodyHandlers.ofString(UTF_8)).body();
    }

    /** The sum over all labels; 0 if there is none. */
    double metric(String name) throws IOException, InterruptedException {
        return get("/q/metrics")
                .lines()
                .filter(line -> line.startsWith(name + " ") || line.startsWith(name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
                .sum();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(hearth.httpUri().resolve(path))
                .timeout(PATIENCE)
                .header("Authorization", "Bearer " + hearth.adminToken());
    }

    /** Runs a program of the system to its end, which must be a good one. */
    static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), UTF_8);
        if (process.waitFor() != 0) {
            throw new IllegalStateException(List.of(command) + ": " + output);
        }
    }

    /** Has strace change what system calls of the service do, until it is closed. */
    static final class Injection implements AutoCloseable {
        private final Process strace;

        /** @param what as strace's option {@code inject} takes it: {@code fdatasync,fsync:error=EIO} */
        Injection(HearthProcess hearth, Path log, String what) throws IOException, InterruptedException {
            String calls = what.substring(0, what.indexOf(':'));
            strace = new ProcessBuilder(
                            "strace",
                            "-f",
                            "-qq",
                            "-p",
                            String.valueOf(hearth.pid()),
                            "-e",
                            "trace=" + calls,
                            "-e",
                            "inject=" + what)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        }

        boolean isRunning() {
            return strace.isAlive();
        }

        /** Detaches, and the service is as before. */
        @Override
        public void close() {
            strace.destroy();
            try {
                strace.waitFor();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
