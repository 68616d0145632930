package io.hearth.series.chunk;

import io.hearth.bytes.ByteWriter;
import io.hearth.series.chunk.integer.IntegerEncoder;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes numbers as {@link NumberDecoder} reads them, in the form that is shortest. */
final class NumberEncoder {
    /** Where decimals take less than this, no other form is tried. */
    private static final double GOOD_BYTES_PER_NUMBER = 0.5;

    /** A dictionary pays only if its values recur. */
    private static final int RECURRENCE = 4;

    private NumberEncoder() {}

    /** @param decimals what {@link Decimals#candidates} says of the numbers */
    static void encode(double[] numbers, List<Decimals> decimals, ByteWriter out) {
        byte[] best = null;
        for (Decimals candidate : decimals) {
            best = shorter(best, decimals(numbers, candidate));
        }
        if (best == null || best.length > numbers.length * GOOD_BYTES_PER_NUMBER) {
            long[] ordered = Arrays.stream(numbers)
                    .mapToLong(number -> NumberDecoder.flipNegative(Double.doubleToRawLongBits(number)))
                    .toArray();
            best = shorter(best, dictionary(ordered));
            best = shorter(best, bits(ordered));
        }
        if (best != null) {
            out.writeBytes(best);
        }
    }

    private static byte @Nullable [] shorter(byte @Nullable [] a, byte @Nullable [] b) {
        return a == null || b != null && b.length < a.length ? b : a;
    }

    private static byte[] decimals(double[] numbers, Decimals decimals) {
        ByteWriter out = new ByteWriter(1024);
        int[] exceptions = decimals.exceptions();
        out.writeByte(NumberDecoder.DECIMALS
                | (exceptions.length == 0 ? 0 : NumberDecoder.WITH_EXCEPTIONS)
                | decimals.digits() << NumberDecoder.DIGITS_SHIFT);
        IntegerEncoder.encode(decimals.scaled(), numbers.length, out);
        if (exceptions.length > 0) {
            out.writeVarint(exceptions.length);
            int before = -1;
            for (int index : exceptions) {
                out.writeVarint(index - before - 1);
                out.writeLongLE(Double.doubleToRawLongBits(numbers[index]));
                before = index;
            }
        }
        return out.toByteArray();
    }

    private static byte @Nullable [] dictionary(long[] ordered) {
        long[] distinct = ordered.clone();
        Arrays.sort(distinct);
        int size = 0;
        for (int i = 0; i < distinct.length; i++) {
            if (size == 0 || distinct[i] != distinct[size - 1]) {
                distinct[size++] = distinct[i];
            }
        }
        if (size * RECURRENCE > ordered.length) {
            return null;
        }
        long[] indexes = new long[ordered.length];
        for (int i = 0; i < ordered.length; i++) {
            indexes[i] = Arrays.binarySearch(distinct, 0, size, ordered[i]);
        }
        ByteWriter out = new ByteWriter(1024);
        out.writeByte(NumberDecoder.DICTIONARY);
        out.writeVarint(size);
        IntegerEncoder.encode(distinct, size, out);
        IntegerEncoder.encode(indexes, indexes.length, out);
        return out.toByteArray();
    }

    private static byte[] bits(long[] ordered) {
        ByteWriter out = new ByteWriter(1024);
        out.writeByte(NumberDecoder.BITS);
        IntegerEncoder.encode(ordered, ordered.length, out);
        return out.toByteArray();
    }
}
