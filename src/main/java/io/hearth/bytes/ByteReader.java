package io.hearth.bytes;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what {@link ByteWriter} wrote. Whatever the bytes say, it reads nothing beyond its part of the array: where that ends too early,
 * or a number is not in its range, it throws what its {@link Corruption} makes, by default a {@link CorruptItemException}.
 */
public final class ByteReader {
    /** Makes the exception for bytes that are not what their format says. */
    @FunctionalInterface
    public interface Corruption {
        RuntimeException of(String fact);
    }

    private static final Corruption OF_ITEM = CorruptItemException::new;
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] bytes;
    private final int end;
    private final Corruption corruption;
    private int position;

    public ByteReader(byte[] bytes) {
        this(bytes, 0, bytes.length);
    }

    public ByteReader(byte[] bytes, int start, int end) {
        this(bytes, start, end, OF_ITEM);
    }

    public ByteReader(byte[] bytes, int start, int end, Corruption corruption) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
        this.corruption = corruption;
    }

    public int position() {
        return position;
    }

    public byte[] array() {
        return bytes;
    }

    public int remaining() {
        return end - position;
    }

    /** From 0 to 255. */
    public int readByte() {
        return bytes[take(1)] & 0xFF;
    }

    public int readShort() {
        int at = take(2);
        return ((bytes[at] & 0xFF) << 8) | (bytes[at + 1] & 0xFF);
    }

    public int readInt() {
        return readShort() << 16 | readShort();
    }

    public long readLong() {
        return ((long) readInt() << 32) | (readInt() & 0xFFFF_FFFFL);
    }

    /** Little-endian. */
    public int readIntLE() {
        return (int) INT.get(bytes, take(4));
    }

    /** Little-endian. */
    public long readLongLE() {
        return (long) LONG.get(bytes, take(8));
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
        throw corrupt("a number has more than 10 bytes");
    }

    public long readSignedVarint() {
        return Varint.unzigzag(readVarint());
    }

    /** A varint that counts or measures something of at most {@code most}. */
    public int readCount(int most) {
        return readCount(0, most);
    }

    /** A varint from {@code least} to {@code most}, both included. */
    public int readCount(int least, int most) {
        long count = readVarint();
        if (count < least || count > most) {
            throw corrupt(count + " is not between " + least + " and " + most);
        }
        return (int) count;
    }

    public String readText() {
        int length = readCount(remaining());
        return new String(bytes, take(length), length, StandardCharsets.UTF_8);
    }

    public byte[] readBytes(int count) {
        int start = take(count);
        return Arrays.copyOfRange(bytes, start, start + count);
    }

    /** Passes over {@code length} bytes and returns where they begin in {@link #array()}. */
    public int take(int length) {
        int at = position;
        if (length < 0 || length > end - at) {
            throw corrupt("the bytes end too early");
        }
        position = at + length;
        return at;
    }

    /** Throws unless all has been read. */
    public void expectEnd() {
        if (position != end) {
            throw corrupt(remaining() + " bytes too many");
        }
    }

    /** The exception to throw where the bytes are not what their format says. */
    public RuntimeException corrupt(String fact) {
        return corruption.of(fact);
    }
}
