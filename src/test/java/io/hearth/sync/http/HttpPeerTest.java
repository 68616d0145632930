package io.hearth.sync.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.sync.Peer;
import io.hearth.sync.wire.PeerDigests;
import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PeerTransport;
import io.hearth.sync.wire.RecordLines;
import io.hearth.sync.wire.ShadowDigest;
import io.hearth.sync.wire.SyncPage;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A peer over real connections: who is trusted, and how answers are packed. */
@SuppressWarnings("NullAway")
class HttpPeerTest {
    private static final RegionId SELF = new RegionId("here");
    private static final String PASSWORD = "password";
    private static final int MAX_ANSWER_BYTES = 1 << 20;
    private static final byte[] PAGE = RecordLines.write(new SyncPage(List.of(), new Cursor("place"), false, 0), 1);

    private final BlockingQueue<List<String>> encodings = new LinkedBlockingQueue<>();
    private final CountDownLatch hungUp = new CountDownLatch(1);
    private byte[] answer = PAGE;
    private boolean packed;
    private boolean endless;
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

        assertThatThrownBy(() -> new HttpPeers(SELF, false, Optional.of(empty), MAX_ANSWER_BYTES))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("empty.pem");
    }

    @Test
    void changes_ofAPeerOnAnotherMachine_areAskedForAndReadPacked() throws Exception {
        startPlain();
        answer = gzipped(PAGE);
        packed = true;

        assertThat(changes(true).next()).isEqualTo("place");
        assertThat(encodings.take()).containsExactly("gzip");
    }

    @Test
    void changes_packedAndBrokenOff_areRefused() throws Exception {
        startPlain();
        byte[] whole = gzipped(PAGE);
        answer = Arrays.copyOf(whole, whole.length / 2);
        packed = true;

        assertThatThrownBy(() -> changes(true)).isInstanceOf(IOException.class);
    }

    @Test
    void changes_withoutEnd_areRefusedAndTheConnectionIsClosed() throws Exception {
        startPlain();
        endless = true;
        // No line of it ends, either.
        answer = "x".repeat(100_000).getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(() -> changes(false))
                .isInstanceOf(IOException.class)
                .hasMessage("the answer is longer than HEARTH_LIMITS_PEER_ANSWER allows, which is 1048576 bytes");
        assertThat(hungUp.await(60, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void changes_thatUnpackToMoreThanTheyMay_areRefused() throws Exception {
        startPlain();
        answer = gzipped(new byte[20 * MAX_ANSWER_BYTES]);
        packed = true;
        assertThat(answer.length).isLessThan(MAX_ANSWER_BYTES);

        assertThatThrownBy(() -> changes(true))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("longer than HEARTH_LIMITS_PEER_ANSWER allows");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"region\":\"there\",\"changes\":\"x\",\"segments\":2147483647} | 2147483647 segments, of at most 4096",
                "{\"region\":\"there\",\"changes\":\"x\",\"segments\":1e99} | segments, of at most 4096",
                "{\"region\":\"there\",\"changes\":\"x\",\"segments\":-1} | does not say where its changes begin",
                "{\"region\":\"there\",\"segments\":8} | does not say where its changes begin",
                "[] | does not say where its changes begin",
                "{ | Unexpected end-of-input",
            })
    void start_thatMakesNoSense_isRefused(String text, String message) throws Exception {
        startPlain();
        answer = text.getBytes(StandardCharsets.US_ASCII);

        try (PeerTransport transport = transport(false)) {
            assertThatThrownBy(transport::start).isInstanceOf(IOException.class).hasMessageContaining(message);
        }
    }

    @Test
    void start_withAPlaceOrAListBeyondAnySense_isRefused() throws Exception {
        startPlain();
        try (PeerTransport transport = transport(false)) {
            answer = ("{\"region\":\"there\",\"segments\":8,\"changes\":\"" + "x".repeat(100_000) + "\"}")
                    .getBytes(StandardCharsets.US_ASCII);
            assertThatThrownBy(transport::start).isInstanceOf(IOException.class).hasMessageContaining("maximum");

            answer = ("{\"x\":[" + "[],".repeat(100_000) + "0]}").getBytes(StandardCharsets.US_ASCII);
            assertThatThrownBy(transport::start).isInstanceOf(IOException.class).hasMessageContaining("Token count");
        }
    }

    @Test
    void digests_thatWereAskedFor_areRead() throws Exception {
        startPlain();
        answer = ("{\"later\":[{}],\"devices\":{\"d1\":{\"86400000000\":\"ffffffffffffffff\",\"0\":\"1f\"},\"d2\":{}},"
                        + "\"shadows\":[{\"thing\":\"t\",\"name\":\"n\",\"digest\":\"2\",\"later\":{}}]}")
                .getBytes(StandardCharsets.US_ASCII);

        PeerDigests digests = digests();

        assertThat(digests.byDevice())
                .isEqualTo(Map.of(
                        new DeviceId("d1"), Map.of(86_400_000_000L, -1L, 0L, 31L), new DeviceId("d2"), Map.of()));
        assertThat(digests.shadows()).containsExactly(new ShadowDigest(new DeviceId("t"), "n", 2));
        answer = "{}".getBytes(StandardCharsets.US_ASCII);
        assertThat(digests()).isEqualTo(new PeerDigests(Map.of(), List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "{\"devices\":[]}",
                "{\"devices\":{\"no device\":{}}}",
                "{\"devices\":{\"d\":{\"x\":\"1\"}}}",
                "{\"devices\":{\"d\":{\"0\":\"x\"}}}",
                "{\"devices\":{\"d\":{\"0\":{}}}}",
                "{\"shadows\":[{}]}",
                "{\"devices\":{",
            })
    void digests_thatMakeNoSense_areRefused(String text) throws Exception {
        startPlain();
        answer = text.getBytes(StandardCharsets.US_ASCII);

        assertThatThrownBy(this::digests).isInstanceOf(IOException.class);
    }

    private PeerDigests digests() throws IOException {
        try (PeerTransport transport = transport(false)) {
            return transport.digests(0, 8, new TimeRange(0, 1), 0);
        }
    }

    @Test
    void changes_ofAPeerOnThisMachine_areNotPacked() throws Exception {
        startPlain();

        assertThat(changes(Optional.empty()).next()).isEqualTo("place");
        assertThat(encodings.take()).isEmpty();
    }

    private PeerPage changes(Optional<Path> trustFile) throws IOException {
        try (PeerTransport transport = new HttpPeers(SELF, false, trustFile, MAX_ANSWER_BYTES).apply(peer())) {
            return transport.changes("start", 10, Duration.ZERO);
        }
    }

    private PeerPage changes(boolean compressed) throws IOException {
        try (PeerTransport transport = transport(compressed)) {
            return transport.changes("start", 10, Duration.ZERO);
        }
    }

    private PeerTransport transport(boolean compressed) {
        return new HttpPeer(HttpClient.newHttpClient(), peer(), SELF, false, compressed, MAX_ANSWER_BYTES);
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
        server.createContext("/api/v1/sync/", this::answer);
        server.start();
    }

    private void answer(HttpExchange exchange) throws IOException {
        encodings.add(List.copyOf(exchange.getRequestHeaders().getOrDefault("Accept-Encoding", List.of())));
        if (packed) {
            exchange.getResponseHeaders().add("Content-Encoding", "gzip");
        }
        exchange.sendResponseHeaders(200, endless ? 0 : answer.length);
        try (exchange) {
            do {
                exchange.getResponseBody().write(answer);
            } while (endless);
        } catch (IOException closed) {
            hungUp.countDown();
        }
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
