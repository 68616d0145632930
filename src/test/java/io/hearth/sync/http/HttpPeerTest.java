package io.hearth.sync.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.hearth.model.RegionId;
import io.hearth.sync.Peer;
import io.hearth.sync.PeerTransport;
import io.hearth.sync.RecordLines;
import io.hearth.sync.SyncPage;
import io.hearth.table.Cursor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A peer over real connections: who is trusted, and how answers are packed. */
@SuppressWarnings("NullAway")
class HttpPeerTest {
    private static final RegionId SELF = new RegionId("here");
    private static final String PASSWORD = "password";
    private static final byte[] PAGE = RecordLines.write(new SyncPage(List.of(), new Cursor("place"), false, 0), 1);

    private final BlockingQueue<List<String>> encodings = new LinkedBlockingQueue<>();
    private byte[] answer = PAGE;
    private HttpServer server;

    @TempDir
    Path directory;

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void changes_ofAPeerWhoseCertificateIsInTheTrustFile_areRead() throws Exception {
        Path certificate = startTls("ip:127.0.0.1");

        assertThat(changes(Optional.of(certificate)).next()).isEqualTo("place");
    }

    @Test
    void changes_ofAPeerWhoseCertificateNobodyVouchesFor_areRefused() throws Exception {
        startTls("ip:127.0.0.1");

        assertThatThrownBy(() -> changes(Optional.empty()))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("certification path");
        assertThat(encodings).as("requests, which have the token").isEmpty();
    }

    @Test
    void changes_ofAPeerWithACertificateForAnotherHost_areRefused() throws Exception {
        Path certificate = startTls("dns:elsewhere.example");

        assertThatThrownBy(() -> changes(Optional.of(certificate)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("alternative name");
        assertThat(encodings).as("requests, which have the token").isEmpty();
    }

    @Test
    void new_trustFileWithoutCertificates_isRefusedWithItsName() throws Exception {
        startPlain();
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");

        assertThatThrownBy(() -> new HttpPeers(SELF, false, Optional.of(empty)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("empty.pem");
    }

    @Test
    void changes_ofAPeerOnAnotherMachine_areAskedForAndReadPacked() throws Exception {
        startPlain();
        answer = gzipped(PAGE);

        assertThat(changes(true).next()).isEqualTo("place");
        assertThat(encodings.take()).containsExactly("gzip");
    }

    @Test
    void changes_packedAndBrokenOff_areRefused() throws Exception {
        startPlain();
        byte[] packed = gzipped(PAGE);
        answer = Arrays.copyOf(packed, packed.length / 2);

        assertThatThrownBy(() -> changes(true)).isInstanceOf(IOException.class);
    }

    @Test
    void changes_ofAPeerOnThisMachine_areNotPacked() throws Exception {
        startPlain();

        assertThat(changes(Optional.empty()).next()).isEqualTo("place");
        assertThat(encodings.take()).isEmpty();
    }

    private PeerTransport.Answer changes(Optional<Path> trustFile) throws IOException {
        try (PeerTransport transport = new HttpPeers(SELF, false, trustFile).apply(peer())) {
            return transport.changes("start", 10, Duration.ZERO);
        }
    }

    private PeerTransport.Answer changes(boolean compressed) throws IOException {
        try (PeerTransport transport = new HttpPeer(HttpClient.newHttpClient(), peer(), SELF, false, compressed)) {
            return transport.changes("start", 10, Duration.ZERO);
        }
    }

    private Peer peer() {
        String scheme = server instanceof HttpsServer ? "https" : "http";
        return new Peer(
                new RegionId("there"),
                URI.create(scheme + "://127.0.0.1:" + server.getAddress().getPort()),
                "a-token");
    }

    private void startPlain() throws IOException {
        start(HttpServer.create(address(), 0));
    }

    /** Returns the certificate, which signs itself, as a PEM file. */
    private Path startTls(String alternativeName) throws Exception {
        Path store = directory.resolve("server.p12");
        Path certificate = directory.resolve("server.pem");
        keytool(store, "-genkeypair", "-keyalg", "EC", "-dname", "CN=there", "-ext", "SAN=" + alternativeName);
        keytool(store, "-exportcert", "-rfc", "-file", certificate.toString());
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(keys, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        HttpsServer tls = HttpsServer.create(address(), 0);
        tls.setHttpsConfigurator(new HttpsConfigurator(context));
        start(tls);
        return certificate;
    }

    private static InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private void start(HttpServer made) {
        server = made;
        server.createContext("/api/v1/sync/changes", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        encodings.add(List.copyOf(exchange.getRequestHeaders().getOrDefault("Accept-Encoding", List.of())));
        if (answer != PAGE) {
            exchange.getResponseHeaders().add("Content-Encoding", "gzip");
        }
        exchange.sendResponseHeaders(200, answer.length);
        exchange.getResponseBody().write(answer);
        exchange.close();
    }

    private static byte[] gzipped(byte[] page) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(page);
        }
        return packed.toByteArray();
    }

    private static void keytool(Path store, String... arguments) throws Exception {
        Path tool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        List<String> command = Stream.of(
                        Stream.of(tool.toString()),
                        Arrays.stream(arguments),
                        Stream.of("-alias", "there", "-storepass", PASSWORD, "-keystore", store.toString()))
                .flatMap(part -> part)
                .toList();
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
