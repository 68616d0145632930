package io.hearth.table.rocksdb.row;

import io.hearth.table.Bytes;
import io.hearth.table.Key;
import io.hearth.table.TableException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/*
 * The key of an item's row:
 *
 *   [2] hash of the partition key, big-endian    spreads partitions; a scan segment is a range of hashes
 *   [1] length of the partition key, unsigned    so that no partition's keys begin with another's
 *   [n] partition key, UTF-8
 *   [m] sort key, to the end
 *
 * RocksDB orders keys as unsigned bytes: the rows of a partition lie together, in the order of their sort keys.
 *
 * The hash is FNV-1a, 32 bit, xor-folded to 16 [1]: fixed for ever, unlike Object.hashCode, and quick on short keys.
 * RowFormatGoldenTest pins all of it; a change needs a new version in FormatFile.
 *
 * [1] http://www.isthe.com/chongo/tech/comp/fnv/
 */
public final class RowKey {
    /** How many values the partition hash has. */
    public static final int HASHES = 1 << 16;

    public static final int HASH_BYTES = 2;
    private static final int LENGTH_OFFSET = HASH_BYTES;
    private static final int PARTITION_OFFSET = LENGTH_OFFSET + 1;

    private RowKey() {}

    public static int hash(byte[] partition) {
        int hash = 0x811C9DC5;
        for (byte b : partition) {
            hash ^= b & 0xFF;
            hash *= 0x01000193;
        }
        return (hash >>> 16) ^ (hash & 0xFFFF);
    }

    public static byte[] encode(Key key) {
        byte[] partition = Key.encodePartitionKey(key.partitionKey());
        byte[] sort = key.sortKey().array();
        byte[] row = Arrays.copyOf(prefix(partition), PARTITION_OFFSET + partition.length + sort.length);
        System.arraycopy(sort, 0, row, PARTITION_OFFSET + partition.length, sort.length);
        return row;
    }

    /** What the keys of a partition begin with. */
    public static byte[] prefix(byte[] partition) {
        byte[] prefix = new byte[PARTITION_OFFSET + partition.length];
        int hash = hash(partition);
        prefix[0] = (byte) (hash >>> 8);
        prefix[1] = (byte) hash;
        prefix[LENGTH_OFFSET] = (byte) partition.length;
        System.arraycopy(partition, 0, prefix, PARTITION_OFFSET, partition.length);
        return prefix;
    }

    /** The least key with at least this hash; {@code hash} is below {@link #HASHES}. */
    public static byte[] hashStart(int hash) {
        return new byte[] {(byte) (hash >>> 8), (byte) hash};
    }

    static int partitionLength(byte[] row) {
        return row[LENGTH_OFFSET] & 0xFF;
    }

    /** How many bytes come before the sort key. */
    public static int prefixLength(byte[] row) {
        return PARTITION_OFFSET + partitionLength(row);
    }

    static String partitionKey(byte[] row) {
        return new String(row, PARTITION_OFFSET, partitionLength(row), StandardCharsets.UTF_8);
    }

    /** The key that {@code row[0 .. length)} encodes. */
    public static Key decode(byte[] row, int length) {
        if (length <= PARTITION_OFFSET || length <= prefixLength(row)) {
            throw new TableException("the table is damaged: a row key of " + length + " bytes", null);
        }
        return new Key(partitionKey(row), Bytes.wrap(Arrays.copyOfRange(row, prefixLength(row), length)));
    }
}
