package io.hearth.codec;

import java.nio.charset.StandardCharsets;

/**
 * Reads decimal numbers out of text as the nearest 64-bit float. Numbers of up to 2^53 times or through a power of ten up to
 * 10^22, nearly all there are, need one multiplication or division of two exact floats, which rounds correctly (Clinger,
 * "How to Read Floating Point Numbers Accurately", PLDI 1990); the JDK reads the others. Not safe for several threads.
 */
final class DecimalScan {
    private static final double[] POWERS_OF_TEN = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };
    private static final long MAX_EXACT = 1L << 53;
    private static final int MAX_DIGITS = 18;

    /** What no sensible exponent reaches; keeps the sum of digits from overflowing. */
    private static final int MAX_EXPONENT = 100_000;

    private double number;
    private int end;
    private boolean json;
    private boolean whole;

    /** The number of the last scan; infinite if it is beyond the range of a 64-bit float. */
    double number() {
        return number;
    }

    /** The offset behind the last byte of the number. */
    int end() {
        return end;
    }

    /** Whether it is written without a point and an exponent. */
    boolean isWhole() {
        return whole;
    }

    /** Whether it is written as RFC 8259 has it: no plus, no needless zero in front, digits on both sides of a point. */
    boolean isJson() {
        return json;
    }

    /**
     * Reads {@code [+-]digits[.digits][(e|E)[+-]digits]}, with digits on at least one side of the point, from {@code from}
     * on; stops at what does not belong to it.
     *
     * @return false if there is no number
     */
    boolean scan(byte[] text, int from, int to) {
        int at = from;
        boolean negative = false;
        json = true;
        if (at < to && (text[at] == '-' || text[at] == '+')) {
            negative = text[at] == '-';
            json = negative;
            at++;
        }
        long mantissa = 0;
        int significant = 0;
        int wholeStart = at;
        int digit;
        while (at < to && (digit = text[at] - '0') >= 0 && digit <= 9) {
            mantissa = mantissa * 10 + digit;
            significant += mantissa == 0 ? 0 : 1;
            at++;
        }
        int wholeDigits = at - wholeStart;
        json &= wholeDigits == 1 || (wholeDigits > 1 && text[wholeStart] != '0');
        int exponent = 0;
        if (at < to && text[at] == '.') {
            int fractionStart = ++at;
            while (at < to && (digit = text[at] - '0') >= 0 && digit <= 9) {
                mantissa = mantissa * 10 + digit;
                significant += mantissa == 0 ? 0 : 1;
                at++;
            }
            exponent = fractionStart - at;
            json &= exponent != 0;
        }
        if (wholeDigits == 0 && exponent == 0) {
            return false;
        }
        whole = at == wholeStart + wholeDigits;
        if (at < to && (text[at] | 0x20) == 'e') {
            whole = false;
            int written = 0;
            int sign = 1;
            int digitsAt = at + 1;
            if (digitsAt < to && (text[digitsAt] == '-' || text[digitsAt] == '+')) {
                sign = text[digitsAt] == '-' ? -1 : 1;
                digitsAt++;
            }
            int exponentEnd = digitsAt;
            while (exponentEnd < to && (digit = text[exponentEnd] - '0') >= 0 && digit <= 9) {
                written = Math.min(written * 10 + digit, MAX_EXPONENT);
                exponentEnd++;
            }
            if (exponentEnd == digitsAt) {
                return false;
            }
            exponent += sign * written;
            at = exponentEnd;
        }
        end = at;
        number = significant <= MAX_DIGITS && mantissa <= MAX_EXACT && isExact(exponent)
                ? scaled(negative ? -(double) mantissa : mantissa, exponent)
                : Double.parseDouble(new String(text, from, at - from, StandardCharsets.ISO_8859_1));
        return true;
    }

    private static boolean isExact(int exponent) {
        return exponent > -POWERS_OF_TEN.length && exponent < POWERS_OF_TEN.length;
    }

    private static double scaled(double mantissa, int exponent) {
        return exponent < 0 ? mantissa / POWERS_OF_TEN[-exponent] : mantissa * POWERS_OF_TEN[exponent];
    }
}
