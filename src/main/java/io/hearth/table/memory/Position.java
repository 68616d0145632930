package io.hearth.table.memory;

import io.hearth.table.Bytes;
import io.hearth.table.IndexKey;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Key;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Where an item is in one of the sorted maps: its keys, compared one after the other as unsigned bytes.
 *
 * @param parts the partition key and the sort key, for the index followed by those of the item itself
 */
record Position(List<Bytes> parts) implements Comparable<Position> {
    Position {
        parts = List.copyOf(parts);
    }

    static Position of(Key key) {
        return new Position(List.of(utf8(key.partitionKey()), key.sortKey()));
    }

    static Position of(IndexKey index, Key key) {
        return new Position(
                List.of(utf8(index.partitionKey()), index.sortKey(), utf8(key.partitionKey()), key.sortKey()));
    }

    Bytes partition() {
        return parts.get(0);
    }

    /** For a cursor: each part behind its length. */
    byte[] encode() {
        ByteBuffer bytes = ByteBuffer.allocate(
                parts.stream().mapToInt(part -> Integer.BYTES + part.length()).sum());
        parts.forEach(part -> bytes.putInt(part.length()).put(part.array()));
        return bytes.array();
    }

    static Position decode(byte[] encoded) {
        ByteBuffer bytes = ByteBuffer.wrap(encoded);
        List<Bytes> parts = new ArrayList<>();
        try {
            while (bytes.hasRemaining()) {
                int length = bytes.getInt();
                if (length < 0 || length > bytes.remaining()) {
                    throw new InvalidCursorException("the cursor has no position", null);
                }
                byte[] part = new byte[length];
                bytes.get(part);
                parts.add(Bytes.wrap(part));
            }
        } catch (BufferUnderflowException e) {
            throw new InvalidCursorException("the cursor has no position", e);
        }
        return new Position(parts);
    }

    @Override
    public int compareTo(Position other) {
        for (int i = 0; i < Math.min(parts.size(), other.parts.size()); i++) {
            int order = parts.get(i).compareTo(other.parts.get(i));
            if (order != 0) {
                return order;
            }
        }
        return Integer.compare(parts.size(), other.parts.size());
    }

    private static Bytes utf8(String partitionKey) {
        return Bytes.wrap(Key.encodePartitionKey(partitionKey));
    }
}
