package io.hearth.sync;

import io.hearth.sync.wire.PeerPage;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Fetches the next page while the one before it is taken in: one at most, so that memory stays bounded. */
final class Prefetch {
    /** Asks a peer for a page. */
    interface Fetch {
        PeerPage page() throws IOException;
    }

    private final @Nullable Executor executor;
    private final InstantSource clock;
    private @Nullable String aheadPlace;
    private @Nullable Future<Fetched> ahead;

    /** @param executor on which to fetch; null to fetch nothing ahead */
    Prefetch(@Nullable Executor executor, InstantSource clock) {
        this.executor = executor;
        this.clock = clock;
    }

    /**
     * A page, and when it was on its way.
     *
     * @param askedMillis when it was asked for, epoch milliseconds
     * @param answeredMillis when it had arrived, likewise
     */
    record Fetched(PeerPage answer, long askedMillis, long answeredMillis) {}

    /** Begins to fetch what lies behind a place. */
    void begin(String place, Fetch fetch) {
        if (executor == null) {
            return;
        }
        CompletableFuture<Fetched> future = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                future.complete(fetch(fetch));
            } catch (IOException | RuntimeException e) {
                future.completeExceptionally(e);
            }
        });
        ahead = future;
        aheadPlace = place;
    }

    /** The page behind a place: the one that was begun with, or a new one. */
    Fetched page(String place, Fetch fetch) throws IOException {
        Future<Fetched> begun = ahead;
        ahead = null;
        if (begun == null || !place.equals(aheadPlace)) {
            return fetch(fetch);
        }
        try {
            return begun.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IOException("the page could not be fetched", e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted");
        }
    }

    private Fetched fetch(Fetch fetch) throws IOException {
        long askedMillis = clock.millis();
        PeerPage answer = fetch.page();
        return new Fetched(answer, askedMillis, clock.millis());
    }
}
