package io.hearth.table.rocksdb.offline;

import io.hearth.table.rocksdb.database.NativeResources;
import io.hearth.table.rocksdb.row.BatchFormat;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.SstFileReader;
import org.rocksdb.SstFileReaderIterator;

/** Reads a sorted file by itself, without the table that it belongs to, also when parts of it are damaged. */
final class SortedFile implements AutoCloseable {
    /** Places between keys are searched for as numbers of so many bytes; what lies closer together is not told apart. */
    private static final int SEARCH_BYTES = 64;

    private final NativeResources resources = new NativeResources();
    private final ReadOptions options;
    private final SstFileReader reader;
    private final int columnFamily;

    /** What is in the file. */
    interface Visitor {
        void row(byte[] key, byte[] value) throws RocksDBException;

        /**
         * Rows that may have been in a stretch of the file cannot be read.
         *
         * @param after the last row before it; null at the beginning of the file
         * @param before the first row behind it; null at the end of the file
         */
        void unreadable(byte @Nullable [] after, byte @Nullable [] before, String reason);
    }

    /** @throws RocksDBException if there is none, or nothing in it can be read */
    SortedFile(Path file) throws RocksDBException {
        RocksDB.loadLibrary();
        boolean opened = false;
        try {
            options = resources.own(new ReadOptions().setFillCache(false));
            reader = resources.own(new SstFileReader(resources.own(new Options())));
            reader.open(file.toString());
            columnFamily = (int) reader.getTableProperties().getColumnFamilyId();
            opened = true;
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    /** {@link BatchFormat#ITEMS} or {@link BatchFormat#INDEX}. */
    int columnFamily() {
        return columnFamily;
    }

    /** @throws RocksDBException if any part of the file is not what was written */
    void verifyChecksums() throws RocksDBException {
        reader.verifyChecksum();
    }

    /** Visits every row that can be read, in order; of a row with several versions in this file the latest. */
    void read(Visitor visitor) throws RocksDBException {
        byte[] last = null;
        byte @Nullable [] from = new byte[0];
        while (from != null) {
            String fault;
            try (SstFileReaderIterator rows = rowsFrom(from)) {
                for (; rows.isValid(); rows.next()) {
                    last = rows.key();
                    visitor.row(last, rows.value());
                }
                fault = fault(rows);
            }
            from = fault == null ? null : behind(last == null ? new byte[0] : last);
            if (fault != null) {
                visitor.unreadable(last, from, fault);
            }
        }
    }

    /** Whether it has a row, as far as that can be read. */
    boolean has(byte[] key) {
        try (SstFileReaderIterator rows = rowsFrom(key)) {
            return rows.isValid() && Arrays.equals(rows.key(), key);
        }
    }

    /** A new one for each place: one that has failed fails everywhere. */
    private SstFileReaderIterator rowsFrom(byte[] key) {
        SstFileReaderIterator rows = reader.newIterator(options);
        rows.seek(key);
        return rows;
    }

    /** The key of the first row behind a place that cannot be read, as far as it can be found; null if there is none. */
    private byte @Nullable [] behind(byte[] unreadable) {
        BigInteger low = new BigInteger(1, Arrays.copyOf(unreadable, SEARCH_BYTES));
        BigInteger high = BigInteger.ONE.shiftLeft(SEARCH_BYTES * Byte.SIZE).subtract(BigInteger.ONE);
        while (high.subtract(low).compareTo(BigInteger.ONE) > 0) {
            BigInteger middle = low.add(high).shiftRight(1);
            try (SstFileReaderIterator rows = rowsFrom(bytes(middle))) {
                if (fault(rows) == null) {
                    high = middle;
                } else {
                    low = middle;
                }
            }
        }
        try (SstFileReaderIterator rows = rowsFrom(bytes(high))) {
            return rows.isValid() ? rows.key() : null;
        }
    }

    private static byte[] bytes(BigInteger number) {
        byte[] signed = number.toByteArray();
        byte[] bytes = new byte[SEARCH_BYTES];
        int length = Math.min(signed.length, SEARCH_BYTES);
        System.arraycopy(signed, signed.length - length, bytes, SEARCH_BYTES - length, length);
        return bytes;
    }

    private static @Nullable String fault(SstFileReaderIterator rows) {
        try {
            rows.status();
            return null;
        } catch (RocksDBException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Override
    public void close() {
        resources.close();
    }
}
