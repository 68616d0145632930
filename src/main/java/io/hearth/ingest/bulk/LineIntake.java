package io.hearth.ingest.bulk;

import io.hearth.codec.LineFormat;
import io.hearth.ingest.Ingest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.Semaphore;

/** Stores streams of lines. However many clients send, only so many of their lines are in memory at a time. */
@Singleton
public class LineIntake {
    /** Blocks of all streams that are being decoded or committed; more would not be faster, as the processors are busy. */
    private static final int MAX_BLOCKS_IN_FLIGHT = 16;

    private final Ingest ingest;
    private final Semaphore free = new Semaphore(MAX_BLOCKS_IN_FLIGHT, true);

    @Inject
    public LineIntake(Ingest ingest) {
        this.ingest = ingest;
    }

    /** Reads {@code body} to its end; returns when every line is durable or rejected. */
    public BulkResult store(LineFormat format, InputStream body) throws IOException {
        BatchRun run = new BatchRun(ingest, format, free);
        run.process(body);
        return run.result();
    }
}
