package io.hearth.bytes;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing byte array for stored formats. Numbers of fixed width are big-endian; varints are LEB128, unsigned. */
public final class ByteWriter {
    private byte[] bytes;
    private int length;

    public ByteWriter(int capacity) {
        bytes = new byte[capacity];
    }

    public int length() {
        return length;
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
        writeVarint(value << 1 ^ value >> 63);
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
        ensure(other.length);
        System.arraycopy(other.bytes, 0, bytes, length, other.length);
        length += other.length;
    }

    private void writeSized(byte[] source) {
        writeVarint(source.length);
        writeBytes(source);
    }

    public void writeBytes(byte[] source) {
        ensure(source.length);
        System.arraycopy(source, 0, bytes, length, source.length);
        length += source.length;
    }

    private void ensure(int more) {
        if (length + more > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(length + more, bytes.length * 2));
        }
    }
}
