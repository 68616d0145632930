package io.hearth.sync.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.sync.Peer;
import io.hearth.sync.wire.PeerDigests;
import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PeerStart;
import io.hearth.sync.wire.PeerTransport;
import io.hearth.sync.wire.RecordLines;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** A peer over its REST API. */
public final class HttpPeer implements PeerTransport {
    /** For the answer that says where to begin: a few fields. */
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(PeerTransport.MAX_PLACE_LENGTH)
                    .maxTokenCount(1000)
                    .build())
            .build());

    private static final int SHOWN_CHARACTERS = 300;

    /** For an answer that is there, beside what it may wait for changes. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** The peer reads all of a segment for it. */
    private static final Duration DIGEST_PATIENCE = Duration.ofMinutes(10);

    private final HttpClient client;
    private final Peer peer;
    private final RegionId self;
    private final boolean relayed;
    private final boolean compressed;
    private final long maxAnswerBytes;

    /**
     * @param self this region, whose own writes need not come back
     * @param relayed whether the peer is to pass on what other regions wrote
     * @param compressed whether pages are worth packing on the way
     * @param maxAnswerBytes what an answer may have, as it comes and unpacked
     */
    HttpPeer(HttpClient client, Peer peer, RegionId self, boolean relayed, boolean compressed, long maxAnswerBytes) {
        this.client = client;
        this.peer = peer;
        this.self = self;
        this.relayed = relayed;
        this.compressed = compressed;
        this.maxAnswerBytes = maxAnswerBytes;
    }

    @Override
    public PeerStart start() throws IOException {
        JsonNode json = JSON.readTree(get("snapshot", Duration.ZERO));
        String changes = json.path("changes").asText();
        int segments = json.path("segments").asInt();
        if (changes.isEmpty() || segments < 1) {
            throw new IOException("the peer does not say where its changes begin");
        }
        if (segments > MAX_SEGMENTS) {
            throw new IOException(
                    "the peer cuts its snapshot into " + segments + " segments, of at most " + MAX_SEGMENTS);
        }
        String region = json.path("region").asText();
        return new PeerStart(region.substring(0, Math.min(region.length(), SHOWN_CHARACTERS)), changes, segments);
    }

    @Override
    public PeerPage changes(String after, int limit, Duration wait) throws IOException {
        return page(
                "changes?form=packed&after=" + encoded(after) + "&limit=" + limit + "&wait=" + wait.toSeconds()
                        + "&except=" + self + "&origin=" + (relayed ? "all" : "own"),
                wait);
    }

    @Override
    public PeerPage snapshot(int segment, int segments, @Nullable String after) throws IOException {
        return page(
                "snapshot?segment=" + segment + "&segments=" + segments
                        + (after == null ? "" : "&after=" + encoded(after)),
                Duration.ZERO);
    }

    @Override
    public PeerDigests digests(int segment, int segments, TimeRange range, long tombstonesFromMillis)
            throws IOException {
        InputStream in = get(
                "digests?segment=" + segment + "&segments=" + segments + "&from=" + range.startMicros() + "&to="
                        + range.endMicros() + "&tombstones=" + tombstonesFromMillis,
                DIGEST_PATIENCE);
        return DigestsJson.read(in);
    }

    @Override
    public PeerPage shadow(DeviceId thing, String name) throws IOException {
        String named = name.isEmpty() ? "" : "&name=" + encoded(name);
        return page("shadow?thing=" + encoded(thing.value()) + named, Duration.ZERO);
    }

    @Override
    public PeerPage window(DeviceId device, long startMicros) throws IOException {
        return page("window?device=" + device.value() + "&start=" + startMicros, Duration.ZERO);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private PeerPage page(String pathAndQuery, Duration wait) throws IOException {
        return RecordLines.read(get(pathAndQuery, wait));
    }

    private InputStream get(String pathAndQuery, Duration wait) throws IOException {
        String base = peer.url().toString();
        URI uri = URI.create(
                (base.endsWith("/") ? base.substring(0, base.length() - 1) : base) + "/api/v1/sync/" + pathAndQuery);
        Duration patience = PATIENCE.plus(wait);
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(patience);
        if (!peer.token().isEmpty()) {
            request.header("Authorization", "Bearer " + peer.token());
        }
        if (compressed) {
            request.header("Accept-Encoding", "gzip");
        }
        HttpResponse<InputStream> response = send(request.build(), patience);
        InputStream body = response.body();
        if (response.headers().firstValue("Content-Encoding").orElse("").equals("gzip")) {
            body = BoundedBody.unpacked(new GZIPInputStream(body, 1 << 16), maxAnswerBytes);
        }
        switch (response.statusCode()) {
            case 200 -> {
                return body;
            }
            case 410 -> throw new PlaceGoneException(text(body));
            case 400 -> {
                String problem = text(body);
                if (problem.contains("\"after\"")) {
                    throw new PlaceGoneException(problem); // made by another table, or another build
                }
                throw new IOException("status 400: " + problem);
            }
            case 401, 403 -> throw new IOException("the peer refuses the token");
            default -> throw new IOException("status " + response.statusCode() + ": " + text(body));
        }
    }

    private static String text(InputStream body) throws IOException {
        return new String(body.readNBytes(SHOWN_CHARACTERS), StandardCharsets.UTF_8);
    }

    /** Whatever happens to the connection, in this time it has answered as a whole or failed. */
    private HttpResponse<InputStream> send(HttpRequest request, Duration patience) throws IOException {
        CompletableFuture<HttpResponse<InputStream>> answer =
                client.sendAsync(request, head -> new BoundedBody(maxAnswerBytes));
        try {
            return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure && failure.getClass() == IOException.class) {
                throw failure;
            }
            throw new IOException(String.valueOf(e.getCause()), e);
        } catch (TimeoutException e) {
            answer.cancel(true);
            throw new IOException("no answer within " + patience.toSeconds() + " s", e);
        } catch (InterruptedException e) {
            answer.cancel(true);
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    @Override
    public void close() {
        // The client is shared by all peers.
    }
}
