package io.hearth.simulator.publish;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A real Mosquitto of the test's own, on a free port. */
public final class Mosquitto implements Closeable {

    private final Path executable = find();
    private final Path config;
    private final Path log;
    private final int port;
    private @Nullable Process process;

    public Mosquitto(Path directory) throws IOException {
        this(directory, "allow_anonymous true");
    }

    /** @param access lines of its configuration that say who may connect and how */
    public Mosquitto(Path directory, String access) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        config = directory.resolve("mosquitto.conf");
        log = directory.resolve("mosquitto.log");
        // Root's Mosquitto becomes the user "mosquitto" otherwise, which may not enter the test's directory.
        Files.writeString(config, """
                listener %d 127.0.0.1
                %s
                max_queued_messages 0
                user %s
                """.formatted(port, access, System.getProperty("user.name")), UTF_8);
    }

    private static Path find() {
        List<String> places =
                new ArrayList<>(List.of(String.valueOf(System.getenv("PATH")).split(File.pathSeparator)));
        places.add("/usr/sbin");
        for (String place : places) {
            Path candidate = Path.of(place, "mosquitto");
            if (Files.isExecutable(candidate)) {
                return candidate;
            }
        }
        throw new AssertionError("this test needs the MQTT broker Mosquitto: install the Debian package 'mosquitto'"
                + " or put its executable on the PATH");
    }

    public int port() {
        return port;
    }

    public void start() throws IOException {
        Process started = new ProcessBuilder(executable.toString(), "-c", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        process = started;
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!accepts()) {
            if (!started.isAlive() || System.nanoTime() - deadline >= 0) {
                throw new AssertionError("Mosquitto did not start: " + Files.readString(log, UTF_8));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
    }

    /** Shell commands that kill this broker and start it again. */
    public String restartCommand() {
        Path pid = config.resolveSibling("mosquitto.pid");
        // A killed process keeps its port until it is a zombie or gone; a broker started before would end at once.
        return """
                kill -9 $(cat %1$s); \
                while grep -q '^State:[[:space:]]*[^ZX]' /proc/$(cat %1$s)/status 2>/dev/null; do sleep 0.02; done; \
                %2$s -c %3$s >/dev/null 2>&1 & echo $! > %1$s""".formatted(pid, executable, config);
    }

    /** Notes the process id where {@link #restartCommand} looks for it. */
    public void writePid() throws IOException {
        Process running = process;
        if (running != null) {
            Files.writeString(config.resolveSibling("mosquitto.pid"), Long.toString(running.pid()), UTF_8);
        }
    }

    /** Ends the broker that {@link #restartCommand} started. */
    public void killRestarted() throws IOException {
        Path pid = config.resolveSibling("mosquitto.pid");
        ProcessHandle.of(Long.parseLong(Files.readString(pid, UTF_8).strip()))
                .filter(handle -> handle.info().command().orElse("").endsWith("mosquitto"))
                .ifPresent(handle -> {
                    handle.destroyForcibly();
                    handle.onExit().join();
                });
    }

    private boolean accepts() {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    public void kill() {
        Process running = process;
        if (running != null) {
            running.destroyForcibly().onExit().join();
        }
    }

    @Override
    public void close() {
        kill();
    }
}
