package io.hearth.bytes;

import java.nio.charset.StandardCharsets;

/** Reads what {@link ByteWriter} wrote; fails with {@link CorruptItemException} where the bytes end too early. */
public final class ByteReader {
    private final byte[] bytes;
    private int position;
    private final int end;

    public ByteReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    public ByteReader(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
    }

    public int position() {
        return position;
    }

    public byte[] array() {
        return bytes;
    }

    public int readByte() {
        return bytes[take(1)] & 0xFF;
    }

    public int readShort() {
        int at = take(2);
        return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
    }

    public int readInt() {
        return readShort() << 16 | readShort();
    }

    public long readLong() {
        return (long) readInt() << 32 | readInt() & 0xFFFF_FFFFL;
    }

    public long readVarint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = readByte();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new CorruptItemException("a varint has more than 10 bytes");
    }

    public long readSignedVarint() {
        long value = readVarint();
        return value >>> 1 ^ -(value & 1);
    }

    /** A varint that counts or measures something of at most {@code most}. */
    public int readCount(int most) {
        long count = readVarint();
        if (count < 0 || count > most) {
            throw new CorruptItemException("a count of " + count + ", at most " + most + " expected");
        }
        return (int) count;
    }

    public String readText() {
        int length = readCount(remaining());
        return new String(bytes, take(length), length, StandardCharsets.UTF_8);
    }

    public int remaining() {
        return end - position;
    }

    /** Passes over {@code length} bytes and returns where they begin. */
    public int take(int length) {
        if (length > end - position) {
            throw new CorruptItemException("the item ends " + (length - (end - position)) + " bytes too early");
        }
        int at = position;
        position += length;
        return at;
    }
}
