package io.hearth.table.rocksdb.row;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.Bytes;
import io.hearth.table.IndexKey;
import io.hearth.table.Key;
import io.hearth.table.TableException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/*
 * The key of an index entry; its value is empty:
 *
 *   [3+n] hash, length and UTF-8 of the index partition key, as in RowKey
 *   [..]  index sort key, escaped
 *   [..]  the item's partition key, UTF-8, escaped
 *   [m]   the item's sort key, to the end
 *
 * Escaped: each 0x00 becomes 0x00 0xFF, and 0x00 0x01 ends the string, which therefore sorts before all its
 * continuations, as unsigned byte order wants. The escaped start or end of a range, without the end mark, is a
 * bound: it lies before the entry of exactly that sort key and behind every lesser one.
 */
public final class IndexRow {
    private static final int ESCAPED_ZERO = 0xFF;
    private static final int END = 0x01;

    private IndexRow() {}

    public static byte[] encode(IndexKey index, Key key) {
        byte[] prefix = RowKey.prefix(Key.encodePartitionKey(index.partitionKey()));
        byte[] partition = Key.encodePartitionKey(key.partitionKey());
        ByteWriter row = new ByteWriter(prefix.length
                + index.sortKey().length()
                + partition.length
                + key.sortKey().length()
                + 8);
        row.writeBytes(prefix);
        escape(index.sortKey().array(), row);
        end(row);
        escape(partition, row);
        end(row);
        row.writeBytes(key.sortKey().array());
        return row.toByteArray();
    }

    /** The bound before the entries of {@code sortKey} in an index partition. */
    public static byte[] bound(byte[] prefix, Bytes sortKey) {
        ByteWriter row = new ByteWriter(prefix.length + sortKey.length() + 8);
        row.writeBytes(prefix);
        escape(sortKey.array(), row);
        return row.toByteArray();
    }

    /** The key of the item that an entry lists. */
    public static Key itemKey(byte[] row, int length) {
        int position = skipEscaped(row, RowKey.prefixLength(row), length);
        int partitionEnd = skipEscaped(row, position, length);
        byte[] partition = unescape(row, position, partitionEnd - 2);
        return new Key(
                new String(partition, StandardCharsets.UTF_8),
                Bytes.wrap(Arrays.copyOfRange(row, partitionEnd, length)));
    }

    private static void escape(byte[] bytes, ByteWriter sink) {
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == 0) {
                sink.writeBytes(bytes, start, i + 1 - start);
                sink.writeByte(ESCAPED_ZERO);
                start = i + 1;
            }
        }
        sink.writeBytes(bytes, start, bytes.length - start);
    }

    private static void end(ByteWriter sink) {
        sink.writeByte(0);
        sink.writeByte(END);
    }

    /** Where the part behind the escaped string that begins at {@code from} begins. */
    private static int skipEscaped(byte[] row, int from, int length) {
        for (int i = from; i + 1 < length; i++) {
            if (row[i] == 0) {
                if (row[i + 1] == END) {
                    return i + 2;
                }
                i++;
            }
        }
        throw new TableException("the table is damaged: an index entry without an end mark", null);
    }

    private static byte[] unescape(byte[] row, int from, int to) {
        ByteWriter plain = new ByteWriter(to - from);
        for (int i = from; i < to; i++) {
            plain.writeByte(row[i]);
            if (row[i] == 0) {
                i++;
            }
        }
        return plain.toByteArray();
    }
}
