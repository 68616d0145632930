package io.hearth.series.chunk;

import io.hearth.bytes.ScaledDecimal;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Numbers as {@link ScaledDecimal}s of one power of ten, with the few that are not kept apart. The idea is that of ALP [1]; here the
 * digits are found exactly: each number is checked to come back bit by bit from the very division that the decoder does.
 *
 * <p>[1] A. Afroozeh, L. Kuffó, P. Boncz, "ALP: Adaptive Lossless floating-Point Compression", SIGMOD 2023
 *
 * @param digits behind the decimal point
 * @param scaled the integers; an exception has its predecessor's
 * @param exceptions indexes of the numbers that are something else, ascending
 */
record Decimals(int digits, long[] scaled, int[] exceptions) {
    private static final int NOT_DECIMAL = ScaledDecimal.MAX_DIGITS + 1;

    /** At most one number in so many may be an exception. */
    private static final int NUMBERS_PER_EXCEPTION = 32;

    /**
     * The ways worth trying to see numbers as decimals: first with the digits that all of them need, then with fewer, if a
     * few of them need more than the rest. Empty if too many are something else.
     */
    static List<Decimals> candidates(double[] numbers) {
        if (numbers.length == 0) {
            return List.of();
        }
        int[] counts = countDigits(numbers);
        int most = ScaledDecimal.MAX_DIGITS;
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
            scaled[i] = ScaledDecimal.scale(numbers[i], digits);
            if (ScaledDecimal.isExact(numbers[i], scaled[i], digits)) {
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

    private static boolean isDecimal(double number, int digits) {
        return ScaledDecimal.isExact(number, ScaledDecimal.scale(number, digits), digits);
    }
}
