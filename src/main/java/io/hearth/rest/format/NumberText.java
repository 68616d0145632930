package io.hearth.rest.format;

/**
 * Numbers as text that reads back as the same number: whole ones up to 2^53 as {@linkplain IntegerText integers}, decimals of at most 15 digits,
 * three of them behind the point, by a short cut, which is all that sensors ever need; others as {@link ShortestDecimal} writes them.
 *
 * <p>Why the short cut is exact: a whole number below 10^15 and a power of ten up to 10^3 are doubles without error, so
 * their quotient is the double nearest to the decimal fraction, which is what reading the text gives. And as decimals of
 * at most 15 digits all read as different doubles (IEEE 754), no shorter one can read as the same.
 */
final class NumberText {
    private static final byte[] NEGATIVE_ZERO = {'-', '0', '.', '0'};
    private static final double[] POWERS = {1, 1e1, 1e2, 1e3};
    private static final double MAX_DIGITS_15 = 1e15;
    private static final double MAX_WHOLE = 0x1p53;

    private NumberText() {}

    /**
     * Writes {@code number}, which must be finite, into {@code target} from {@code at} on. The zero below zero is
     * {@code -0.0}, as readers that know integers would drop its sign without the fraction.
     *
     * @return the offset behind the last byte written, at most 26 bytes on
     */
    static int write(double number, byte[] target, int at) {
        if (number == 0) {
            if (1 / number > 0) {
                return IntegerText.write(0, target, at);
            }
            System.arraycopy(NEGATIVE_ZERO, 0, target, at, NEGATIVE_ZERO.length);
            return at + NEGATIVE_ZERO.length;
        }
        double magnitude = Math.abs(number);
        if (magnitude <= MAX_WHOLE && number == Math.rint(number)) {
            return IntegerText.write((long) number, target, at);
        }
        for (int digits = 1; digits < POWERS.length; digits++) {
            double scaled = Math.rint(magnitude * POWERS[digits]);
            if (scaled >= MAX_DIGITS_15) {
                break;
            }
            if (scaled / POWERS[digits] == magnitude) {
                if (number < 0) {
                    target[at++] = '-';
                }
                long all = (long) scaled;
                long power = (long) POWERS[digits];
                at = IntegerText.write(all / power, target, at);
                target[at++] = '.';
                return IntegerText.writeDigits((int) (all % power), digits, target, at);
            }
        }
        if (number < 0) {
            target[at++] = '-';
        }
        return ShortestDecimal.write(magnitude, target, at);
    }
}
