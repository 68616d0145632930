package io.hearth.rest.sync;

import io.hearth.rest.http.FastGzip;
import io.hearth.sync.feed.FeedReader;
import io.hearth.sync.wire.RecordLines;
import io.hearth.sync.wire.SyncPage;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.InstantSource;
import java.util.zip.GZIPOutputStream;

/** Pages of the feed as bodies of answers. */
@Singleton
public class SyncPages {
    private static final int GZIP_BUFFER_BYTES = 1 << 14;

    private final FeedReader feed;
    private final InstantSource clock;

    @Inject
    public SyncPages(FeedReader feed, InstantSource clock) {
        this.feed = feed;
        this.clock = clock;
    }

    /** A page as the body of an answer, made on the threads that read the feed. */
    Uni<byte[]> encoded(Uni<SyncPage> page, boolean packed, boolean gzip) {
        return feed.transformed(page, made -> {
            byte[] body = packed ? RecordLines.write(made, clock.millis()) : SyncJson.write(made, clock.millis());
            return gzip ? gzipped(body) : body;
        });
    }

    private static byte[] gzipped(byte[] body) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 3 + 64);
        try (GZIPOutputStream gzip = new FastGzip(out, GZIP_BUFFER_BYTES)) {
            gzip.write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }
}
