package io.hearth.fault;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hearth.HearthProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Makes trouble for a service, with programs of the system. */
final class Faulted {
    private Faulted() {}

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
