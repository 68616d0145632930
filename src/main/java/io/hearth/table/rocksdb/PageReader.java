package io.hearth.table.rocksdb;

import io.hearth.table.Bytes;
import io.hearth.table.CursorCodec;
import io.hearth.table.CursorCodec.Kind;
import io.hearth.table.Direction;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.SortRange;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.database.RowIterator;
import io.hearth.table.rocksdb.row.IndexRow;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.rocksdb.ColumnFamilyHandle;
import org.rocksdb.RocksDBException;

/**
 * Reads one page of a query or scan. The position of its cursors is the row where the page ended: of a query without the
 * partition's prefix, of a scan the whole row key.
 */
final class PageReader {
    /** A page ends with the item that reaches this many bytes of bodies, so that a page never takes much memory. */
    static final int MAX_PAGE_BYTES = 1 << 20;

    /** A page ends after this many rows that are in no answer (about 30 ms), so that no read takes long. */
    static final int MAX_SKIPPED_ROWS = 100_000;

    private static final int EXPECTED_ITEMS = 1024;

    /** Turns rows into items. */
    private interface RowDecoder {
        /** The item of the row that {@code rows} is at, or null if it is in no answer. */
        @Nullable
        Item decode(RowIterator rows) throws RocksDBException;
    }

    private final Database database;
    private final long nowSeconds;
    private final ItemValue value = new ItemValue();

    PageReader(Database database, long nowSeconds) {
        this.database = database;
        this.nowSeconds = nowSeconds;
    }

    Page query(Query query) throws RocksDBException {
        byte[] prefix = RowKey.prefix(Key.encodePartitionKey(query.partitionKey()));
        SortRange range = query.range();
        byte[] start =
                range.start() == null ? prefix : concat(prefix, range.start().array());
        byte[] end =
                range.end() == null ? after(prefix) : concat(prefix, range.end().array());
        String partitionKey = query.partitionKey();
        RowDecoder decoder = rows -> {
            rows.readValue();
            if (value.read(rows.value(), rows.valueLength()).isExpiredAt(nowSeconds)) {
                return null;
            }
            rows.readKey();
            byte[] sort = Arrays.copyOfRange(rows.key(), prefix.length, rows.keyLength());
            return value.item(new Key(partitionKey, Bytes.wrap(sort)));
        };
        return page(query, Kind.QUERY, database.items(), prefix, start, end, decoder);
    }

    Page queryIndex(Query query) throws RocksDBException {
        byte[] prefix = RowKey.prefix(Key.encodePartitionKey(query.partitionKey()));
        SortRange range = query.range();
        byte[] start = range.start() == null ? prefix : IndexRow.bound(prefix, range.start());
        byte[] end = range.end() == null ? after(prefix) : IndexRow.bound(prefix, range.end());
        return page(query, Kind.INDEX, database.index(), prefix, start, end, this::listedItem);
    }

    Page scan(Scan scan) throws RocksDBException {
        byte[] start = RowKey.hashStart(scan.segment() * RowKey.HASHES / scan.segments());
        int endHash = (scan.segment() + 1) * RowKey.HASHES / scan.segments();
        byte[] end = endHash == RowKey.HASHES ? null : RowKey.hashStart(endHash);
        byte[] request = CursorCodec.request(scan);
        if (scan.cursor() != null) {
            start = next(inside(start, end, CursorCodec.decode(Kind.SCAN, request, scan.cursor())));
        }
        PartitionNames names = new PartitionNames();
        try (RowIterator rows = new RowIterator(database, database.items(), start, end, false)) {
            return collect(rows, Direction.ASCENDING, scan.limit(), Kind.SCAN, request, 0, at -> {
                at.readValue();
                if (value.read(at.value(), at.valueLength()).isExpiredAt(nowSeconds)) {
                    return null;
                }
                at.readKey();
                return value.item(names.key(at.key(), at.keyLength()));
            });
        }
    }

