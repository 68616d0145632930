package io.hearth.table.rocksdb.offline;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.IndexKey;
import io.hearth.table.Key;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.database.RowIterator;
import io.hearth.table.rocksdb.log.ManifestFile.SortedFileEntry;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.IndexRow;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;

/** Takes the rows that can be read out of damaged sorted files into the new table, and names those that cannot. */
final class RowSalvage {
    private static final int ROWS_PER_WRITE = 256;

    private final Database database;
    private final StoredItemKinds kinds;
    private final LaterRows later;
    private final List<String> givenUp;
    private ByteWriter batch = begin();
    private int count;
    private long savedRows;

    /**
     * Writes to {@code database}.
     *
     * @param later tells which rows have a later version, and are left out
     * @param givenUp is told of what cannot be read
     */
    RowSalvage(Database database, StoredItemKinds kinds, LaterRows later, List<String> givenUp) {
        this.database = database;
        this.kinds = kinds;
        this.later = later;
        this.givenUp = givenUp;
    }

    /** How many rows were taken so far. */
    long savedRows() {
        return savedRows;
    }

    /** Takes the rows of a damaged file that can be read, unless there is a later version. */
    void take(Path path, SortedFileEntry entry) throws RocksDBException {
        if (entry.columnFamily() == BatchFormat.INDEX) {
            return; // made anew of the items
        }
        String all = "rows from " + name(entry.smallest().array()) + " to "
                + name(entry.largest().array());
        if (!Files.exists(path)) {
            givenUp.add(path + ": missing, " + all);
            return;
        }
        try (SortedFile file = new SortedFile(path)) {
            file.read(new SortedFile.Visitor() {
                @Override
                public void row(byte[] key, byte[] value) throws RocksDBException {
                    if (later.has(entry, key)) {
                        return;
                    }
                    if (isGood(key, value)) {
                        put(BatchFormat.ITEMS, key, value);
                        savedRows++;
                    } else {
                        givenUp.add(path + ": " + name(key) + " cannot be read");
                    }
                }

                @Override
                public void unreadable(byte @Nullable [] after, byte @Nullable [] before, String reason) {
                    givenUp.add(path + ": rows "
                            + (after == null ? "from " + name(entry.smallest().array()) : "behind " + name(after))
                            + (before == null
                                    ? " to " + name(entry.largest().array())
                                    : " and before " + name(before)));
                }
            });
        } catch (RocksDBException e) {
            givenUp.add(path + ": cannot be read at all, " + all);
        }
        write();
    }

    private boolean isGood(byte[] row, byte[] value) {
        try {
            kinds.check(new ItemValue().read(value, value.length).item(RowKey.decode(row, row.length)));
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private String name(byte[] row) {
        try {
            return kinds.name(RowKey.decode(row, row.length));
        } catch (RuntimeException e) {
            return "a row whose key cannot be read";
        }
    }

    /** Puts the entry of each item that is listed in the index, unless it is there. */
    void listAnew() throws RocksDBException {
        ColumnFamilyHandle items = database.items();
        ItemValue value = new ItemValue();
        try (RowIterator all = new RowIterator(database, items, RowKey.hashStart(0), null, false)) {
            for (all.first(); all.isValid(); all.next()) {
                all.readKey();
                all.readValue();
                byte[] entry = indexEntry(all, value);
                if (entry != null && database.db().get(database.index(), entry) == null) {
                    put(BatchFormat.INDEX, entry, new byte[0]);
                }
            }
            all.checkStatus();
        }
        write();
    }

    private static byte @Nullable [] indexEntry(RowIterator row, ItemValue value) {
        try {
            value.read(row.value(), row.valueLength()).readVersion();
            IndexKey index = value.readIndex();
            Key key = RowKey.decode(row.key(), row.keyLength());
            return index == null ? null : IndexRow.encode(index, key);
        } catch (TableException e) {
            return null; // a row that is damaged is named by whoever reads it
        }
    }

    private static ByteWriter begin() {
        ByteWriter batch = new ByteWriter(1 << 16);
        BatchFormat.beginHousekeeping(0, batch);
        return batch;
    }

    /** Puts a row into the batch, and writes that once it is full. */
    private void put(int columnFamily, byte[] key, byte[] value) throws RocksDBException {
        if (columnFamily == BatchFormat.INDEX) {
            BatchFormat.putIndexEntry(key, batch);
        } else {
            BatchFormat.putItem(batch);
            BatchFormat.slice(key, batch);
            BatchFormat.slice(value, batch);
        }
        if (++count == ROWS_PER_WRITE) {
            write();
        }
    }

    private void write() throws RocksDBException {
        if (count > 0) {
            byte[] bytes = batch.toByteArray();
            BatchFormat.writeCount(bytes, count);
            database.writeLazily(bytes);
        }
        batch = begin();
        count = 0;
    }
}
