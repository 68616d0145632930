package io.hearth.ingest.bulk;

import io.hearth.codec.LineFormat;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.IngestResult;
import io.hearth.ingest.LineSequence;
import io.hearth.ingest.Rejection;
import io.hearth.ingest.RejectionReason;
import io.smallrye.mutiny.infrastructure.Infrastructure;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * One stream of readings on its way in: cut into blocks of lines, of which a few are decoded and committed at a time while
 * the next is read. When none of them gets done, nothing more is read, and the client has to wait: memory stays bounded.
 */
final class BatchRun {
    private static final int BLOCK_BYTES = 512 * 1024;
    private static final int MAX_BLOCKS_IN_FLIGHT = 4;

    private final LineSequence sequence;
    private final LineFormat format;
    private final Semaphore freeOfAll;
    private final Semaphore free = new Semaphore(MAX_BLOCKS_IN_FLIGHT);

    // Guarded by this. Blocks end in any order, and the first of the rejected are the ones to tell: the greatest go.
    private final PriorityQueue<BulkResult.Rejected> rejected = new PriorityQueue<>(
            Comparator.comparingLong(BulkResult.Rejected::index).reversed());
    private long stored;
    private long rejectedTotal;
    private @Nullable Throwable failure;

    /** @param freeOfAll how many more blocks of all streams may be under way */
    BatchRun(Ingest ingest, LineFormat format, Semaphore freeOfAll) {
        this.sequence = new LineSequence(ingest);
        this.format = format;
        this.freeOfAll = freeOfAll;
    }

    /** Reads {@code body} to its end; returns when every line is settled, or fails as the first block failed. */
    void process(InputStream body) throws IOException {
        LineBlocks blocks = new LineBlocks(body, format, BLOCK_BYTES, this::rejectTooLong);
        try {
            for (LineBlocks.Block block = blocks.next(); block != null && failure() == null; block = blocks.next()) {
                free.acquire();
                freeOfAll.acquire();
                submit(block);
            }
            free.acquire(MAX_BLOCKS_IN_FLIGHT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while readings were stored");
        }
        Throwable failed = failure();
        if (failed instanceof RuntimeException e) {
            throw e;
        }
        if (failed != null) {
            throw new IOException(failed);
        }
    }

    synchronized BulkResult result() {
        List<BulkResult.Rejected> first = new ArrayList<>(rejected);
        first.sort(Comparator.comparingLong(BulkResult.Rejected::index));
        return new BulkResult(stored, first, rejectedTotal);
    }

    private void submit(LineBlocks.Block block) {
        sequence.next(points -> format.read(block.lines(), block.length(), points), BulkResult.MAX_LISTED)
                .runSubscriptionOn(Infrastructure.getDefaultWorkerPool())
                .subscribe()
                .with(result -> settled(block, result), this::failed);
    }

    private void settled(LineBlocks.Block block, IngestResult result) {
        synchronized (this) {
            stored += result.stored();
            rejectedTotal += result.rejectedTotal();
            for (Rejection rejection : result.rejected()) {
                list(BulkResult.Rejected.of(rejection, block.firstLine()));
            }
        }
        freeOfAll.release();
        free.release();
    }

    private void failed(Throwable cause) {
        synchronized (this) {
            failure = failure == null ? cause : failure;
        }
        freeOfAll.release();
        free.release();
    }

    private synchronized @Nullable Throwable failure() {
        return failure;
    }

    private synchronized void rejectTooLong(long line) {
        rejectedTotal++;
        list(new BulkResult.Rejected(line, RejectionReason.TOO_LARGE, LineFormat.TOO_LONG));
    }

    private synchronized void list(BulkResult.Rejected reading) {
        rejected.add(reading);
        if (rejected.size() > BulkResult.MAX_LISTED) {
            rejected.poll();
        }
    }
}
