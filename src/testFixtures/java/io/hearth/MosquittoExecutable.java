package io.hearth;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The Mosquitto of this machine. If there is none and the machine has {@code apt-get}, the package is unpacked below
 * {@code target}, which needs no root and changes nothing else.
 *
 * @param broker the broker
 * @param passwordTool {@code mosquitto_passwd}
 * @param libraries where its libraries are, if not where the system's are
 */
record MosquittoExecutable(
        Path broker, Path passwordTool, @Nullable Path libraries) {
    private static final Path UNPACKED = Path.of("target", "mosquitto").toAbsolutePath();
    private static final List<String> PLACES = List.of("/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin");

    static synchronized MosquittoExecutable find() {
        Stream<String> path = Stream.of(System.getenv().getOrDefault("PATH", "").split(":"));
        List<Path> places =
                Stream.concat(path, PLACES.stream()).map(Path::of).distinct().toList();
        Optional<MosquittoExecutable> installed = in(places, null);
        if (installed.isPresent()) {
            return installed.get();
        }
        return unpacked().orElseGet(MosquittoExecutable::fetch);
    }

    void environment(ProcessBuilder process) {
        if (libraries != null) {
            process.environment().put("LD_LIBRARY_PATH", libraries.toString());
        }
    }

    private static Optional<MosquittoExecutable> in(List<Path> places, @Nullable Path libraries) {
        Optional<Path> broker = executable(places, "mosquitto");
        Optional<Path> tool = executable(places, "mosquitto_passwd");
        return broker.flatMap(found -> tool.map(other -> new MosquittoExecutable(found, other, libraries)));
    }

    private static Optional<Path> executable(List<Path> places, String name) {
        return places.stream()
                .map(place -> place.resolve(name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static Optional<MosquittoExecutable> unpacked() {
        Path libraries = UNPACKED.resolve("root/usr/lib");
        if (!Files.isDirectory(libraries)) {
            return Optional.empty(); // Nothing has been unpacked.
        }
        try (Stream<Path> below = Files.walk(libraries)) {
            // Debian keeps libraries in a directory named after the architecture; there is none if the machine has them
            // all.
            Path directory = below.filter(MosquittoExecutable::isLibrary)
                    .map(Path::getParent)
                    .findFirst()
                    .orElse(libraries);
            return in(List.of(UNPACKED.resolve("root/usr/sbin"), UNPACKED.resolve("root/usr/bin")), directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isLibrary(Path file) {
        String name = file.getFileName().toString();
        return name.startsWith("lib") && name.contains(".so");
    }

    /** Lets apt download the package and whatever of its dependencies the machine lacks, with state and cache of our own. */
    private static MosquittoExecutable fetch() {
        try {
            Path lists =
                    Files.createDirectories(UNPACKED.resolve("lists/partial")).getParent();
            Path archives = Files.createDirectories(UNPACKED.resolve("archives/partial"))
                    .getParent();
            List<String> apt = List.of(
                    "apt-get",
                    "-q",
                    "-o",
                    "Debug::NoLocking=true",
                    "-o",
                    "APT::Sandbox::User=",
                    "-o",
                    "Dir::State::lists=" + lists,
                    "-o",
                    "Dir::Cache=" + UNPACKED,
                    "-o",
                    "Dir::Cache::archives=" + archives);
            run(apt, "update");
            run(apt, "--yes", "--no-install-recommends", "--reinstall", "--download-only", "install", "mosquitto");
            Path root = Files.createDirectories(UNPACKED.resolve("root"));
            try (Stream<Path> packages = Files.list(archives)) {
                for (Path file :
                        packages.filter(p -> p.toString().endsWith(".deb")).toList()) {
                    run(List.of("dpkg-deb", "-x", file.toString(), root.toString()));
                }
            }
        } catch (IOException e) {
            throw missing(String.valueOf(e.getMessage()));
        }
        return unpacked().orElseThrow(() -> missing("the package does not hold it"));
    }

    private static void run(List<String> command, String... more) throws IOException {
        List<String> all = new ArrayList<>(command);
        all.addAll(List.of(more));
        Path log = UNPACKED.resolve("fetch.log");
        Process process = new ProcessBuilder(all)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        try {
            if (!process.waitFor(3, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IOException(all.get(0) + " took longer than 3 minutes, see " + log);
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (process.exitValue() != 0) {
            throw new IOException(all.get(0) + " failed, see " + log);
        }
    }

    private static IllegalStateException missing(String why) {
        return new IllegalStateException(
                "These tests need the MQTT broker Mosquitto: install the package mosquitto (apt-get install mosquitto, or brew install mosquitto); it could not be fetched: "
                        + why);
    }
}
