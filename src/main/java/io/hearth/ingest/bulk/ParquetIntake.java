package io.hearth.ingest.bulk;

import io.hearth.codec.parquet.CorruptParquetException;
import io.hearth.codec.parquet.ParquetReadings;
import io.hearth.config.HearthConfig;
import io.hearth.config.ImportConfig;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.IngestResult;
import io.hearth.ingest.LineSequence;
import io.hearth.table.Blocking;
import io.hearth.table.PrivateDirectory;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Semaphore;

/**
 * Stores Parquet files. They begin with their end, so each is kept on disk while it is read, in a file that has no name any
 * more once it is open: whatever happens, nothing is left behind.
 */
@Singleton
public class ParquetIntake {
    private static final int ROWS_AT_A_TIME = 16 * 1024;
    private static final int COPY_BYTES = 64 * 1024;

    private final Ingest ingest;
    private final Path directory;
    private final long maxFileBytes;
    private final Semaphore free;

    @Inject
    public ParquetIntake(Ingest ingest, HearthConfig hearth, ImportConfig config) {
        this.ingest = ingest;
        directory = hearth.dataDir().resolve("import");
        maxFileBytes = config.maxFile().asLongValue();
        free = new Semaphore(config.maxFiles());
    }

    /**
     * Reads {@code body} to its end; returns when every row is durable or rejected.
     *
     * @throws ImportFailedException too many files at a time, or one that is too large or damaged
     */
    public BulkResult store(InputStream body) throws IOException {
        if (!free.tryAcquire()) {
            throw new ImportFailedException(
                    ImportFailedException.Reason.TOO_MANY,
                    "As many Parquet files as are allowed at a time are being imported.",
                    0);
        }
        try {
            PrivateDirectory.create(directory);
            PrivateDirectory.close(directory);
            try (FileChannel file = FileChannel.open(
                    directory.resolve(UUID.randomUUID() + ".parquet"),
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.DELETE_ON_CLOSE)) {
                copy(body, file);
                return store(file);
            }
        } finally {
            free.release();
        }
    }

    private void copy(InputStream body, FileChannel file) throws IOException {
        byte[] buffer = new byte[COPY_BYTES];
        long bytes = 0;
        for (int read = body.read(buffer, 0, buffer.length); read >= 0; read = body.read(buffer, 0, buffer.length)) {
            bytes += read;
            if (bytes > maxFileBytes) {
                throw new ImportFailedException(
                        ImportFailedException.Reason.TOO_LARGE,
                        "A Parquet file may have at most " + maxFileBytes + " bytes.",
                        0);
            }
            ByteBuffer piece = ByteBuffer.wrap(buffer, 0, read);
            while (piece.hasRemaining()) {
                file.write(piece);
            }
        }
    }

    private BulkResult store(FileChannel file) throws IOException {
        long stored = 0;
        long rejectedTotal = 0;
        List<BulkResult.Rejected> rejected = new ArrayList<>();
        try {
            ParquetReadings readings = new ParquetReadings(file);
            LineSequence sequence = new LineSequence(ingest);
            while (!readings.isAtEnd()) {
                IngestResult result = Blocking.await(sequence.next(
                        points -> readings.read(points, ROWS_AT_A_TIME), BulkResult.MAX_LISTED - rejected.size()));
                stored += result.stored();
                rejectedTotal += result.rejectedTotal();
                result.rejected().forEach(rejection -> rejected.add(BulkResult.Rejected.of(rejection, 0)));
            }
        } catch (CorruptParquetException e) {
            throw damaged(e, stored);
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof CorruptParquetException damage) {
                throw damaged(damage, stored);
            }
            throw e;
        }
        return new BulkResult(stored, rejected, rejectedTotal);
    }

    private static ImportFailedException damaged(CorruptParquetException damage, long stored) {
        return new ImportFailedException(
                ImportFailedException.Reason.DAMAGED, "Parquet: " + damage.getMessage(), stored);
    }
}
