package io.hearth.table.rocksdb.offline;

import io.hearth.table.TableException;
import io.hearth.table.rocksdb.file.DurableFile;
import io.hearth.table.rocksdb.file.FormatFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** Keeps a table from being opened while its files are looked at; writes nothing. */
final class ClosedTable implements AutoCloseable {
    private final List<FileChannel> locked = new ArrayList<>();

    /** @throws TableException if the directory has no table, or the table is open */
    ClosedTable(Path directory) throws IOException {
        if (!Files.exists(directory.resolve(FormatFile.NAME))) {
            throw new TableException(
                    directory + " is no table: it has no file " + FormatFile.NAME + ". The table of a data directory is"
                            + " its directory table",
                    null);
        }
        boolean done = false;
        try {
            lock(directory, directory.resolve(DurableFile.NAME));
            lock(directory, directory.resolve("LOCK")); // RocksDB's own
            done = true;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    private void lock(Path directory, Path file) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        locked.add(channel);
        if (!DurableFile.isLocked(channel, true)) {
            throw new TableException("the table in " + directory + " is open: stop its service first", null);
        }
    }

    @Override
    public void close() throws IOException {
        for (FileChannel channel : locked) {
            channel.close();
        }
    }
}
