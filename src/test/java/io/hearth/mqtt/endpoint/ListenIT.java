package io.hearth.mqtt.endpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.config.StartupRefusedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where and how the endpoint listens. */
class ListenIT {
    private static final String STORE_PASSWORD = "changeit";

    @TempDir
    private Path directory;

    @Test
    void start_portTaken_saysWhereInOneSentence() {
        try (EndpointFixture first = new EndpointFixture()) {
            String port = String.valueOf(first.port());
            assertThatThrownBy(() -> new EndpointFixture(Map.of("hearth.mqtt.port", port)))
                    .isInstanceOf(StartupRefusedException.class)
                    .hasMessageContaining("127.0.0.1:" + port);
        }
    }

    @Test
    void start_tlsWithoutFiles_namesTheSetting() {
        assertThatThrownBy(() -> new EndpointFixture(Map.of("hearth.mqtt.tls.enabled", "true")))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining("HEARTH_MQTT_TLS_CERTIFICATE_FILE");
        assertThatThrownBy(() -> new EndpointFixture(
                        Map.of("hearth.mqtt.tls.enabled", "true", "hearth.mqtt.tls.certificate-file", "/missing.pem")))
                .isInstanceOf(StartupRefusedException.class)
                .hasMessageContaining("/missing.pem");
    }

    @Test
    void tls_serves_andPlainTextIsRefused() throws Exception {
        KeyStore store = selfSigned();
        Path certificate = pem("CERTIFICATE", store.getCertificate("server").getEncoded());
        Path key = pem(
                "PRIVATE KEY",
                store.getKey("server", STORE_PASSWORD.toCharArray()).getEncoded());
        try (EndpointFixture fixture = new EndpointFixture(Map.of(
                "hearth.mqtt.tls.enabled", "true",
                "hearth.mqtt.tls.certificate-file", certificate.toString(),
                "hearth.mqtt.tls.key-file", key.toString()))) {
            try (var socket = trusting(store.getCertificate("server"))
                    .getSocketFactory()
                    .createSocket("127.0.0.1", fixture.port())) {
                OutputStream out = socket.getOutputStream();
                out.write(RawClient.connect(RawClient.Hello.mqtt3("tls")));
                InputStream in = socket.getInputStream();
                assertThat(in.readNBytes(4)).containsExactly(0x20, 2, 0, 0);
            } catch (SSLException e) {
                throw new AssertionError("the handshake failed", e);
            }
            try (RawClient plain = new RawClient(fixture.port())) {
                plain.send(RawClient.connect(RawClient.Hello.mqtt3("plain")));
                // What comes, if anything, is TLS's alert.
                Awaitility.await().until(() -> fixture.metric("hearth.mqtt.connections.refused", "reason", "tls") == 1);
            }
        }
    }

    private KeyStore selfSigned() throws Exception {
        Path file = directory.resolve("server.p12");
        Process keytool = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-storetype",
                        "PKCS12",
                        "-keystore",
                        file.toString(),
                        "-storepass",
                        STORE_PASSWORD))
                .redirectErrorStream(true)
                .start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as("keytool of the JDK: %s", output).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, STORE_PASSWORD.toCharArray());
        }
        return store;
    }

    private Path pem(String what, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.writeString(
                directory.resolve(what.replace(' ', '-') + ".pem"),
                "-----BEGIN " + what + "-----\n" + base64 + "\n-----END " + what + "-----\n");
    }

    private static SSLContext trusting(Certificate certificate) throws Exception {
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("server", certificate);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }
}
