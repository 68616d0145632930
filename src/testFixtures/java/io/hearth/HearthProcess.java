package io.hearth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The packaged service as its users run it: a process of its own, on free ports, with a data directory of its own. */
public final class HearthProcess implements AutoCloseable {
    /** The build to run: this one, or with {@code -Dhearth.jar} that of another commit. */
    public static final Path JAR = Path.of(System.getProperty("hearth.jar", "target/quarkus-app/quarkus-run.jar"));

    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final Process process;
    private final Path directory;
    private final Path log;
    private final Map<String, String> environment;
    private final int httpPort;
    private final int mqttPort;

    private HearthProcess(
            Process process, Path directory, Path log, Map<String, String> environment, int httpPort, int mqttPort) {
        this.process = process;
        this.environment = environment;
        this.directory = directory;
        this.log = log;
        this.httpPort = httpPort;
        this.mqttPort = mqttPort;
    }

    /** Starts the service with a new data directory and waits until it is ready. */
    public static HearthProcess start(Map<String, String> environment) {
        try {
            return start(Leavings.removeAtExit(Files.createTempDirectory("hearth-it")), environment);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts the service over {@code directory}, whose {@code data} it keeps, and waits until it is ready. */
    public static HearthProcess start(Path directory, Map<String, String> environment) throws IOException {
        return start(directory, environment, JAR);
    }

    /** As {@link #start(Path, Map)}, but runs the build of {@code jar}. */
    public static HearthProcess start(Path directory, Map<String, String> environment, Path jar) throws IOException {
        HearthProcess started = launch(directory, environment, jar);
        started.awaitReady();
        return started;
    }

    /** As {@link #start(Path, Map)}, but does not wait until it is ready. */
    static HearthProcess launch(Path directory, Map<String, String> environment) throws IOException {
        return launch(directory, environment, JAR);
    }

    private static HearthProcess launch(Path directory, Map<String, String> environment, Path jar) throws IOException {
        if (!Files.exists(jar)) {
            throw new IllegalStateException("the service is not built: run mvn package first, " + jar + " is missing");
        }
        int httpPort = port(environment, "QUARKUS_HTTP_PORT");
        int mqttPort = port(environment, "HEARTH_MQTT_PORT");
        Path log = directory.resolve("log");
        Files.deleteIfExists(log);
        // What a process that is killed leaves behind, RocksDB's library for one, goes with the directory.
        Path temporary = directory.resolve("tmp");
        if (Files.exists(temporary)) {
            Leavings.remove(temporary);
        }
        Files.createDirectory(temporary);
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + temporary,
                "-jar",
                jar.toAbsolutePath().toString());
        builder.directory(directory.toFile());
        builder.environment().put("QUARKUS_HTTP_PORT", String.valueOf(httpPort));
        builder.environment().put("HEARTH_MQTT_PORT", String.valueOf(mqttPort));
        builder.environment().put("HEARTH_DATA_DIR", directory.resolve("data").toString());
        builder.environment().putAll(environment);
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        Process process = builder.start();
        Leavings.endAtExit(process);
        return new HearthProcess(process, directory, log, Map.copyOf(environment), httpPort, mqttPort);
    }

    /** Starts it again, with the same settings, ports and data, and waits until it is ready; it must have ended. */
    public HearthProcess startAgain() throws IOException {
        HearthProcess started = launchAgain();
        started.awaitReady();
        return started;
    }

    /** As {@link #startAgain}, but does not wait until it is ready. */
    public HearthProcess launchAgain() throws IOException {
        if (process.isAlive()) {
            throw new IllegalStateException("the service still runs");
        }
        Map<String, String> same = new HashMap<>(environment);
        same.put("QUARKUS_HTTP_PORT", String.valueOf(httpPort));
        same.put("HEARTH_MQTT_PORT", String.valueOf(mqttPort));
        return launch(directory, same);
    }

    /** Whether it has said that it is ready. */
    public boolean isReady() {
        return log().contains("ready: http");
    }

    public URI httpUri() {
        return URI.create("http://127.0.0.1:" + httpPort);
    }

    /** Calls it with its admin token. */
    public HearthClient client() {
        return new HearthClient(httpUri(), adminToken());
    }

    public int mqttPort() {
        return mqttPort;
    }

    public String adminToken() {
        return secret("admin-token");
    }

    public String devicePassword() {
        return secret("device-password");
    }

    public Path directory() {
        return directory;
    }

    public long pid() {
        return process.pid();
    }

    /** What the service has logged so far. */
    public String log() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Kills it without a warning, as kill -9 does; its data directory stays. */
    public void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** Stops it in order; its data directory stays. */
    public void stop() {
        process.destroy();
        awaitEnd();
    }

    /** Tells it to stop, as an orchestrator does, and does not wait. */
    public void terminate() {
        process.destroy();
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** Waits until it has ended by itself, and returns its exit code. */
    public int awaitExit() {
        awaitEnd();
        return process.exitValue();
    }

    /** Kills it and removes its data directory. */
    @Override
    public void close() {
        kill();
        Leavings.remove(directory);
    }

    private String secret(String file) {
        try {
            return Files.readString(directory.resolve("data").resolve("secrets").resolve(file))
                    .strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until it is ready. */
    public void awaitReady() {
        Instant deadline = Instant.now().plus(START_LIMIT);
        while (!isReady()) {
            boolean ended;
            try {
                ended = process.waitFor(20, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                ended = true;
            }
            if (ended || Instant.now().isAfter(deadline)) {
                process.destroyForcibly();
                throw new IllegalStateException("the service did not become ready:\n" + log());
            }
        }
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                throw new IllegalStateException("the service does not end:\n" + log());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int port(Map<String, String> environment, String variable) {
        String given = environment.get(variable);
        return given == null ? FreePort.next() : Integer.parseInt(given);
    }
}
