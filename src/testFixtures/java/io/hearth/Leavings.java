package io.hearth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** What tests must not leave behind when their JVM ends, whatever has failed: processes and directories. */
final class Leavings {
    private static final Set<Process> PROCESSES = ConcurrentHashMap.newKeySet();
    private static final Set<Path> DIRECTORIES = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(Leavings::removeAll, "leavings"));
    }

    private Leavings() {}

    static void endAtExit(Process process) {
        PROCESSES.removeIf(ended -> !ended.isAlive());
        PROCESSES.add(process);
    }

    static Path removeAtExit(Path directory) {
        DIRECTORIES.add(directory);
        return directory;
    }

    /** Removes a directory with all that is in it. */
    static void remove(Path directory) {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void removeAll() {
        for (Process process : PROCESSES) {
            process.destroyForcibly().onExit().join();
        }
        for (Path directory : DIRECTORIES) {
            if (Files.exists(directory)) {
                remove(directory);
            }
        }
    }
}
