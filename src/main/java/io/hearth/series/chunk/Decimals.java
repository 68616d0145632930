package io.hearth.series.chunk;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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

    /**
     * The ways worth trying to see numbers as decimals: first with the digits that all of them need, then with fewer, if a
     * few of them need more than the rest. Empty if too many are something else.
     */
    static List<Decimals> candidates(double[] numbers) {
        if (numbers.length == 0) {
            return List.of();
        }
        int[] counts = countDigits(numbers);
        int most = MAX_DIGITS;
        while (most > 0 && counts[most] == 0) {
            most--;
        }
        int usual = most;
        int exceptions = counts[NOT_DECIMAL];
        while (usual > 0 && (exceptions + counts[usual]) * NUMBERS_PER_EXCEPTION <= numbers.length) {
            exceptions += counts[usual--];
        }
        IntStream digits = usual == most ? IntStream.of(most) : IntStream.of(most, usual);
        return digits.mapToObj(d -> of(numbers, d)).flatMap(Stream::ofNullable).toList();
    }

    // How many of the numbers need how many digits; the last entry counts those that are not decimals.
    private static int[] countDigits(double[] numbers) {
        int[] counts = new int[NOT_DECIMAL + 1];
        int start = 0;
        for (double number : numbers) {
            int digits = start;
            if (isDecimal(number, digits)) {
                while (digits > 0 && isDecimal(number, digits - 1)) {
                    digits--;
                }
            } else {
                do {
                    digits++;
                } while (digits < NOT_DECIMAL && !isDecimal(number, digits));
            }
            counts[digits]++;
            start = digits == NOT_DECIMAL ? start : digits;
        }
        return counts;
    }

    boolean hasExceptions() {
        return exceptions.length > 0;
    }

    // Null if too many of the numbers are exceptions.
    private static @Nullable Decimals of(double[] numbers, int digits) {
        int count = numbers.length;
        long[] scaled = new long[count];
        int[] exceptions = new int[count / NUMBERS_PER_EXCEPTION];
        int exceptionCount = 0;
        for (int i = 0; i < count; i++) {
            scaled[i] = scale(numbers[i], digits);
            if (isScaled(scaled[i], digits, numbers[i])) {
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
        return isScaled(scale(number, digits), digits, number);
    }

    private static boolean isScaled(long scaled, int digits, double number) {
        double back = scaled / POWERS[digits];
        return Double.doubleToRawLongBits(back) == Double.doubleToRawLongBits(number);
    }
}
