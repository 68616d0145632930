package io.hearth.simulator.ledger;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes that grow at the end and are read from the start, with integers of variable length. */
final class VarintBuffer {

    private byte[] bytes;
    private int length;
    private int position;

    VarintBuffer() {
        bytes = new byte[256];
    }

    /** For reading; the array is not copied. */
    VarintBuffer(byte[] bytes) {
        this.bytes = bytes;
        this.length = bytes.length;
    }

    byte[] array() {
        return bytes;
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
        position = 0;
    }

    boolean hasRemaining() {
        return position < length;
    }

    void octet(int value) {
        if (length == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * length);
        }
        bytes[length++] = (byte) value;
    }

    void unsigned(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            octet((int) (rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        octet((int) rest);
    }

    void signed(long value) {
        unsigned((value << 1) ^ (value >> 63));
    }

    void string(String value) {
        byte[] encoded = value.getBytes(StandardCharsets.UTF_8);
        unsigned(encoded.length);
        for (byte b : encoded) {
            octet(b);
        }
    }

    int octet() {
        return bytes[position++] & 0xFF;
    }

    long unsigned() {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            int next = octet();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
    }

    long signed() {
        long value = unsigned();
        return (value >>> 1) ^ -(value & 1);
    }

    String string() {
        int size = (int) unsigned();
        String value = new String(bytes, position, size, StandardCharsets.UTF_8);
        position += size;
        return value;
    }
}
