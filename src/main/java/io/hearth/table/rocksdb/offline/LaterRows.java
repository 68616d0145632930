package io.hearth.table.rocksdb.offline;

import io.hearth.table.Bytes;
import io.hearth.table.rocksdb.log.ManifestFile.SortedFileEntry;
import io.hearth.table.rocksdb.row.BatchFormat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.rocksdb.RocksDBException;

/** Tells whether an item's row of a sorted file was written anew, or removed, later: in the log or in a file that is later. */
final class LaterRows implements AutoCloseable {
    private final Set<Bytes> inLog = new HashSet<>();
    private final List<BatchRange> removedInLog = new ArrayList<>();
    private final Map<SortedFileEntry, SortedFile> files = new HashMap<>();

    private record BatchRange(Bytes start, Bytes end) {}

    /** Takes note of what a commit of the log did. */
    void add(byte[] batch, int length) {
        BatchFormat.Reader records = new BatchFormat.Reader(batch, BatchFormat.HEADER_BYTES, length);
        while (records.next()) {
            if (records.kind == BatchFormat.Kind.LOG_DATA || records.columnFamily != BatchFormat.ITEMS) {
                continue;
            }
            if (records.kind == BatchFormat.Kind.DELETE_RANGE) {
                removedInLog.add(new BatchRange(Bytes.wrap(records.key()), Bytes.wrap(records.value())));
            } else {
                inLog.add(Bytes.wrap(records.key()));
            }
        }
    }

    /** Takes note of a sorted file that can be read; closes it with this. */
    void add(SortedFileEntry entry, Path path) throws RocksDBException {
        files.put(entry, new SortedFile(path));
    }

    /**
     * Whether what is known has a later version of a row, or its removal. A removal that is in a sorted file is not seen.
     *
     * @param entry the file that the row is in
     */
    boolean has(SortedFileEntry entry, byte[] row) throws RocksDBException {
        Bytes key = Bytes.wrap(row);
        if (inLog.contains(key)) {
            return true;
        }
        for (BatchRange range : removedInLog) {
            if (range.start.compareTo(key) <= 0 && key.compareTo(range.end) < 0) {
                return true;
            }
        }
        for (Map.Entry<SortedFileEntry, SortedFile> file : files.entrySet()) {
            if (file.getKey().isLaterThan(entry)
                    && file.getKey().smallest().compareTo(key) <= 0
                    && key.compareTo(file.getKey().largest()) <= 0
                    && file.getValue().has(row)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void close() {
        files.values().forEach(SortedFile::close);
    }
}
