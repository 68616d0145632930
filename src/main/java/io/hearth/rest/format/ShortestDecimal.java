package io.hearth.rest.format;

import com.fasterxml.jackson.core.io.NumberOutput;
import java.math.BigDecimal;
import java.math.MathContext;

/**
 * The shortest decimal that reads back as a double, and of the shortest the nearest; for averages and the like, which fill all
 * digits. Jackson finds the digits, by the same method as {@link Double#toString} since JDK 19; that of JDK 17 is slower and at times
 * answers a digit too many.
 */
final class ShortestDecimal {
    /** Below this the least distance between doubles is so great that one digit can tell what Jackson writes with two. */
    private static final double ONE_DIGIT_MAY_DO = 1.1e-322;

    /** Where Jackson writes a plain decimal, as {@link Double#toString} does. */
    private static final double FEWEST_PLAIN = 1e-3;

    private static final double MOST_PLAIN = 1e7;

    private static final MathContext ONE_DIGIT = new MathContext(1);

    private ShortestDecimal() {}

    /**
     * Writes {@code magnitude}, finite and above 0: as a plain decimal, or where that has many zeros as in {@code 1.5E300}.
     *
     * @return the offset behind the last byte written, at most 25 bytes on
     */
    static int write(double magnitude, byte[] target, int at) {
        if (magnitude < ONE_DIGIT_MAY_DO) {
            BigDecimal rounded = new BigDecimal(magnitude).round(ONE_DIGIT);
            if (rounded.doubleValue() == magnitude) {
                return format(rounded.unscaledValue().longValueExact(), -rounded.scale(), target, at);
            }
        }
        String text = NumberOutput.toString(magnitude, true);
        if (magnitude >= FEWEST_PLAIN && magnitude < MOST_PLAIN && !text.endsWith(".0")) {
            for (int i = 0; i < text.length(); i++) {
                target[at + i] = (byte) text.charAt(i);
            }
            return at + text.length();
        }
        BigDecimal decimal = new BigDecimal(text).stripTrailingZeros();
        return format(decimal.unscaledValue().longValueExact(), -decimal.scale(), target, at);
    }

    private static int format(long digits, int k, byte[] target, int at) {
        int count = 1;
        for (long rest = digits; rest >= 10; rest /= 10) {
            count++;
        }
        int wholeDigits = count + k;
        if (k >= 0 || wholeDigits < -5) {
            int end = IntegerText.write(digits, target, at + (count > 1 ? 1 : 0));
            if (count > 1) {
                target[at] = target[at + 1];
                target[at + 1] = '.';
            }
            target[end++] = 'E';
            return IntegerText.write(wholeDigits - 1L, target, end);
        }
        if (wholeDigits <= 0) {
            target[at++] = '0';
            target[at++] = '.';
            for (int i = wholeDigits; i < 0; i++) {
                target[at++] = '0';
            }
            return IntegerText.write(digits, target, at);
        }
        int end = IntegerText.write(digits, target, at + 1);
        System.arraycopy(target, at + 1, target, at, wholeDigits);
        target[at + wholeDigits] = '.';
        return end;
    }
}
