package io.hearth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The device simulator as its users run it: a process of its own. */
public final class Simulator implements AutoCloseable {
    private static final Path JAR = Path.of("device-simulator", "target", "device-simulator.jar");

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
            Leavings.endAtExit(process);
            return new Simulator(process, log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts to compare what a service has stored with a ledger; ends with 0 if nothing is lost, doubled or changed. */
    public static Simulator verify(Path log, Path ledger, HearthProcess hearth, String... more) {
        List<String> arguments = new ArrayList<>(List.of("verify", "--ledger", ledger.toString()));
        arguments.addAll(List.of("--url", hearth.httpUri().toString(), "--token", hearth.adminToken()));
        arguments.addAll(List.of(more));
        return start(log, arguments.toArray(String[]::new));
    }

    public boolean isRunning() {
        return process.isAlive();
    }

    /** Waits until it has ended and returns its exit code. */
    public int await() throws InterruptedException {
        if (!process.waitFor(10, TimeUnit.MINUTES)) {
            throw new IllegalStateException("the simulator does not end:\n" + log());
        }
        return process.exitValue();
    }

    /** Tells it to send nothing more, settle its ledger, print its report and end; does not wait. */
    public void terminate() {
        process.destroy();
    }

    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid()))
                .inheritIO()
                .start();
        if (kill.waitFor() != 0) {
            throw new IllegalStateException("the simulator cannot be sent " + name);
        }
    }

    /** What it has printed so far. */
    public String log() {
        try {
            return Files.readString(log, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The last lines of it: enough for its last progress line, which is short. */
    String endOfLog() {
        try (FileChannel file = FileChannel.open(log)) {
            ByteBuffer end = ByteBuffer.allocate(2_000);
            int length = file.read(end, Math.max(0, file.size() - end.capacity()));
            return new String(end.array(), 0, Math.max(0, length), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
