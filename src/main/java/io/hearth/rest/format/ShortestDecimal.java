package io.hearth.rest.format;

import java.math.BigInteger;

/**
 * The shortest decimal that reads back as a double, and of the shortest the nearest; for averages and the like, which fill all
 * digits. {@link Double#toString} takes two to three times as long on JDK 17, and at times answers a digit too many.
 *
 * <p>This is Schubfach: Raffaello Giulietti, "The Schubfach way to render doubles", 2020. With {@code v = c · 2^q}, what reads back as
 * {@code v} lies between {@code (c ± 1/2) · 2^q}. {@code k} is the greatest power of ten by whose multiples that interval is cut at least
 * once; a multiple of {@code 10^(k+1)} in it is shorter than any other, else one of the two multiples of {@code 10^k} beside v is the
 * answer. The interval is scaled by {@code 4 · 10^-k} through one multiplication with a 126 bit approximation of that power, rounded to
 * odd, which the paper proves to be as good as exact for these comparisons.
 */
final class ShortestDecimal {
    private static final int FRACTION_BITS = 52;
    private static final long FRACTION_MASK = (1L << FRACTION_BITS) - 1;
    private static final int MIN_EXPONENT = -1074;

    /** The powers of ten that doubles need: {@code 10^-k} for k from {@code MIN_K} to {@code MAX_K}. */
    private static final int MIN_K = -324;

    private static final int MAX_K = 292;
    private static final int POWER_BITS = 126;
    private static final long MASK_63 = Long.MAX_VALUE;

    /** {@code ⌊10^-k · 2^r⌋ + 1} with 126 bits, in two halves of 63. */
    private static final long[] POWERS_HIGH = new long[MAX_K - MIN_K + 1];

    private static final long[] POWERS_LOW = new long[MAX_K - MIN_K + 1];

    static {
        for (int k = MIN_K; k <= MAX_K; k++) {
            int shift = POWER_BITS - 1 - floorLog2OfPow10(-k);
            BigInteger ten = BigInteger.TEN.pow(Math.abs(k));
            BigInteger power = k <= 0
                    ? ten.shiftLeft(shift)
                    : BigInteger.ONE.shiftLeft(shift).divide(ten);
            power = power.add(BigInteger.ONE);
            POWERS_HIGH[k - MIN_K] = power.shiftRight(63).longValueExact();
            POWERS_LOW[k - MIN_K] = power.longValue() & MASK_63;
        }
    }

    private ShortestDecimal() {}

    /**
     * Writes {@code magnitude}, finite and above 0: as a plain decimal, or where that has many zeros as in {@code 1.5E300}.
     *
     * @return the offset behind the last byte written, at most 25 bytes on
     */
    static int write(double magnitude, byte[] target, int at) {
        long bits = Double.doubleToRawLongBits(magnitude);
        long fraction = bits & FRACTION_MASK;
        int exponent = (int) (bits >>> FRACTION_BITS);
        boolean normal = exponent > 0;
        long c = normal ? fraction | 1L << FRACTION_BITS : fraction;
        int q = normal ? exponent - 1 + MIN_EXPONENT : MIN_EXPONENT;
        // Below a power of two doubles lie twice as close, so the interval reaches half as far down.
        boolean even = fraction != 0 || exponent <= 1;
        int k = even ? floorLog10OfPow2(q) : floorLog10OfThreeQuartersPow2(q);
        long digits = digits(c, q, k, even);
        while (digits % 10 == 0) {
            digits /= 10;
            k++;
        }
        return format(digits, k, target, at);
    }

    private static long digits(long c, int q, int k, boolean even) {
        int shift = q + floorLog2OfPow10(-k) + 2;
        long center = scaled(4 * c << shift, k);
        long lower = scaled(4 * c - (even ? 2 : 1) << shift, k);
        long upper = scaled(4 * c + 2 << shift, k);
        // Halfway to a neighbour, reading rounds to the even one.
        int open = (int) (c & 1);
        lower += open;
        upper -= open;
        long below = center >> 2;
        if (below >= 10) {
            long shorterBelow = below / 10 * 10;
            boolean belowFits = lower <= shorterBelow << 2;
            boolean aboveFits = shorterBelow + 10 << 2 <= upper;
            if (belowFits != aboveFits) {
                return belowFits ? shorterBelow : shorterBelow + 10;
            }
        }
        boolean belowFits = lower <= below << 2;
        boolean aboveFits = below + 1 << 2 <= upper;
        if (belowFits != aboveFits) {
            return belowFits ? below : below + 1;
        }
        long beyondMiddle = center - (2 * below + 1 << 1);
        return beyondMiddle < 0 || beyondMiddle == 0 && (below & 1) == 0 ? below : below + 1;
    }

    /** {@code value · 10^-k}, over {@code 2^127} of the power's and the value's scale, rounded to odd: the last bit tells a remainder. */
    private static long scaled(long value, int k) {
        long high = POWERS_HIGH[k - MIN_K];
        long carry = Math.multiplyHigh(POWERS_LOW[k - MIN_K], value);
        long middle = (high * value >>> 1) + carry;
        long whole = Math.multiplyHigh(high, value) + (middle >>> 63);
        return whole | (middle & MASK_63) + MASK_63 >>> 63;
    }

    // Logarithms by multiplication with log10(2), log10(3/4) and log2(10) in fixed point; exact in the range of
    // doubles.

    private static int floorLog10OfPow2(int exponent) {
        return (int) (exponent * 661_971_961_083L >> 41);
    }

    private static int floorLog10OfThreeQuartersPow2(int exponent) {
        return (int) (exponent * 661_971_961_083L - 274_743_187_321L >> 41);
    }

    private static int floorLog2OfPow10(int exponent) {
        return (int) (exponent * 913_124_641_741L >> 38);
    }

    private static int format(long digits, int k, byte[] target, int at) {
        int count = 1;
        for (long rest = digits; rest >= 10; rest /= 10) {
            count++;
        }
        int wholeDigits = count + k;
        if (k >= 0 || wholeDigits < -5) {
            int end = NumberText.writeInteger(digits, target, at + (count > 1 ? 1 : 0));
            if (count > 1) {
                target[at] = target[at + 1];
                target[at + 1] = '.';
            }
            target[end++] = 'E';
            return NumberText.writeInteger(wholeDigits - 1L, target, end);
        }
        if (wholeDigits <= 0) {
            target[at++] = '0';
            target[at++] = '.';
            for (int i = wholeDigits; i < 0; i++) {
                target[at++] = '0';
            }
            return NumberText.writeInteger(digits, target, at);
        }
        int end = NumberText.writeInteger(digits, target, at + 1);
        System.arraycopy(target, at + 1, target, at, wholeDigits);
        target[at + wholeDigits] = '.';
        return end;
    }
}
