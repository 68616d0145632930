package io.hearth.bytes;

/**
 * Doubles as integers divided by a power of ten, as sensors mean them. What {@link #isExact} accepts comes back bit by bit, negative
 * zero excepted, which is not accepted: the quotient of two exact doubles is correctly rounded by IEEE 754, a multiplication by 0.1 is
 * not.
 */
public final class ScaledDecimal {
    /** Digits behind the decimal point, at most. */
    public static final int MAX_DIGITS = 12;

    private static final double[] POWERS = new double[MAX_DIGITS + 1];

    static {
        POWERS[0] = 1;
        for (int i = 1; i < POWERS.length; i++) {
            POWERS[i] = POWERS[i - 1] * 10;
        }
    }

    private ScaledDecimal() {}

    /** 10 to the power of {@code digits}, which are from 0 to {@link #MAX_DIGITS}. */
    public static double power(int digits) {
        return POWERS[digits];
    }

    /** The integer nearest to {@code number * 10^digits}; means nothing unless {@link #isExact} accepts it. */
    public static long scale(double number, int digits) {
        return (long) Math.rint(number * POWERS[digits]);
    }

    /** {@code scaled / 10^digits}. */
    public static double unscale(long scaled, int digits) {
        return scaled / POWERS[digits];
    }

    /** Whether {@link #unscale} gives back the very bits of {@code number}. */
    public static boolean isExact(double number, long scaled, int digits) {
        return Double.doubleToRawLongBits(scaled / POWERS[digits]) == Double.doubleToRawLongBits(number);
    }
}
