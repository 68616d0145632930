package io.hearth.series.chunk;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ScaledDecimal;
import io.hearth.series.chunk.integer.IntegerDecoder;

/**
 * Reads numbers, whose count is known from elsewhere and above 0, in one of three forms:
 *
 * <pre>
 * u8  form (2 bits), WITH_EXCEPTIONS (1 bit, of decimals), 0 (1 bit), decimal digits (4 bits, of decimals)
 *
 * DECIMALS    integers, each to be divided by 10^digits; with exceptions also
 *             varint exceptions · each: varint numbers since the last one, f64
 * DICTIONARY  varint distinct numbers · integers: their ordered bits, ascending · integers: an index for each number
 * BITS        integers: the ordered bits of each number
 * </pre>
 *
 * <p>Ordered bits are those of IEEE 754, with all but the sign flipped if it is set, so that integers sort as the numbers
 * do and neighbours differ little. Differences of them take the place of an XOR code (Gorilla, Chimp): they carry the same
 * noise but have no leading or trailing zeros to describe, and the unit of {@link IntegerDecoder} takes the zeros behind a
 * widened 32-bit float. The dictionary is for numbers that recur without being short decimals, such as tenths of °F
 * in °C. ChunkBenchmark measures what each form takes.
 */
final class NumberDecoder {
    static final int DECIMALS = 0;
    static final int DICTIONARY = 1;
    static final int BITS = 2;
    static final int WITH_EXCEPTIONS = 4;
    static final int DIGITS_SHIFT = 4;

    private static final int FORM_MASK = 3;

    private NumberDecoder() {}

    /**
     * Reads past {@code count} numbers and decodes the first {@code wanted} of them.
     *
     * @param out has room for {@code count}; what stands behind those that are wanted means nothing
     */
    static void decode(ByteReader in, int count, int wanted, double[] out, ChunkScratch scratch) {
        int tag = in.readByte();
        switch (tag & FORM_MASK) {
            case DECIMALS -> decodeDecimals(in, tag, count, wanted, out, scratch);
            case DICTIONARY -> decodeDictionary(in, count, wanted, out, scratch);
            case BITS -> {
                long[] ordered = scratch.integers(count);
                IntegerDecoder.decode(in, count, wanted, ordered, scratch.forIntegers());
                for (int i = 0; i < wanted; i++) {
                    out[i] = Double.longBitsToDouble(flipNegative(ordered[i]));
                }
            }
            default -> throw in.corrupt("no such form of numbers: " + tag);
        }
    }

    private static void decodeDecimals(
            ByteReader in, int tag, int count, int wanted, double[] out, ChunkScratch scratch) {
        int digits = tag >>> DIGITS_SHIFT;
        if (digits > ScaledDecimal.MAX_DIGITS) {
            throw in.corrupt(digits + " decimal digits");
        }
        long[] scaled = scratch.integers(count);
        IntegerDecoder.decode(in, count, wanted, scaled, scratch.forIntegers());
        double power = ScaledDecimal.power(digits);
        for (int i = 0; i < wanted; i++) {
            out[i] = scaled[i] / power;
        }
        if ((tag & WITH_EXCEPTIONS) != 0) {
            int exceptions = in.readCount(1, count);
            int index = -1;
            for (int i = 0; i < exceptions; i++) {
                index += 1 + in.readCount(0, count - index - 2);
                out[index] = Double.longBitsToDouble(in.readLongLE());
            }
        }
    }

    private static void decodeDictionary(ByteReader in, int count, int wanted, double[] out, ChunkScratch scratch) {
        int size = in.readCount(1, count);
        long[] distinct = scratch.moreIntegers(size);
        IntegerDecoder.decode(in, size, distinct, scratch.forIntegers());
        for (int i = 0; i < size; i++) {
            distinct[i] = flipNegative(distinct[i]);
        }
        long[] indexes = scratch.integers(count);
        IntegerDecoder.decode(in, count, wanted, indexes, scratch.forIntegers());
        for (int i = 0; i < wanted; i++) {
            long index = indexes[i];
            if (index < 0 || index >= size) {
                throw in.corrupt("number " + index + " of a dictionary of " + size);
            }
            out[i] = Double.longBitsToDouble(distinct[(int) index]);
        }
    }

    /** From the bits of a double to the ordered bits, and back. */
    static long flipNegative(long bits) {
        return bits ^ bits >> 63 >>> 1;
    }
}
