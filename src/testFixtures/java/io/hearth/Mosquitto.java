package io.hearth;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A Mosquitto of a test's own, on a free port of loopback: it keeps sessions and unlimited queues on disk, and saves them
 * every second, so that a test of its crash does not wait for long. Restarts with the same port and data.
 */
public final class Mosquitto implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final MosquittoExecutable executable = MosquittoExecutable.find();
    private final Path directory;
    private final int port;
    private final Path config;
    private @Nullable Process process;

    private Mosquitto(Path directory, List<String> lines) throws IOException {
        this(directory, FreePort.next(), lines);
        Files.write(
                config,
                List.of(
                        "listener " + port + " 127.0.0.1",
                        "persistence true",
                        "persistence_location " + directory + "/",
                        "autosave_interval 1",
                        "max_queued_messages 0",
                        "log_dest stderr"),
                StandardOpenOption.APPEND);
    }

    private Mosquitto(Path directory, int port, List<String> lines) throws IOException {
        this.directory = directory;
        this.port = port;
        config = directory.resolve("mosquitto.conf");
        // Started as root it becomes another user, who may not write here.
        Files.writeString(config, "user " + System.getProperty("user.name") + "\n" + String.join("\n", lines) + "\n");
    }

    /** Prepares one that anybody may use; not started yet. */
    public static Mosquitto open(Path directory) throws IOException {
        return new Mosquitto(directory, List.of("allow_anonymous true"));
    }

    /** Prepares one with this configuration, in which {@code port} is that of a listener on loopback; not started yet. */
    public static Mosquitto configured(Path directory, int port, String configuration) throws IOException {
        return new Mosquitto(directory, port, List.of(configuration));
    }

    /** Has {@code mosquitto_passwd} hash the passwords of a file with lines {@code user:password}. */
    public static void hashPasswords(Path users) throws IOException {
        MosquittoExecutable executable = MosquittoExecutable.find();
        ProcessBuilder tool = new ProcessBuilder(executable.passwordTool().toString(), "-U", users.toString());
        executable.environment(tool);
        awaitEnd(tool.inheritIO().start());
    }

    /** Prepares one that knows a single user; not started yet. */
    public static Mosquitto withUser(Path directory, User user) throws IOException {
        Path passwords = directory.resolve("passwords");
        Mosquitto mosquitto = new Mosquitto(directory, List.of("allow_anonymous false", "password_file " + passwords));
        ProcessBuilder tool = new ProcessBuilder(
                mosquitto.executable.passwordTool().toString(),
                "-c",
                "-b",
                passwords.toString(),
                user.name,
                user.password);
        mosquitto.executable.environment(tool);
        awaitEnd(tool.inheritIO().start());
        return mosquitto;
    }

    /** Prepares one that anybody may use, with further lines of configuration; not started yet. */
    public static Mosquitto with(Path directory, String... lines) throws IOException {
        Mosquitto mosquitto = open(directory);
        Files.write(mosquitto.config, List.of(lines), StandardOpenOption.APPEND);
        return mosquitto;
    }

    public record User(String name, String password) {}

    public int port() {
        return port;
    }

    public Mosquitto start() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(executable.broker().toString(), "-c", config.toString());
        executable.environment(builder);
        Process started = builder.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("mosquitto.log").toFile()))
                .start();
        Leavings.endAtExit(started);
        process = started;
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!answers()) {
            if (!started.isAlive() || System.nanoTime() > deadline) {
                throw new IllegalStateException(
                        "Mosquitto did not start: " + Files.readString(directory.resolve("mosquitto.log")));
            }
            pause();
        }
        return this;
    }

    /** Ends it in order: it saves all it has. */
    public void stop() {
        end(process -> process.destroy());
    }

    /** Ends it as a crash would: what it has not saved yet is lost. */
    public void kill() {
        end(process -> process.destroyForcibly());
    }

    /** Waits until all that it has acknowledged so far is saved. */
    public void awaitSaved() throws IOException {
        Path database = directory.resolve("mosquitto.db");
        // A save that begins after now; the file's time has the resolution of the kernel's tick.
        Instant after = Instant.now().plusMillis(20);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!Files.exists(database)
                || !Files.getLastModifiedTime(database).toInstant().isAfter(after)) {
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("Mosquitto has not saved for " + PATIENCE);
            }
            pause();
        }
    }

    /** Has it forget everything, as a lost disk would; only while it is stopped. */
    public void forget() throws IOException {
        Files.deleteIfExists(directory.resolve("mosquitto.db"));
    }

    @Override
    public void close() {
        if (process != null) {
            kill();
        }
    }

    private interface Ending {
        void end(Process process);
    }

    private void end(Ending ending) {
        Process running = process;
        if (running == null) {
            throw new IllegalStateException("Mosquitto is not running");
        }
        ending.end(running);
        awaitEnd(running);
        process = null;
    }

    private static void awaitEnd(Process ending) {
        try {
            if (!ending.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                ending.destroyForcibly();
                throw new IllegalStateException("Mosquitto did not end within " + PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean answers() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1_000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(10);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
