package io.hearth.series.chunk.integer;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;

/**
 * How likely each token is: a frequency out of {@code 1 << scaleBits} for each token that occurs.
 *
 * <pre>
 * varint tokens that occur
 * each: varint difference to the token before (from -1), less one · varint frequency less one (not for the last: the rest)
 * </pre>
 */
final class RansModel {
    static final int MAX_SCALE_BITS = 12;
    private static final int MIN_SCALE_BITS = 5;

    private RansModel() {}

    /** How fine frequencies must be for {@code count} symbols of which {@code used} differ. */
    static int scaleBits(int count, int used) {
        int byCount = Math.max(MIN_SCALE_BITS, 33 - Integer.numberOfLeadingZeros(count));
        int byUsed = 33 - Integer.numberOfLeadingZeros(used);
        return Math.min(MAX_SCALE_BITS, Math.max(byCount, byUsed));
    }

    /** Frequencies that add up to {@code 1 << scaleBits}, none of a symbol that occurs zero, near the best for its counts. */
    static int[] normalise(int[] counts, int count, int scaleBits) {
        int[] frequencies = new int[counts.length];
        int rest = 1 << scaleBits;
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                frequencies[i] = (int) Math.max(1, (((long) counts[i] << scaleBits) + count / 2) / count);
                rest -= frequencies[i];
            }
        }
        int step = Integer.signum(rest);
        for (; rest != 0; rest -= step) {
            frequencies[cheapest(counts, frequencies, step)] += step;
        }
        return frequencies;
    }

    // The symbol whose frequency can be changed by `step` at the smallest loss (or the largest gain) of bits.
    private static int cheapest(int[] counts, int[] frequencies, int step) {
        int best = -1;
        double bestLoss = Double.POSITIVE_INFINITY;
        for (int i = 0; i < counts.length; i++) {
            if (frequencies[i] > 0 && frequencies[i] + step > 0) {
                double loss = counts[i] * StrictMath.log((double) frequencies[i] / (frequencies[i] + step));
                if (loss < bestLoss) {
                    bestLoss = loss;
                    best = i;
                }
            }
        }
        return best;
    }

    static void write(int[] frequencies, ByteWriter out) {
        int used = 0;
        int last = -1;
        for (int i = 0; i < frequencies.length; i++) {
            if (frequencies[i] > 0) {
                used++;
                last = i;
            }
        }
        out.writeVarint(used);
        int before = -1;
        for (int i = 0; i <= last; i++) {
            if (frequencies[i] > 0) {
                out.writeVarint(i - before - 1);
                before = i;
                if (i < last) {
                    out.writeVarint(frequencies[i] - 1);
                }
            }
        }
    }

    /**
     * Reads frequencies into a table with one entry per slot: frequency less one in the upper 12 bits, then 12 bits of the
     * slot's distance from the symbol's first slot, then 8 bits of the token.
     *
     * @return the largest token
     */
    static int readTable(ByteReader in, int scaleBits, int[] table) {
        int used = in.readCount(1, Tokens.COUNT);
        int slots = 1 << scaleBits;
        int slot = 0;
        int token = -1;
        for (int i = 1; i <= used; i++) {
            token += 1 + in.readCount(0, Tokens.COUNT);
            if (token >= Tokens.COUNT) {
                throw in.corrupt("no such token: " + token);
            }
            int after = used - i;
            int frequency = after == 0 ? slots - slot : 1 + in.readCount(0, slots);
            if (frequency > slots - slot - after) {
                throw in.corrupt("frequencies above their total");
            }
            int entry = frequency - 1 << 20 | token;
            int until = slot + frequency;
            for (; slot < until; slot++) {
                table[slot] = entry;
                entry += 1 << 8;
            }
        }
        return token;
    }
}
