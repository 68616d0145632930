package io.hearth.table.rocksdb.database;

import io.hearth.table.TableException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Makes the database writable again after a write failed. Opening it anew, rather than going on with it, reads back what
 * the log really holds: whatever of the failed commit is there becomes durable and is in the change feed, and sequence
 * numbers are never used twice. It stays open for reads until the disk takes a file again.
 */
public final class Recovery implements BooleanSupplier {
    private static final Logger LOG = Logger.getLogger(Recovery.class);
    private static final int PROBE_BYTES = 1 << 20;

    private final Path probe;
    private final DatabaseGuard guard;
    private String lastFailure = "";

    public Recovery(Path directory, DatabaseGuard guard) {
        probe = directory.resolve("PROBE");
        this.guard = guard;
    }

    /** Whether the database can be written to again. */
    @Override
    public boolean getAsBoolean() {
        try (FileChannel channel = FileChannel.open(
                probe,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE,
                StandardOpenOption.DELETE_ON_CLOSE)) {
            ByteBuffer bytes = ByteBuffer.allocate(PROBE_BYTES);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        } catch (IOException e) {
            LOG.debug("the disk does not take files yet", e);
            return false;
        }
        try {
            guard.reopen();
        } catch (TableException e) {
            String failure = String.valueOf(e.getMessage());
            if (!failure.equals(lastFailure)) { // it is tried several times a second
                lastFailure = failure;
                LOG.error("the table cannot be opened again yet", e);
            }
            return false;
        }
        lastFailure = "";
        LOG.info("the table is open again after a disk error");
        return true;
    }
}
