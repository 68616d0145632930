package io.hearth.mqtt.external;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.hearth.Mosquitto;
import io.hearth.config.StartupRefusedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS towards the broker: who is trusted, under which name, and who we say we are. */
class BrokerTlsIT {
    @TempDir
    Path directory;

    @Test
    void connect_trustedCertificateForTheHost_connects() throws Exception {
        Certificate server = Certificate.make(directory, "server", "ip:127.0.0.1");
        try (Mosquitto broker = broker(server).start();
                Sink sink = Sink.settling();
                Service service = Service.start(broker.port(), sink, trusting(server))) {
            eventually().until(service::isConnected);
        }
    }

    @Test
    void connect_trustedCertificateForAnotherHost_isRefused() throws Exception {
        Certificate server = Certificate.make(directory, "server", "dns:broker.example");
        try (Mosquitto broker = broker(server).start();
                Sink sink = Sink.settling();
                Service service = Service.start(broker.port(), sink, trusting(server))) {
            eventually()
                    .untilAsserted(() ->
                            assertThat(service.problems()).contains("127.0.0.1").contains("alternative name"));
            assertThat(service.isConnected()).isFalse();
        }
    }

    @Test
    void connect_certificateNobodyVouchesFor_isRefused() throws Exception {
        Certificate server = Certificate.make(directory, "server", "ip:127.0.0.1");
        try (Mosquitto broker = broker(server).start();
                Sink sink = Sink.settling();
                Service service = Service.start(broker.port(), sink, Map.of("tls.enabled", "true"))) {
            eventually().untilAsserted(() -> assertThat(service.problems()).contains("certification path"));
            assertThat(service.isConnected()).isFalse();
        }
    }

    @Test
    void connect_brokerAsksForACertificate_isShownOurs() throws Exception {
        Certificate server = Certificate.make(directory, "server", "ip:127.0.0.1");
        Certificate client = Certificate.make(directory, "client", "dns:hearth");
        try (Mosquitto broker = Mosquitto.with(
                                directory,
                                "certfile " + server.certificate,
                                "keyfile " + server.key,
                                "cafile " + client.certificate,
                                "require_certificate true")
                        .start();
                Sink sink = Sink.settling()) {
            try (Service anonymous = Service.start(broker.port(), sink, trusting(server))) {
                eventually()
                        .untilAsserted(() -> assertThat(anonymous.problems()).contains("broker at"));
                assertThat(anonymous.isConnected()).isFalse();
            }
            try (Service service = Service.start(
                    broker.port(),
                    sink,
                    Map.of(
                            "tls.enabled", "true",
                            "tls.trust-file", server.certificate.toString(),
                            "tls.certificate-file", client.certificate.toString(),
                            "tls.key-file", client.key.toString()))) {
                eventually().until(service::isConnected);
            }
        }
    }

    @Test
    void start_trustFileMissing_isRefusedWithItsName() {
        try (Sink sink = Sink.settling()) {
            Map<String, String> settings = Map.of("tls.enabled", "true", "tls.trust-file", "/nowhere/ca.pem");
            assertThatThrownBy(() -> Service.start(1, sink, settings))
                    .isInstanceOf(StartupRefusedException.class)
                    .hasMessageContaining("/nowhere/ca.pem");
        }
    }

    private Mosquitto broker(Certificate server) throws IOException {
        return Mosquitto.with(directory, "certfile " + server.certificate, "keyfile " + server.key);
    }

    private static Map<String, String> trusting(Certificate server) {
        return Map.of("tls.enabled", "true", "tls.trust-file", server.certificate.toString());
    }

    private static ConditionFactory eventually() {
        return await().atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(10));
    }

    /** A certificate that signs itself, and its key, as PEM files. */
    private record Certificate(Path certificate, Path key) {
        private static final String PASSWORD = "password";

        static Certificate make(Path directory, String name, String alternativeName) throws Exception {
            Path store = directory.resolve(name + ".p12");
            Process keytool = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "keytool")
                                    .toString(),
                            "-genkeypair",
                            "-alias",
                            name,
                            "-keyalg",
                            "EC",
                            "-dname",
                            "CN=" + name,
                            "-ext",
                            "SAN=" + alternativeName,
                            "-ext",
                            "BC=ca:true",
                            "-validity",
                            "2",
                            "-storetype",
                            "PKCS12",
                            "-storepass",
                            PASSWORD,
                            "-keystore",
                            store.toString())
                    .redirectErrorStream(true)
                    .start();
            ByteArrayOutputStream said = new ByteArrayOutputStream();
            keytool.getInputStream().transferTo(said);
            assertThat(keytool.waitFor())
                    .as(said.toString(StandardCharsets.UTF_8))
                    .isZero();
            return fromStore(directory, store, name);
        }

        private static Certificate fromStore(Path directory, Path store, String name)
                throws IOException, GeneralSecurityException {
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(store)) {
                keys.load(in, PASSWORD.toCharArray());
            }
            return new Certificate(
                    pem(
                            directory.resolve(name + ".crt"),
                            "CERTIFICATE",
                            keys.getCertificate(name).getEncoded()),
                    pem(
                            directory.resolve(name + ".key"),
                            "PRIVATE KEY",
                            keys.getKey(name, PASSWORD.toCharArray()).getEncoded()));
        }

        private static Path pem(Path file, String what, byte[] der) throws IOException {
            String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                    .encodeToString(der);
            return Files.writeString(file, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
        }
    }
}
