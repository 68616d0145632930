package io.hearth.table.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;

/** The process of dynalite, an implementation of the DynamoDB API for Node.js, with its tables in memory. It ends with this JVM. */
final class Dynalite {
    private static final Path INSTALLATION_LOG = Path.of("target/dynalite-install.log");

    /** Held on to, as the process ends when its input is closed. */
    private final Process process;

    private final URI endpoint;

    Dynalite() throws IOException, InterruptedException {
        install();
        process = new ProcessBuilder("node", "target/dynalite/server.js")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        String port = output.readLine();
        if (port == null) {
            throw new IllegalStateException("dynalite ended with exit code " + process.waitFor());
        }
        endpoint = URI.create("http://127.0.0.1:" + port);
    }

    URI endpoint() {
        return endpoint;
    }

    /** The build has done it, unless the test was started without it. */
    private static void install() throws IOException, InterruptedException {
        Process installer = new ProcessBuilder("sh", "src/test/dynalite/install.sh")
                .redirectErrorStream(true)
                .redirectOutput(INSTALLATION_LOG.toFile())
                .start();
        if (installer.waitFor() != 0) {
            throw new IllegalStateException(
                    "dynalite, which stands in for DynamoDB, is not installed: " + Files.readString(INSTALLATION_LOG));
        }
    }
}
