package io.hearth.series.chunk;

import io.hearth.series.chunk.integer.IntegerScratch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Arrays that {@link Chunk#decode} writes into, to be used again for the next chunk, so that reading a year of days
 * allocates as much as reading one. A block decoded into a scratch is valid until the scratch's next use. For one thread
 * at a time.
 */
public final class ChunkScratch {
    private final List<ColumnArrays> columns = new ArrayList<>();
    private final IntegerScratch forIntegers = new IntegerScratch();
    private long[] times = {};
    private long[] integers = {};
    private long[] moreIntegers = {};
    private long[] runKinds = {};
    private double[] packedNumbers = {};

    /** For the decoding of integers. */
    IntegerScratch forIntegers() {
        return forIntegers;
    }

    long[] times(int count) {
        if (times.length < count) {
            times = new long[count];
        }
        return times;
    }

    long[] integers(int count) {
        if (integers.length < count) {
            integers = new long[count];
        }
        return integers;
    }

    long[] moreIntegers(int count) {
        if (moreIntegers.length < count) {
            moreIntegers = new long[count];
        }
        return moreIntegers;
    }

    long[] runKinds(int count) {
        if (runKinds.length < count) {
            runKinds = new long[count];
        }
        return runKinds;
    }

    /** For the numbers of a column that has more than numbers, before they get their places. */
    double[] packedNumbers(int count) {
        if (packedNumbers.length < count) {
            packedNumbers = new double[count];
        }
        return packedNumbers;
    }

    /** The arrays of the column that is {@code index}-th in the block. */
    ColumnArrays column(int index) {
        while (columns.size() <= index) {
            columns.add(new ColumnArrays());
        }
        return columns.get(index);
    }

    /** What a decoded column is made of. */
    static final class ColumnArrays {
        private double[] numbers = {};
        private byte[] kinds = {};
        private @Nullable String[] texts = {};

        double[] numbers(int count) {
            if (numbers.length < count) {
                numbers = new double[count];
            }
            return numbers;
        }

        byte[] kinds(int count) {
            if (kinds.length < count) {
                kinds = new byte[count];
            }
            return kinds;
        }

        /** All null. */
        @Nullable
        String[] texts(int count) {
            if (texts.length < count) {
                texts = new String[count];
            }
            Arrays.fill(texts, null);
            return texts;
        }
    }
}
