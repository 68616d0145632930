package io.hearth.table.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.hearth.NpmPackages;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.file.Path;

/** The process of dynalite, an implementation of the DynamoDB API for Node.js, with its tables in memory. It ends with this JVM. */
final class Dynalite {
    /** Held on to, as the process ends when its input is closed. */
    private final Process process;

    private final URI endpoint;

    Dynalite() throws IOException, InterruptedException {
        Path server = NpmPackages.install("dynalite").resolve("server.js");
        process = new ProcessBuilder("node", server.toString())
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
}
