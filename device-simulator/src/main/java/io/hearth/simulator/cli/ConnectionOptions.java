package io.hearth.simulator.cli;

import io.hearth.simulator.publish.CredentialBook;
import io.hearth.simulator.publish.Credentials;
import io.hearth.simulator.publish.TlsFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How to reach the MQTT endpoint and who to be there. */
final class ConnectionOptions {

    @Option(names = "--host", defaultValue = "127.0.0.1", description = "MQTT host")
    String host = "";

    @Option(names = "--port", defaultValue = "1883", description = "MQTT port")
    int port;

    @Option(names = "--username", description = "MQTT user name (default: device, if there is a password)")
    private @Nullable String username;

    @Option(names = "--password", description = "MQTT password; else $HEARTH_DEVICE_PASSWORD")
    private @Nullable String password;

    @Option(names = "--password-file", description = "file whose first line is the MQTT password")
    private @Nullable Path passwordFile;

    @Option(
            names = "--credentials-file",
            description = "file of lines 'client id,user name,password' for devices that have their own")
    private @Nullable Path credentialsFile;

    @Option(names = "--tls", description = "secure connections, trusting what Java trusts")
    private boolean tls;

    @Option(names = "--tls-trust", description = "PEM file of authorities to trust instead; means --tls")
    private @Nullable Path tlsTrust;

    @Option(names = "--tls-cert", description = "PEM file of the client's certificate; means --tls")
    private @Nullable Path tlsCertificate;

    @Option(names = "--tls-key", description = "PEM file of its key, PKCS #8, not encrypted")
    private @Nullable Path tlsKey;

    void check() {
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("--port is 1 to 65535, not " + port);
        }
    }

    @Nullable
    SSLContext tlsContext() throws IOException {
        if ((tlsCertificate == null) != (tlsKey == null)) {
            throw new IllegalArgumentException("--tls-cert and --tls-key go together");
        }
        if (!tls && tlsTrust == null && tlsCertificate == null) {
            return null;
        }
        for (Path file : new @Nullable Path[] {tlsTrust, tlsCertificate, tlsKey}) {
            requireFile(file);
        }
        return new TlsFiles(tlsTrust, tlsCertificate, tlsKey).context();
    }

    private static void requireFile(@Nullable Path file) {
        if (file != null && !Files.isReadable(file)) {
            throw new IllegalArgumentException("there is no file " + file);
        }
    }

    CredentialBook credentials() throws IOException {
        requireFile(credentialsFile);
        return credentialsFile == null
                ? CredentialBook.shared(sharedCredentials())
                : CredentialBook.read(credentialsFile, sharedCredentials());
    }

    private Credentials sharedCredentials() throws IOException {
        String secret = password;
        if (passwordFile != null) {
            if (secret != null) {
                throw new IllegalArgumentException("--password and --password-file exclude each other");
            }
            secret = SecretFile.read(passwordFile);
        }
        if (secret == null) {
            secret = System.getenv("HEARTH_DEVICE_PASSWORD");
        }
        if (secret == null) {
            return new Credentials(username, null);
        }
        return new Credentials(username != null ? username : "device", secret.getBytes(StandardCharsets.UTF_8));
    }
}
