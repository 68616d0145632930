package io.hearth.sync.http;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** Collects the body of an answer in memory, and gives up on one that is longer than it may be. */
final class BoundedBody implements HttpResponse.BodySubscriber<InputStream> {
    private static final int BLOCK_BYTES = 64 << 10;

    private final long maxBytes;
    private final CompletableFuture<InputStream> body = new CompletableFuture<>();

    /** Full blocks but for the last, however small the pieces are that arrive. */
    private final List<byte[]> blocks = new ArrayList<>();

    private int lastBlockBytes;
    private long bytes;
    private Flow.@Nullable Subscription subscription;

    BoundedBody(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** What comes out of a stream that unpacks: bounded anew, as few bytes may unpack to many. */
    static InputStream unpacked(InputStream in, long maxBytes) {
        return new FilterInputStream(in) {
            private long left = maxBytes;

            @Override
            public int read() throws IOException {
                int read = super.read();
                count(read < 0 ? 0 : 1);
                return read;
            }

            @Override
            public int read(byte[] to, int offset, int length) throws IOException {
                int read = super.read(to, offset, length);
                count(Math.max(0, read));
                return read;
            }

            @Override
            public long skip(long count) throws IOException {
                long skipped = super.skip(count);
                count(skipped);
                return skipped;
            }

            @Override
            public boolean markSupported() {
                return false;
            }

            private void count(long read) throws IOException {
                left -= read;
                if (left < 0) {
                    throw tooLong(maxBytes);
                }
            }
        };
    }

    static IOException tooLong(long maxBytes) {
        return new IOException(
                "the answer is longer than HEARTH_LIMITS_PEER_ANSWER allows, which is " + maxBytes + " bytes");
    }

    @Override
    public CompletionStage<InputStream> getBody() {
        return body;
    }

    @Override
    public void onSubscribe(Flow.Subscription made) {
        subscription = made;
        made.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> pieces) {
        for (ByteBuffer piece : pieces) {
            bytes += piece.remaining();
            if (bytes > maxBytes) {
                blocks.clear();
                cancel();
                body.completeExceptionally(tooLong(maxBytes));
                return;
            }
            keep(piece);
        }
        Flow.Subscription current = subscription;
        if (current != null && !body.isDone()) {
            current.request(1);
        }
    }

    private void keep(ByteBuffer piece) {
        while (piece.hasRemaining()) {
            if (blocks.isEmpty() || lastBlockBytes == BLOCK_BYTES) {
                blocks.add(new byte[BLOCK_BYTES]);
                lastBlockBytes = 0;
            }
            int count = Math.min(piece.remaining(), BLOCK_BYTES - lastBlockBytes);
            piece.get(blocks.get(blocks.size() - 1), lastBlockBytes, count);
            lastBlockBytes += count;
        }
    }

    private void cancel() {
        Flow.Subscription current = subscription;
        if (current != null) {
            current.cancel();
        }
    }

    @Override
    public void onError(Throwable failure) {
        blocks.clear();
        body.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        List<InputStream> streams = new ArrayList<>();
        for (int i = 0; i < blocks.size(); i++) {
            int length = i == blocks.size() - 1 ? lastBlockBytes : BLOCK_BYTES;
            streams.add(new ByteArrayInputStream(blocks.get(i), 0, length));
        }
        body.complete(new SequenceInputStream(Collections.enumeration(streams)));
    }
}
