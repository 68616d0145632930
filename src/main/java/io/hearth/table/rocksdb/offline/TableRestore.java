package io.hearth.table.rocksdb.offline;

import io.hearth.table.Bytes;
import io.hearth.table.Key;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.LogRecord;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import io.hearth.table.rocksdb.TableCheckpoint;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.database.RowIterator;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.file.FormatFile;
import io.hearth.table.rocksdb.row.RowKey;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.rocksdb.FlushOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;

/**
 * Makes a table of the files of a {@link TableCheckpoint} and the log that followed them. Until {@link #finish} the
 * directory is none: it has no FORMAT file, so {@link RocksDbTable#open} refuses it.
 */
public final class TableRestore implements AutoCloseable {
    private final Path directory;
    private final Database database;
    private long sequence;

    /**
     * Opens the files of a checkpoint.
     *
     * @param directory the files of a checkpoint and nothing else
     * @param format the version of the format that these files have
     * @throws TableException if this build does not know the format, or the files cannot be opened
     */
    public static TableRestore open(Path directory, int format) {
        if (format != FormatFile.VERSION) {
            throw new TableException(
                    "the table in the backup has format version " + format + ", but this build of Hearth reads and"
                            + " writes version " + FormatFile.VERSION + " only",
                    null);
        }
        RocksDB.loadLibrary();
        return new TableRestore(
                directory, Database.open(RocksDbSettings.of(directory).database()));
    }

    TableRestore(Path directory, Database database) {
        this.directory = directory;
        this.database = database;
        sequence = database.db().getLatestSequenceNumber();
    }

    /** The sequence number of the last record that the table has. */
    public long sequence() {
        return sequence;
    }

    /**
     * Applies a commit, unless the table has it already.
     *
     * @throws TableException if it is not the next one, or cannot be applied
     */
    public void apply(LogRecord commit) {
        if (commit.last() <= sequence) {
            return;
        }
        if (commit.first() != sequence + 1) {
            throw new TableException(
                    "the log has a gap: after record " + sequence + " comes record " + commit.first(), null);
        }
        try {
            database.writeLazily(commit.batch());
        } catch (RocksDBException e) {
            throw new TableException(
                    "record " + commit.first() + " of the log cannot be applied: " + e.getMessage(), e);
        }
        sequence = database.db().getLatestSequenceNumber();
        if (sequence != commit.last()) {
            throw new TableException(
                    "record " + commit.last() + " of the log became record " + sequence + " of the table", null);
        }
    }

    /**
     * Removes the items of a partition whose sort keys begin with a prefix. They must not be listed in the index.
     *
     * @throws TableException if they cannot be read or removed
     */
    public void remove(String partitionKey, Bytes sortKeyPrefix) {
        byte[] start = RowKey.encode(new Key(partitionKey, sortKeyPrefix));
        try (RowIterator rows = new RowIterator(database, database.items(), start, null, false)) {
            for (rows.first(); rows.isValid(); rows.next()) {
                rows.readKey();
                byte[] row = rows.keyCopy();
                if (row.length < start.length || !Arrays.equals(row, 0, start.length, start, 0, start.length)) {
                    break;
                }
                database.db().delete(database.items(), row);
            }
            rows.checkStatus();
        } catch (RocksDBException e) {
            throw new TableException("the restored table cannot be written: " + e.getMessage(), e);
        }
    }

    /**
     * Makes what was applied durable, and the directory a table. Its id is a new one: its history is not the one that the
     * followers of the old table's change feed saw, so they have to begin anew.
     */
    public UUID finish() {
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
            database.db().flush(flush, List.of(database.items(), database.index()));
            database.db().flushWal(true);
        } catch (RocksDBException e) {
            throw new TableException("the restored table cannot be written: " + e.getMessage(), e);
        }
        database.close();
        DurableFile.open(directory).close();
        return FormatFile.mark(directory).tableId();
    }

    /** Without {@link #finish} before, leaves files that are no table. */
    @Override
    public void close() {
        database.close();
    }
}
