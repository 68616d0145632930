package io.hearth.table.rocksdb.row;

import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.Varint;
import io.hearth.table.Bytes;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.TableException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/*
 * The value of an item's row, with no byte for what the item does not have:
 *
 *   [1]    flags: 1 expires, 2 has a version, 4 is in the index; the other bits are 0
 *   [v]    expiresAtSeconds, LEB128                                    if it expires
 *   [v]    version, LEB128                                             if it has one
 *   [1+n]  length and UTF-8 of the index partition key                 if it is in the index
 *   [2+m]  length, big-endian, and bytes of the index sort key         if it is in the index
 *   [..]   body, to the end
 */

/** Reads the value of a row; made once for many rows, as a page reads thousands. */
public final class ItemValue {
    private static final int EXPIRES = 1;
    private static final int VERSIONED = 2;
    private static final int INDEXED = 4;

    private byte[] value = new byte[0];
    private int length;
    private int position;
    private int flags;
    private long expiresAtSeconds;

    public static int encodedBytes(Item item, byte @Nullable [] indexPartition) {
        int bytes = 1 + item.body().length();
        if (item.expiresAtSeconds() != 0) {
            bytes += Varint.length(item.expiresAtSeconds());
        }
        if (item.version() != 0) {
            bytes += Varint.length(item.version());
        }
        if (item.index() != null && indexPartition != null) {
            bytes += 1 + indexPartition.length + 2 + item.index().sortKey().length();
        }
        return bytes;
    }

    /** Appends the value of {@code item}; {@code indexPartition} is the UTF-8 of its index partition, if it has one. */
    public static void encode(Item item, byte @Nullable [] indexPartition, ByteWriter sink) {
        IndexKey index = item.index();
        sink.writeByte((item.expiresAtSeconds() != 0 ? EXPIRES : 0)
                | (item.version() != 0 ? VERSIONED : 0)
                | (index != null ? INDEXED : 0));
        if (item.expiresAtSeconds() != 0) {
            sink.writeVarint(item.expiresAtSeconds());
        }
        if (item.version() != 0) {
            sink.writeVarint(item.version());
        }
        if (index != null && indexPartition != null) {
            sink.writeByte(indexPartition.length);
            sink.writeBytes(indexPartition);
            sink.writeShort(index.sortKey().length());
            sink.writeBytes(index.sortKey().array());
        }
        sink.writeBytes(item.body().array());
    }

    /** Turns to {@code value[0 .. length)} and reads as far as is needed to tell whether it has expired. */
    public ItemValue read(byte[] value, int length) {
        this.value = value;
        this.length = length;
        if (length == 0 || (value[0] & ~(EXPIRES | VERSIONED | INDEXED)) != 0) {
            throw damaged();
        }
        flags = value[0];
        position = 1;
        expiresAtSeconds = (flags & EXPIRES) != 0 ? readVarint() : 0;
        return this;
    }

    public boolean isExpiredAt(long epochSecond) {
        return expiresAtSeconds != 0 && expiresAtSeconds <= epochSecond;
    }

    /** The rest of the value as an item; once for each {@link #read}. */
    public Item item(Key key) {
        long version = readVersion();
        IndexKey index = readIndex();
        return new Item(key, Bytes.wrap(Arrays.copyOfRange(value, position, length)), expiresAtSeconds, version, index);
    }

    /** The version alone; once for each {@link #read}, instead of {@link #item}. */
    public long readVersion() {
        return (flags & VERSIONED) != 0 ? readVarint() : 0;
    }

    /** The index key, behind the version; once for each {@link #read}, instead of {@link #item}. */
    @Nullable
    public IndexKey readIndex() {
        if ((flags & INDEXED) == 0) {
            return null;
        }
        int partitionLength = require(1)[position++] & 0xFF;
        String partition = new String(require(partitionLength), position, partitionLength, StandardCharsets.UTF_8);
        position += partitionLength;
        require(2);
        int sortLength = ((value[position] & 0xFF) << 8) | (value[position + 1] & 0xFF);
        position += 2;
        byte[] sort = Arrays.copyOfRange(require(sortLength), position, position + sortLength);
        position += sortLength;
        return new IndexKey(partition, Bytes.wrap(sort));
    }

    private long readVarint() {
        long result = 0;
        for (int shift = 0; shift < Long.SIZE; shift += 7) {
            byte b = require(1)[position++];
            result |= (b & 0x7FL) << shift;
            if (b >= 0) {
                return result;
            }
        }
        throw damaged();
    }

    private byte[] require(int bytes) {
        if (length - position < bytes) {
            throw damaged();
        }
        return value;
    }

    private static TableException damaged() {
        return new TableException("the table is damaged: a value that cannot be read", null);
    }
}
