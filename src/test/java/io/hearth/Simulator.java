package io.hearth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/** The device simulator as its users run it: a process of its own. */
public final class Simulator implements AutoCloseable {
    private static final Path JAR = Path.of("device-simulator", "target", "device-simulator.jar");
    private static final Pattern ACKNOWLEDGED = Pattern.compile("acked [1-9]");

    private final Process process;
    private final Path log;

    private Simulator(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /** Starts a command of the simulator; what it prints goes to {@code log}. */
    public static Simulator start(Path log, String... arguments) {
        if (!Files.exists(JAR)) {
            throw new IllegalStateException(
                    "the simulator is not built: run mvn -f device-simulator/pom.xml package, " + JAR + " is missing");
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-jar");
        command.add(JAR.toString());
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            return new Simulator(process, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts to compare what a service has stored with a ledger; ends with 0 if nothing is lost, doubled or changed. */
    public static Simulator verify(Path log, Path ledger, HearthProcess hearth) {
        return start(
                log,
                "verify",
                "--ledger",
                ledger.toString(),
                "--url",
                hearth.httpUri().toString(),
                "--token",
                hearth.adminToken());
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** Waits until a progress line says that something was acknowledged: a kill before that would not be one under load. */
    public void awaitAcknowledged() {
        Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> {
            if (!isRunning()) {
                throw new IllegalStateException("the simulator ended before anything was acknowledged:\n" + log());
            }
            return ACKNOWLEDGED.matcher(log()).find();
        });
    }

    /** Waits until it has ended and returns its exit code. */
    public int await() throws InterruptedException {
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            throw new IllegalStateException("the simulator does not end:\n" + log());
        }
        return process.exitValue();
    }

    /** Has it send nothing more, settle its ledger, print its report and end. */
    public void stop() throws InterruptedException {
        process.destroy();
        await();
    }

    /** What it has printed so far. */
    public String log() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
