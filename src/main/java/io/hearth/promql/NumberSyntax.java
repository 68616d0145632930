package io.hearth.promql;

/** Numbers as Prometheus reads them, which is as Go's literals: octal with a zero in front, underscores between digits. */
final class NumberSyntax {
    private NumberSyntax() {}

    /**
     * @param text of digits, points, underscores and an exponent, or hexadecimal digits behind 0x, as the lexer cuts it
     * @throws NumberFormatException if it is no number, or one beyond the range of a 64-bit float
     */
    static double parse(String text) {
        boolean hexadecimal = text.startsWith("0x") || text.startsWith("0X");
        requireUnderscoresBetweenDigits(text, hexadecimal ? 2 : 0, hexadecimal ? 16 : 10);
        String plain = text.replace("_", "");
        if (hexadecimal) {
            return Long.parseLong(plain.substring(2), 16);
        }
        if (plain.startsWith("0") && plain.chars().allMatch(c -> c >= '0' && c <= '7')) {
            return octal(plain);
        }
        return finite(plain);
    }

    private static double octal(String digits) {
        try {
            return Long.parseLong(digits, 8);
        } catch (NumberFormatException beyondALong) {
            return finite(digits);
        }
    }

    private static double finite(String decimal) {
        double number = Double.parseDouble(decimal);
        if (Double.isInfinite(number)) {
            throw new NumberFormatException("beyond the range of a 64-bit float");
        }
        return number;
    }

    /** The prefix of a hexadecimal number counts as a digit. */
    private static void requireUnderscoresBetweenDigits(String text, int digitsFrom, int radix) {
        for (int i = digitsFrom; i < text.length(); i++) {
            if (text.charAt(i) == '_') {
                boolean behindDigit = i == digitsFrom ? i > 0 : Character.digit(text.charAt(i - 1), radix) >= 0;
                boolean beforeDigit = i + 1 < text.length() && Character.digit(text.charAt(i + 1), radix) >= 0;
                if (!behindDigit || !beforeDigit) {
                    throw new NumberFormatException("an underscore is not between digits");
                }
            }
        }
    }
}
