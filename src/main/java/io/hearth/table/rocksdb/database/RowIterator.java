package io.hearth.table.rocksdb.database;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;

/** Walks over the rows of a range, at one moment of the table, reading keys and values into the same two arrays. */
public final class RowIterator implements AutoCloseable {
    private static final int KEY_BYTES = 2048; // more than any row key has
    private static final int VALUE_BYTES = 4096;

    private final Slice lower;
    private final @Nullable Slice upper;
    private final ReadOptions options;
    private final RocksIterator iterator;
    private byte[] key = new byte[KEY_BYTES];
    private byte[] value = new byte[VALUE_BYTES];
    private int keyLength;
    private int valueLength;

    /**
     * Over {@code [start, end)}.
     *
     * @param end null ends with the table
     * @param cached whether what is read is worth keeping in the block cache
     */
    public RowIterator(
            Database database, ColumnFamilyHandle family, byte[] start, byte @Nullable [] end, boolean cached) {
        lower = new Slice(start);
        upper = end == null ? null : new Slice(end);
        options = new ReadOptions().setFillCache(cached).setIterateLowerBound(lower);
        if (upper != null) {
            options.setIterateUpperBound(upper);
        }
        iterator = database.db().newIterator(family, options);
    }

    public void first() {
        iterator.seekToFirst();
    }

    public void last() {
        iterator.seekToLast();
    }

    public void next() {
        iterator.next();
    }

    public void previous() {
        iterator.prev();
    }

    public boolean isValid() {
        return iterator.isValid();
    }

    /** Whether the walk ended because of an error. */
    public void checkStatus() throws RocksDBException {
        iterator.status();
    }

    public void readKey() {
        keyLength = iterator.key(key);
        if (keyLength > key.length) {
            key = new byte[keyLength];
            keyLength = iterator.key(key);
        }
    }

    public void readValue() {
        valueLength = iterator.value(value);
        if (valueLength > value.length) {
            value = new byte[Math.max(valueLength, 2 * value.length)];
            valueLength = iterator.value(value);
        }
    }

    /** The key that was read, {@code [0 .. keyLength())}; overwritten by the next. */
    public byte[] key() {
        return key;
    }

    public int keyLength() {
        return keyLength;
    }

    public byte[] keyCopy() {
        return Arrays.copyOf(key, keyLength);
    }

    /** The value that was read, {@code [0 .. valueLength())}; overwritten by the next. */
    public byte[] value() {
        return value;
    }

    public int valueLength() {
        return valueLength;
    }

    @Override
    public void close() {
        iterator.close();
        options.close();
        lower.close();
        if (upper != null) {
            upper.close();
        }
    }
}
