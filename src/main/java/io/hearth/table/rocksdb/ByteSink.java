package io.hearth.table.rocksdb;

import java.util.Arrays;

/** A growing byte array that records are appended to; unlike ByteArrayOutputStream it gives its array away uncopied. */
final class ByteSink {
    private byte[] array;
    private int length;

    ByteSink(int expectedBytes) {
        array = new byte[expectedBytes];
    }

    /** The bytes so far are {@code array()[0 .. length())}; valid until the next append. */
    byte[] array() {
        return array;
    }

    int length() {
        return length;
    }

    byte[] toArray() {
        return Arrays.copyOf(array, length);
    }

    void putByte(int value) {
        ensure(1);
        array[length++] = (byte) value;
    }

    void putShort(int value) {
        ensure(2);
        array[length++] = (byte) (value >>> 8);
        array[length++] = (byte) value;
    }

    /** LEB128, unsigned, as RocksDB writes its own lengths. */
    void putVarint(long value) {
        ensure(10);
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            array[length++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        array[length++] = (byte) rest;
    }

    void put(byte[] bytes) {
        put(bytes, 0, bytes.length);
    }

    void put(byte[] bytes, int offset, int count) {
        ensure(count);
        System.arraycopy(bytes, offset, array, length, count);
        length += count;
    }

    static int varintBytes(long value) {
        // 7 bits a byte; zero takes one byte too.
        return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
    }

    private void ensure(int count) {
        if (array.length - length < count) {
            array = Arrays.copyOf(array, Math.max(array.length * 2, length + count));
        }
    }
}