    private Page page(
            Query query,
            Kind kind,
            ColumnFamilyHandle family,
            byte[] prefix,
            byte[] rangeStart,
            byte[] rangeEnd,
            RowDecoder decoder)
            throws RocksDBException {
        byte[] start = rangeStart;
        byte[] end = rangeEnd;
        byte[] request = CursorCodec.request(query);
        if (query.cursor() != null) {
            byte[] reached = concat(prefix, CursorCodec.decode(kind, request, query.cursor()));
            inside(start, end, reached);
            if (query.direction() == Direction.ASCENDING) {
                start = next(reached);
            } else {
                end = reached;
            }
        }
        if (Arrays.compareUnsigned(start, end) >= 0) {
            return new Page(List.of(), null);
        }
        try (RowIterator rows = new RowIterator(database, family, start, end, true)) {
            return collect(rows, query.direction(), query.limit(), kind, request, prefix.length, decoder);
        }
    }

    private static Page collect(
            RowIterator rows,
            Direction direction,
            int limit,
            Kind kind,
            byte[] request,
            int prefixLength,
            RowDecoder decoder)
            throws RocksDBException {
        boolean ascending = direction == Direction.ASCENDING;
        List<Item> items = new ArrayList<>(Math.min(limit, EXPECTED_ITEMS));
        int bodyBytes = 0;
        int skipped = 0;
        if (ascending) {
            rows.first();
        } else {
            rows.last();
        }
        while (rows.isValid()) {
            Item item = decoder.decode(rows);
            if (item == null) {
                skipped++;
            } else {
                items.add(item);
                bodyBytes += item.body().length();
            }
            if (items.size() == limit || bodyBytes >= MAX_PAGE_BYTES || skipped == MAX_SKIPPED_ROWS) {
                rows.readKey();
                byte[] position = Arrays.copyOfRange(rows.key(), prefixLength, rows.keyLength());
                return new Page(items, CursorCodec.encode(kind, request, position));
            }
            if (ascending) {
                rows.next();
            } else {
                rows.previous();
            }
        }
        rows.checkStatus();
        return new Page(items, null);
    }

    private @Nullable Item listedItem(RowIterator rows) throws RocksDBException {
        rows.readKey();
        byte[] row = rows.keyCopy();
        Key key = IndexRow.itemKey(row, row.length);
        byte[] stored = database.db().get(RowKey.encode(key));
        if (stored == null || value.read(stored, stored.length).isExpiredAt(nowSeconds)) {
            return null;
        }
        Item item = value.item(key);
        // A put without index key does not look what it replaces, so an entry may outlive its item's index key.
        boolean listed = item.index() != null && Arrays.equals(IndexRow.encode(item.index(), key), row);
        return listed ? item : null;
    }

    private static byte[] inside(byte[] start, byte @Nullable [] end, byte[] reached) {
        if (Arrays.compareUnsigned(reached, start) < 0 || (end != null && Arrays.compareUnsigned(reached, end) >= 0)) {
            throw new InvalidCursorException("the cursor lies outside of its request", null);
        }
        return reached;
    }

    private static byte[] after(byte[] prefix) {
        return Bytes.wrap(prefix).prefixEnd().array();
    }

    /** The least key behind {@code row}. */
    private static byte[] next(byte[] row) {
        return Arrays.copyOf(row, row.length + 1);
    }

    private static byte[] concat(byte[] prefix, byte[] rest) {
        byte[] both = Arrays.copyOf(prefix, prefix.length + rest.length);
        System.arraycopy(rest, 0, both, prefix.length, rest.length);
        return both;
    }

    /** Decodes keys, and a partition key only once for all its rows. */
    private static final class PartitionNames {
        private byte[] prefix = new byte[0];
        private String name = "";

        Key key(byte[] row, int length) {
            if (prefix.length == 0
                    || !Arrays.equals(row, 0, Math.min(prefix.length, length), prefix, 0, prefix.length)) {
                Key key = RowKey.decode(row, length);
                prefix = Arrays.copyOf(row, RowKey.prefixLength(row));
                name = key.partitionKey();
                return key;
            }
            return new Key(name, Bytes.wrap(Arrays.copyOfRange(row, prefix.length, length)));
        }
    }
}
