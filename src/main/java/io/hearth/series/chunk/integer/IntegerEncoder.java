package io.hearth.series.chunk.integer;

import io.hearth.bytes.ByteWriter;
import java.util.Arrays;

/** Writes integers as {@link IntegerDecoder} reads them: tries each order and both codes, keeps the shortest. */
public final class IntegerEncoder {
    private IntegerEncoder() {}

    public static void encode(long[] values, int count, ByteWriter out) {
        if (count == 0) {
            return;
        }
        long[][] differences = new long[Math.min(count, IntegerDecoder.MAX_ORDER + 1)][];
        differences[0] = Arrays.copyOf(values, count);
        IntegerPlan best = RunPlan.of(0, differences[0]);
        for (int order = 1; order < differences.length; order++) {
            differences[order] = differences(order, differences[order - 1]);
            best = shorter(best, RunPlan.of(order, differences[order]));
        }
        // Weighing runs is cheap, weighing RANS is not, and steady metrics and regular times end here.
        if (best.bytes() > RansPlan.leastBytes(count)) {
            for (int order = 0; order < differences.length; order++) {
                best = shorter(best, RansPlan.of(order, differences[order]));
            }
        }
        best.write(out);
    }

    private static long[] differences(int order, long[] lower) {
        long[] differences = lower.clone();
        for (int i = order; i < lower.length; i++) {
            differences[i] = lower[i] - lower[i - 1];
        }
        return differences;
    }

    private static IntegerPlan shorter(IntegerPlan a, IntegerPlan b) {
        return b.bytes() < a.bytes() ? b : a;
    }
}
