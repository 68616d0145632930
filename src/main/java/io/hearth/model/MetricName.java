package io.hearth.model;

import java.nio.charset.StandardCharsets;

/**
 * The rule for names of metrics: 1 to 128 bytes of UTF-8 without white space, control characters and {@code / # + $}.
 * Names are plain strings everywhere, as there is one in every point.
 */
public final class MetricName {
    public static final int MAX_BYTES = 128;

    private MetricName() {}

    public static boolean isValid(String name) {
        int length = name.length();
        if (length == 0 || length > MAX_BYTES) {
            return false;
        }
        boolean ascii = true;
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            if (c <= ' ' || c == '/' || c == '#' || c == '+' || c == '$' || c == 0x7F) {
                return false;
            }
            ascii &= c < 0x80;
        }
        return ascii || isValidBeyondAscii(name);
    }

    private static boolean isValidBeyondAscii(String name) {
        for (int i = 0; i < name.length(); ) {
            int c = name.codePointAt(i);
            boolean loneSurrogate = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
            if (Character.isISOControl(c) || Character.isWhitespace(c) || Character.isSpaceChar(c) || loneSurrogate) {
                return false;
            }
            i += Character.charCount(c);
        }
        return name.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES;
    }
}
