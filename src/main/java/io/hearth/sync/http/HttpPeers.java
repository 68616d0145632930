package io.hearth.sync.http;

import io.hearth.model.RegionId;
import io.hearth.sync.Peer;
import io.hearth.sync.wire.PeerTransport;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Makes the transports of peers, which share a client. */
public final class HttpPeers implements Function<Peer, PeerTransport> {
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(5);

    private final HttpClient client;
    private final RegionId self;
    private final boolean relayed;
    private final long maxAnswerBytes;

    /**
     * @param relayed whether peers are to pass on what other regions wrote
     * @param trustFile certificates (PEM) that peers may show, or whose holders signed theirs; without, those that Java trusts
     * @param maxAnswerBytes what an answer of a peer may have, as it comes and unpacked
     * @throws IOException the trust file cannot be read
     */
    public HttpPeers(RegionId self, boolean relayed, Optional<Path> trustFile, long maxAnswerBytes) throws IOException {
        this.self = self;
        this.relayed = relayed;
        this.maxAnswerBytes = maxAnswerBytes;
        HttpClient.Builder builder =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_PATIENCE);
        if (trustFile.isPresent()) {
            builder.sslContext(trusting(trustFile.get()));
        }
        client = builder.build();
    }

    private static SSLContext trusting(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
            trusted.load(null, null);
            int number = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                trusted.setCertificateEntry("peer-" + number++, certificate);
            }
            if (number == 0) {
                throw new IOException(file + " has no certificate");
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IOException(file + " has no certificates that can be read: " + e.getMessage(), e);
        }
    }

    @Override
    public PeerTransport apply(Peer peer) {
        return new HttpPeer(client, peer, self, relayed, !isLoopback(peer.url().getHost()), maxAnswerBytes);
    }

    private static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (IOException unknownYet) {
            return false;
        }
    }
}
