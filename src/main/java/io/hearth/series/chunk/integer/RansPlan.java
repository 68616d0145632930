package io.hearth.series.chunk.integer;

import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.Varint;
import java.util.Arrays;

/** Differences as tokens under rANS, as {@link IntegerDecoder} tells. */
final class RansPlan implements IntegerPlan {
    /** From here on four lanes cost less in bytes than they gain in speed. */
    private static final int LANES_FROM = 512;

    private static final int CENTER_SAMPLES = 63;

    /** What telling a token and its frequency takes, on average. */
    private static final double MODEL_BYTES_PER_TOKEN = 3;

    /** The tag and the count of words. */
    private static final int FIXED_BYTES = 3;

    /** A state takes four bytes, of which about two tell tokens. */
    private static final int BYTES_LOST_PER_LANE = 2;

    private final int order;
    private final long[] differences;
    private final long center;
    private final long unit;
    private final byte[] tokens;
    private final int[] counts = new int[Tokens.COUNT];
    private final int scaleBits;
    private final double bytes;

    private RansPlan(int order, long[] differences) {
        this.order = order;
        this.differences = differences;
        center = center(order, differences);
        unit = unit(order, differences, center);
        tokens = new byte[differences.length - order];
        for (int i = 0; i < tokens.length; i++) {
            int token = Tokens.of(number(i));
            tokens[i] = (byte) token;
            counts[token]++;
        }
        int used = 0;
        double bits = 0;
        for (int token = 0; token < counts.length; token++) {
            if (counts[token] > 0) {
                used++;
                bits += counts[token] * (Tokens.storedBits(token) + log2((double) tokens.length / counts[token]));
            }
        }
        scaleBits = RansModel.scaleBits(tokens.length, used);
        bytes = bits / Byte.SIZE
                + BYTES_LOST_PER_LANE * lanes(tokens.length)
                + MODEL_BYTES_PER_TOKEN * used
                + Varint.length(Varint.zigzag(center))
                + Varint.length(unit)
                + IntegerPlan.seedBytes(order, differences)
                + FIXED_BYTES;
    }

    /** No plan for {@code count} differences that are not all the same takes less. */
    static double leastBytes(int count) {
        return BYTES_LOST_PER_LANE * lanes(count) + 2 * MODEL_BYTES_PER_TOKEN + FIXED_BYTES + 2;
    }

    /** @param differences as many first values as the order, then the differences, at least one */
    static RansPlan of(int order, long[] differences) {
        return new RansPlan(order, differences);
    }

    private static double log2(double x) {
        return StrictMath.log(x) / StrictMath.log(2);
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

    private long number(int index) {
        long distance = differences[order + index] - center;
        return Varint.zigzag(unit == 1 ? distance : distance / unit);
    }

    private static int lanes(int count) {
        return count < LANES_FROM ? 1 : RansDecoder.LANES;
    }

    @Override
    public double bytes() {
        return bytes;
    }

    @Override
    public void write(ByteWriter out) {
        int lanes = lanes(tokens.length);
        out.writeByte(order
                | IntegerDecoder.RANS
                | (lanes == 1 ? 0 : IntegerDecoder.INTERLEAVED)
                | scaleBits << IntegerDecoder.SCALE_SHIFT);
        IntegerPlan.writeSeeds(order, differences, out);
        out.writeSignedVarint(center);
        out.writeVarint(unit);
        int[] frequencies = RansModel.normalise(counts, tokens.length, scaleBits);
        RansModel.write(frequencies, out);
        RansEncoder.encode(tokens, frequencies, scaleBits, lanes, out);
        writeStoredBits(out);
    }

    private void writeStoredBits(ByteWriter out) {
        long pending = 0;
        int pendingBits = 0;
        for (int i = 0; i < tokens.length; i++) {
            int token = tokens[i] & 0xFF;
            int left = Tokens.storedBits(token);
            long value = left == 0 ? 0 : number(i) - Tokens.base(token);
            while (left > 0) {
                int taken = Math.min(left, 56 - pendingBits);
                pending |= (value & (1L << taken) - 1) << pendingBits;
                pendingBits += taken;
                value >>>= taken;
                left -= taken;
                for (; pendingBits >= Byte.SIZE; pendingBits -= Byte.SIZE) {
                    out.writeByte((int) pending);
                    pending >>>= Byte.SIZE;
                }
            }
        }
        if (pendingBits > 0) {
            out.writeByte((int) pending);
        }
    }
}
