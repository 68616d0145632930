package io.hearth.bytes;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A growing byte array for stored formats. Numbers of fixed width are big-endian where the name of the method says nothing else; varints
 * are those of {@link Varint}, unsigned.
 */
public final class ByteWriter {
    private byte[] bytes;
    private int length;

    public ByteWriter(int capacity) {
        bytes = new byte[capacity];
    }

    public int length() {
        return length;
    }

    /** The bytes so far are {@code array()[0 .. length())}, not a copy; valid until the next write. */
    public byte[] array() {
        return bytes;
    }

    public void reset() {
        length = 0;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    public void writeByte(int value) {
        ensure(1);
        bytes[length++] = (byte) value;
    }

    public void writeShort(int value) {
        ensure(2);
        bytes[length++] = (byte) (value >> 8);
        bytes[length++] = (byte) value;
    }

    public void writeInt(int value) {
        writeShort(value >> 16);
        writeShort(value);
    }

    public void writeLong(long value) {
        writeInt((int) (value >> 32));
        writeInt((int) value);
    }

    /** Little-endian. */
    public void writeShortLE(int value) {
        ensure(2);
        bytes[length++] = (byte) value;
        bytes[length++] = (byte) (value >>> 8);
    }

    /** Little-endian. */
    public void writeIntLE(int value) {
        writeShortLE(value);
        writeShortLE(value >>> 16);
    }

    /** Little-endian. */
    public void writeLongLE(long value) {
        writeIntLE((int) value);
        writeIntLE((int) (value >>> 32));
    }

    public void writeVarint(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[length++] = (byte) rest;
    }

    /** A signed number whose small magnitudes are short: zigzag, then a varint. */
    public void writeSignedVarint(long value) {
        writeVarint(Varint.zigzag(value));
    }

    /** The number of UTF-8 bytes as a varint, then the bytes. */
    public void writeText(String text) {
        int chars = text.length();
        ensure(10 + chars);
        if (chars < 128) {
            int start = length;
            bytes[length++] = (byte) chars;
            for (int i = 0; i < chars; i++) {
                char c = text.charAt(i);
                if (c >= 0x80) {
                    length = start;
                    writeSized(text.getBytes(StandardCharsets.UTF_8));
                    return;
                }
                bytes[length++] = (byte) c;
            }
        } else {
            writeSized(text.getBytes(StandardCharsets.UTF_8));
        }
    }

    public void append(ByteWriter other) {
        writeBytes(other.bytes, 0, other.length);
    }

    private void writeSized(byte[] source) {
        writeVarint(source.length);
        writeBytes(source);
    }

    public void writeBytes(byte[] source) {
        writeBytes(source, 0, source.length);
    }

    public void writeBytes(byte[] source, int offset, int count) {
        ensure(count);
        System.arraycopy(source, offset, bytes, length, count);
        length += count;
    }

    private void ensure(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
        }
    }
}
