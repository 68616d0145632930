package io.hearth.series.chunk.integer;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.Varint;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Reads a sequence of integers, the one form that times, numbers, truth values, dictionary indexes and run lengths are
 * all brought into. Their count is known from elsewhere; a sequence of none has no bytes.
 *
 * <pre>
 * u8      order of differences (2 bits), RANS (1 bit), INTERLEAVED (1 bit), scale bits (4 bits)
 * zigzag  first value, of each order below its own: the first integer, the first difference
 * then the differences of that order, as runs:
 *           varint length · zigzag change of value, from 0 on, until all are told
 * or as RANS:
 *           zigzag center · varint unit, so that a difference is center + unit · unzigzag(number)
 *           the numbers as tokens ({@link Tokens}): {@link RansModel}, {@link RansDecoder}
 *           the bits stored beside tokens, in order, low bits first, padded to a byte
 * </pre>
 *
 * <p>Order 0 suits noise, order 1 walks, order 2 times and counters. Differences wrap around, so any integers do. The
 * delta-of-delta of Gorilla [1] is order 2 in runs: a regular day of times takes about ten bytes.
 *
 * <p>[1] T. Pelkonen et al., "Gorilla: A Fast, Scalable, In-Memory Time Series Database", VLDB 2015
 */
public final class IntegerDecoder {
    static final int MAX_ORDER = 2;
    static final int RANS = 4;
    static final int INTERLEAVED = 8;
    static final int SCALE_SHIFT = 4;

    private static final int ORDER_MASK = 3;
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long[] BASES = new long[Tokens.COUNT];
    private static final byte[] STORED_BITS = new byte[Tokens.COUNT];

    static {
        for (int token = 0; token < Tokens.COUNT; token++) {
            BASES[token] = Tokens.base(token);
            STORED_BITS[token] = (byte) Tokens.storedBits(token);
        }
    }

    private IntegerDecoder() {}

    /**
     * Reads {@code count} integers.
     *
     * @param out has room for as many
     */
    public static void decode(ByteReader in, int count, long[] out, IntegerScratch scratch) {
        decode(in, count, count, out, scratch);
    }

    /**
     * Reads past {@code count} integers and decodes the first {@code wanted} of them.
     *
     * @param out has room for {@code count}; what stands behind those that are wanted means nothing
     */
    public static void decode(ByteReader in, int count, int wanted, long[] out, IntegerScratch scratch) {
        if (count == 0) {
            return;
        }
        int tag = in.readByte();
        int order = tag & ORDER_MASK;
        int scaleBits = tag >>> SCALE_SHIFT;
        if (order > MAX_ORDER || order >= count || scaleBits > RansModel.MAX_SCALE_BITS) {
            throw in.corrupt("no such form of integers: " + tag);
        }
        for (int i = 0; i < order; i++) {
            out[i] = in.readSignedVarint();
        }
        if ((tag & RANS) == 0) {
            readRuns(in, order, count, out);
            integrate(order, wanted, out);
        } else {
            int lanes = (tag & INTERLEAVED) == 0 ? 1 : RansDecoder.LANES;
            readRans(in, order, count, wanted, scaleBits, lanes, out, scratch);
        }
    }

    private static void readRuns(ByteReader in, int order, int count, long[] out) {
        long value = 0;
        for (int i = order; i < count; ) {
            int length = in.readCount(1, count - i);
            value += in.readSignedVarint();
            Arrays.fill(out, i, i + length, value);
            i += length;
        }
    }

    private static void readRans(
            ByteReader in,
            int order,
            int count,
            int wanted,
            int scaleBits,
            int lanes,
            long[] out,
            IntegerScratch scratch) {
        long center = in.readSignedVarint();
        long unit = in.readVarint();
        int[] table = scratch.table();
        int largest = RansModel.readTable(in, scaleBits, table);
        byte[] tokens = scratch.tokens(count);
        int all = count - order;
        // Where bits are stored beside tokens, only all tokens tell how many.
        int tokenCount = largest >= Tokens.DIRECT ? all : Math.max(0, Math.min(all, wanted - order));
        RansDecoder.decode(in, table, scaleBits, lanes, tokens, all, tokenCount);
        if (largest >= Tokens.DIRECT) {
            readStoredBits(in, tokens, tokenCount, center, unit, out, order);
            integrate(order, wanted, out);
            return;
        }
        long[] differences = new long[Tokens.DIRECT];
        for (int token = 0; token < Tokens.DIRECT; token++) {
            differences[token] = center + unit * Varint.unzigzag(token);
        }
        int mask = Tokens.DIRECT - 1;
        if (order == 1) {
            long value = out[0];
            for (int i = 0; i < tokenCount; i++) {
                value += differences[tokens[i] & mask];
                out[i + 1] = value;
            }
        } else {
            for (int i = 0; i < tokenCount; i++) {
                out[i + order] = differences[tokens[i] & mask];
            }
            integrate(order, wanted, out);
        }
    }

    private static void readStoredBits(
            ByteReader in, byte[] tokens, int tokenCount, long center, long unit, long[] out, int order) {
        long allBits = 0;
        for (int i = 0; i < tokenCount; i++) {
            allBits += STORED_BITS[tokens[i] & 0xFF];
        }
        int bytes = (int) (allBits + 7 >>> 3);
        int start = in.take(bytes);
        int end = start + bytes;
        byte[] array = in.array();
        long bit = (long) start << 3;
        for (int i = 0; i < tokenCount; i++) {
            int token = tokens[i] & 0xFF;
            int stored = STORED_BITS[token];
            int at = (int) (bit >>> 3);
            int shift = (int) bit & 7;
            long low = at + Long.BYTES <= array.length ? (long) LONG.get(array, at) : tail(array, at, end);
            long value = low >>> shift;
            if (stored + shift > Long.SIZE) {
                value |= (array[at + Long.BYTES] & 0xFFL) << Long.SIZE - shift;
            }
            value &= (1L << stored) - 1;
            bit += stored;
            out[order + i] = center + unit * Varint.unzigzag(BASES[token] + value);
        }
    }

    private static long tail(byte[] array, int start, int end) {
        long value = 0;
        for (int at = end - 1; at >= start; at--) {
            value = value << 8 | array[at] & 0xFF;
        }
        return value;
    }

    private static void integrate(int order, int count, long[] out) {
        if (order == 1) {
            long value = out[0];
            for (int i = 1; i < count; i++) {
                value += out[i];
                out[i] = value;
            }
        } else if (order == 2) {
            long value = out[0];
            long step = out[1];
            out[1] = value += step;
            for (int i = 2; i < count; i++) {
                step += out[i];
                value += step;
                out[i] = value;
            }
        }
    }
}
