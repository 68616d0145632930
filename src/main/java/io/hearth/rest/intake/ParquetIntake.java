package io.hearth.rest.intake;

import io.hearth.codec.parquet.CorruptParquetException;
import io.hearth.codec.parquet.ParquetReadings;
import io.hearth.config.HearthConfig;
import io.hearth.config.ImportConfig;
import io.hearth.ingest.Ingest;
import io.hearth.ingest.IngestResult;
import io.hearth.ingest.LineSequence;
import io.hearth.rest.http.UnpackedBody;
import io.hearth.rest.problem.ProblemException;
import io.hearth.rest.problem.ProblemType;
import io.hearth.table.Blocking;
import io.hearth.table.PrivateDirectory;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

    /** Reads {@code body} to its end; returns when every row is durable or rejected. */
    public IngestAnswer store(UnpackedBody body) throws IOException {
        if (!free.tryAcquire()) {
            throw new ProblemException(
                    ProblemType.OVERLOADED, "As many Parquet files as are allowed at a time are being imported.");
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

    private void copy(UnpackedBody body, FileChannel file) throws IOException {
        byte[] buffer = new byte[COPY_BYTES];
        long bytes = 0;
        for (int read = body.read(buffer, 0, buffer.length); read >= 0; read = body.read(buffer, 0, buffer.length)) {
            bytes += read;
            if (bytes > maxFileBytes) {
                throw new ProblemException(
                        ProblemType.PAYLOAD_TOO_LARGE, "A Parquet file may have at most " + maxFileBytes + " bytes.");
            }
            ByteBuffer piece = ByteBuffer.wrap(buffer, 0, read);
            while (piece.hasRemaining()) {
                file.write(piece);
            }
        }
    }

    private IngestAnswer store(FileChannel file) throws IOException {
        long stored = 0;
        long rejectedTotal = 0;
        List<IngestAnswer.Rejected> rejected = new ArrayList<>();
        try {
            ParquetReadings readings = new ParquetReadings(file);
            LineSequence sequence = ingest.newSequence();
            while (!readings.isAtEnd()) {
                IngestResult result = Blocking.await(sequence.next(
                        points -> readings.read(points, ROWS_AT_A_TIME), IngestAnswer.MAX_REJECTED - rejected.size()));
                stored += result.stored();
                rejectedTotal += result.rejectedTotal();
                result.rejected().forEach(rejection -> rejected.add(IngestAnswer.Rejected.of(rejection, 0)));
            }
        } catch (CorruptParquetException e) {
            throw damaged(e, stored);
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof CorruptParquetException damage) {
                throw damaged(damage, stored);
            }
            throw e;
        }
        return new IngestAnswer(stored, rejected, rejectedTotal);
    }

    /** What came before the damage is stored, and stored once however often the file is sent again. */
    private static ProblemException damaged(CorruptParquetException damage, long stored) {
        return new ProblemException(
                ProblemType.INVALID_REQUEST, "Parquet: " + damage.getMessage(), List.of(), Map.of("stored", stored));
    }
}
