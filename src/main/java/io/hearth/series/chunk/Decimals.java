package io.hearth.series.chunk;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Numbers as integers divided by one power of ten, as sensors mean them, with the few that are not kept apart. The idea
 * is that of ALP [1]; here the digits are found exactly: each number is checked to come back bit by bit, negative zero
 * included, from the very division that the decoder does. That division is correctly rounded by IEEE 754 while integer
 * and power are exact doubles; a multiplication by 0.1 is not.
 *
 * <p>[1] A. Afroozeh, L. Kuffó, P. Boncz, "ALP: Adaptive Lossless floating-Point Compression", SIGMOD 2023
 *
 * @param digits behind the decimal point
 * @param scaled the integers; an exception has its predecessor's
 * @param exceptions indexes of the numbers that are something else, ascending
 */
record Decimals(int digits, long[] scaled, int[] exceptions) {
    static final int MAX_DIGITS = 12;

    private static final double[] POWERS = new double[MAX_DIGITS + 1];
    private static final int NOT_DECIMAL = MAX_DIGITS + 1;

    /** At most one number in so many may be an exception. */
    private static final int NUMBERS_PER_EXCEPTION = 32;

    static {
        POWERS[0] = 1;
        for (int i = 1; i < POWERS.length; i++) {
            POWERS[i] = POWERS[i - 1] * 10;
        }
    }

    static double power(int digits) {
        return POWERS[digits];
    }

    /** How many of the numbers need how many digits; {@code [MAX_DIGITS + 1]} are not decimals. */
    static int[] countDigits(double[] numbers, int count) {
        int[] counts = new int[NOT_DECIMAL + 1];
        for (int i = 0; i < count; i++) {
            int digits = 0;
            while (digits < NOT_DECIMAL && !isDecimal(numbers[i], digits)) {
                digits++;
            }
            counts[digits]++;
        }
        return counts;
    }

    /** The digits that all decimals among them need; 0 if there are none. */
    static int mostDigits(int[] counts) {
        int digits = MAX_DIGITS;
        while (digits > 0 && counts[digits] == 0) {
            digits--;
        }
        return digits;
    }

    /** The fewest digits at which exceptions are few. */
    static int usualDigits(int[] counts, int count) {
        int digits = mostDigits(counts);
        int exceptions = counts[NOT_DECIMAL];
        while (digits > 0 && (exceptions + counts[digits]) * NUMBERS_PER_EXCEPTION <= count) {
            exceptions += counts[digits];
            digits--;
        }
        return digits;
    }

    /** Null if too many of the numbers are exceptions. */
    static @Nullable Decimals of(double[] numbers, int count, int digits) {
        long[] scaled = new long[count];
        int[] exceptions = new int[count / NUMBERS_PER_EXCEPTION];
        int exceptionCount = 0;
        for (int i = 0; i < count; i++) {
            if (isDecimal(numbers[i], digits)) {
                scaled[i] = scale(numbers[i], digits);
                continue;
            }
            if (exceptionCount == exceptions.length) {
                return null;
            }
            scaled[i] = i == 0 ? 0 : scaled[i - 1];
            exceptions[exceptionCount++] = i;
        }
        return new Decimals(digits, scaled, Arrays.copyOf(exceptions, exceptionCount));
    }

    /** The scaled form of a number that is known to be a decimal. */
    static long scale(double number, int digits) {
        return (long) Math.rint(number * POWERS[digits]);
    }

    private static boolean isDecimal(double number, int digits) {
        double back = scale(number, digits) / POWERS[digits];
        return Double.doubleToRawLongBits(back) == Double.doubleToRawLongBits(number);
    }
}
