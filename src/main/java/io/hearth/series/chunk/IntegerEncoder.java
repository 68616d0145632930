package io.hearth.series.chunk;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Writes integers as {@link IntegerDecoder} reads them: tries each order and both codes, keeps the shortest. */
final class IntegerEncoder {
    /** From here on four lanes cost less in bytes than they gain in speed. */
    private static final int LANES_FROM = 512;

    private static final int CENTER_SAMPLES = 63;

    private IntegerEncoder() {}

    static void encode(long[] values, int count, ByteSink out) {
        if (count == 0) {
            return;
        }
        Plan best = null;
        long[] differences = Arrays.copyOf(values, count);
        for (int order = 0; order <= IntegerDecoder.MAX_ORDER && order < count; order++) {
            if (order > 0) {
                differences = differences.clone();
                for (int i = count - 1; i >= order; i--) {
                    differences[i] -= differences[i - 1];
                }
            }
            Plan plan = Plan.of(order, differences);
            if (best == null || plan.bytes() < best.bytes()) {
                best = plan;
            }
        }
        if (best != null) {
            best.write(out);
        }
    }

    /**
     * One way to write a sequence.
     *
     * @param differences as many first values as the order, then the differences
     * @param rans null for runs
     * @param bytes about as many as it will take
     */
    private record Plan(
            int order, long[] differences, @Nullable Rans rans, double bytes) {

        static Plan of(int order, long[] differences) {
            double seedBytes = 1;
            for (int i = 0; i < order; i++) {
                seedBytes += ByteSink.varintBytes(Tokens.zigzag(differences[i]));
            }
            double runBytes = runBytes(order, differences);
            Rans rans = Rans.of(order, differences);
            return rans.bytes < runBytes
                    ? new Plan(order, differences, rans, seedBytes + rans.bytes)
                    : new Plan(order, differences, null, seedBytes + runBytes);
        }

        private static double runBytes(int order, long[] differences) {
            double bytes = 0;
            long before = 0;
            for (int i = order; i < differences.length; ) {
                int end = runEnd(differences, i);
                bytes += ByteSink.varintBytes(end - i) + ByteSink.varintBytes(Tokens.zigzag(differences[i] - before));
                before = differences[i];
                i = end;
            }
            return bytes;
        }

        private static int runEnd(long[] differences, int start) {
            int end = start + 1;
            while (end < differences.length && differences[end] == differences[start]) {
                end++;
            }
            return end;
        }

        void write(ByteSink out) {
            out.u8(order | (rans == null ? 0 : rans.tag()));
            for (int i = 0; i < order; i++) {
                out.zigzag(differences[i]);
            }
            if (rans == null) {
                writeRuns(out);
            } else {
                rans.write(order, differences, out);
            }
        }

        private void writeRuns(ByteSink out) {
            long before = 0;
            for (int i = order; i < differences.length; ) {
                int end = runEnd(differences, i);
                out.varint(end - i);
                out.zigzag(differences[i] - before);
                before = differences[i];
                i = end;
            }
        }
    }

    /** Differences as tokens with their counts. */
    private static final class Rans {
        private final long center;
        private final long unit;
        private final int[] counts = new int[Tokens.COUNT];
        private final int count;
        private final int scaleBits;
        final double bytes;

        private Rans(int order, long[] differences) {
            count = differences.length - order;
            center = center(order, differences);
            unit = unit(order, differences, center);
            int used = 0;
            for (int i = order; i < differences.length; i++) {
                int token = Tokens.of(normalised(differences[i]));
                used += counts[token]++ == 0 ? 1 : 0;
            }
            scaleBits = RansModel.scaleBits(count, used);
            double bits = 0;
            for (int token = 0; token < counts.length; token++) {
                if (counts[token] > 0) {
                    bits += counts[token] * (Tokens.storedBits(token) + log2((double) count / counts[token]));
                }
            }
            int stateBytes = 2 * lanes() + 2;
            bytes = bits / 8
                    + stateBytes
                    + 3.0 * used
                    + ByteSink.varintBytes(Tokens.zigzag(center))
                    + ByteSink.varintBytes(unit);
        }

        static Rans of(int order, long[] differences) {
            return new Rans(order, differences);
        }

        private static double log2(double x) {
            return StrictMath.log(x) / StrictMath.log(2);
        }

        private int lanes() {
            return count < LANES_FROM ? 1 : RansDecoder.LANES;
        }

        private long normalised(long difference) {
            return Tokens.zigzag(unit == 1 ? difference - center : (difference - center) / unit);
        }

        // The median of some, as tokens are finest near it.
        private static long center(int order, long[] differences) {
            int count = differences.length - order;
            int step = Math.max(1, count / CENTER_SAMPLES);
            long[] samples = new long[(count + step - 1) / step];
            for (int i = 0; i < samples.length; i++) {
                samples[i] = differences[order + i * step];
            }
            Arrays.sort(samples);
            return samples[samples.length / 2];
        }

        // The greatest number that divides all distances from the center.
        private static long unit(int order, long[] differences, long center) {
            long unit = 0;
            for (int i = order; i < differences.length && unit != 1; i++) {
                long a = unit;
                long b = differences[i] - center;
                while (b != 0) {
                    long rest = a % b;
                    a = b;
                    b = rest;
                }
                unit = Math.abs(a);
            }
            return unit <= 0 ? 1 : unit;
        }

        int tag() {
            return IntegerDecoder.RANS
                    | (lanes() == 1 ? 0 : IntegerDecoder.INTERLEAVED)
                    | scaleBits << IntegerDecoder.SCALE_SHIFT;
        }

        void write(int order, long[] differences, ByteSink out) {
            out.zigzag(center);
            out.varint(unit);
            int[] frequencies = RansModel.normalise(counts, count, scaleBits);
            RansModel.write(frequencies, out);
            byte[] tokens = new byte[count];
            for (int i = 0; i < count; i++) {
                tokens[i] = (byte) Tokens.of(normalised(differences[order + i]));
            }
            RansEncoder.encode(tokens, count, frequencies, scaleBits, lanes(), out);
            writeStoredBits(order, differences, tokens, out);
        }

        private void writeStoredBits(int order, long[] differences, byte[] tokens, ByteSink out) {
            long pending = 0;
            int pendingBits = 0;
            for (int i = 0; i < count; i++) {
                int token = tokens[i] & 0xFF;
                int left = Tokens.storedBits(token);
                long value = left == 0 ? 0 : normalised(differences[order + i]) - Tokens.base(token);
                while (left > 0) {
                    int taken = Math.min(left, 56 - pendingBits);
                    pending |= (value & (1L << taken) - 1) << pendingBits;
                    pendingBits += taken;
                    value >>>= taken;
                    left -= taken;
                    for (; pendingBits >= 8; pendingBits -= 8) {
                        out.u8((int) pending);
                        pending >>>= 8;
                    }
                }
            }
            if (pendingBits > 0) {
                out.u8((int) pending);
            }
        }
    }
}
