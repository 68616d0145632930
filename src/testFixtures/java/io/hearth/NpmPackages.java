package io.hearth;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The npm packages that tests run. The build installs them, unless a test is started without it. */
public final class NpmPackages {
    private NpmPackages() {}

    /**
     * Installs what {@code src/test/NAME} pins, unless it is there.
     *
     * @return the directory that has {@code node_modules}
     * @throws IllegalStateException Node.js or npm is missing, or the installation failed; says why
     */
    public static Path install(String name) throws IOException, InterruptedException {
        Path log = Path.of("target", name + "-install.log");
        Process installer = new ProcessBuilder("sh", "src/test/install-npm.sh", name)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (installer.waitFor() != 0) {
            throw new IllegalStateException(name + " is not installed: " + Files.readString(log));
        }
        return Path.of("target", name);
    }
}
