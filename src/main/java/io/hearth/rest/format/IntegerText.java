package io.hearth.rest.format;

/** Whole numbers as decimal text. */
final class IntegerText {
    private IntegerText() {}

    /**
     * Writes {@code integer} into {@code target} from {@code at} on, without leading zeros.
     *
     * @return the offset behind the last byte written, at most 20 bytes on
     */
    static int write(long integer, byte[] target, int at) {
        if (integer < 0) {
            if (integer == Long.MIN_VALUE) {
                return writeAscii("-9223372036854775808", target, at);
            }
            target[at++] = '-';
            integer = -integer;
        }
        if (integer > Integer.MAX_VALUE) {
            at = write(integer / 1_000_000_000, target, at);
            return writeDigits((int) (integer % 1_000_000_000), 9, target, at);
        }
        int digits = 1;
        for (int power = 10; digits < 10 && integer >= power; power *= 10) {
            digits++;
        }
        return writeDigits((int) integer, digits, target, at);
    }

    /**
     * Writes the last {@code digits} digits of {@code integer}, which must not be negative, with leading zeros.
     *
     * @return the offset behind the last byte written
     */
    static int writeDigits(int integer, int digits, byte[] target, int at) {
        for (int i = at + digits - 1; i >= at; i--) {
            int tenth = integer / 10;
            target[i] = (byte) ('0' + integer - 10 * tenth);
            integer = tenth;
        }
        return at + digits;
    }

    private static int writeAscii(String text, byte[] target, int at) {
        for (int i = 0; i < text.length(); i++) {
            target[at++] = (byte) text.charAt(i);
        }
        return at;
    }
}
