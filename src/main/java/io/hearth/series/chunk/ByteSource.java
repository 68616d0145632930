package io.hearth.series.chunk;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** A part of a chunk being read. Whatever the bytes say, it reads nothing beyond the part. */
final class ByteSource {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] bytes;
    private final int end;
    private final String part;
    private int at;

    /** @param part how messages name it */
    ByteSource(byte[] bytes, int start, int end, String part) {
        this.bytes = bytes;
        this.at = start;
        this.end = end;
        this.part = part;
    }

    byte[] array() {
        return bytes;
    }

    int position() {
        return at;
    }

    int remaining() {
        return end - at;
    }

    int u8() {
        return bytes[take(1)] & 0xFF;
    }

    int u32() {
        return (int) INT.get(bytes, take(4));
    }

    long u64() {
        return (long) LONG.get(bytes, take(8));
    }

    long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int next = u8();
            value |= (long) (next & 0x7F) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw corrupt("a number has more than ten bytes");
    }

    long zigzag() {
        return Tokens.unzigzag(varint());
    }

    /** A varint that must lie between the two, both included. */
    int varint(int min, int max) {
        long value = varint();
        if (value < min || value > max) {
            throw corrupt(value + " is not between " + min + " and " + max);
        }
        return (int) value;
    }

    byte[] bytes(int count) {
        int start = take(count);
        return Arrays.copyOfRange(bytes, start, start + count);
    }

    /** Skips {@code count} bytes and says where they begin in {@link #array()}. */
    int take(int count) {
        int start = at;
        if (count < 0 || count > end - start) {
            throw corrupt("it ends too early");
        }
        at = start + count;
        return start;
    }

    void expectEnd() {
        if (at != end) {
            throw corrupt((end - at) + " bytes too many");
        }
    }

    CorruptChunkException corrupt(String fact) {
        return new CorruptChunkException(part, fact);
    }

    static int crc32c(byte[] bytes, int start, int end) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, start, end - start);
        return (int) crc.getValue();
    }
}
