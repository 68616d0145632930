package io.hearth.model;

import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/**
 * The rule for names of metrics: 1 to 128 bytes of UTF-8 without white space, control characters and {@code / # + $}.
 * Names are plain strings everywhere, as there is one in every point.
 */
public final class MetricName {
    public static final int MAX_BYTES = 128;

    private static final int SHOWN_CHARACTERS = 64;

    private static final String RULE =
            "a name has 1 to 128 bytes of UTF-8, without white space, control and format characters and / # + $";

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

    /**
     * Whether a name may come in anew: it is valid, and has no format characters (zero width space, direction marks, byte order mark), which
     * would make two metrics that look alike. Names that were stored before this rule stay valid.
     */
    public static boolean isValidInput(String name) {
        return isValid(name) && (isAscii(name) || name.codePoints().noneMatch(MetricName::isFormat));
    }

    /** Says of a name that is not {@link #isValidInput} what is wrong with it, as {@code a b: is not a metric name: it has U+0020; …}. */
    public static String refusal(String name) {
        StringBuilder text = new StringBuilder();
        name.codePoints().limit(SHOWN_CHARACTERS).forEach(c -> {
            if (isFormat(c) || Character.isISOControl(c)) {
                text.append("<").append(codeOf(c)).append('>');
            } else {
                text.appendCodePoint(c);
            }
        });
        if (name.codePointCount(0, name.length()) > SHOWN_CHARACTERS) {
            text.append('…');
        }
        OptionalInt culprit = name.codePoints().filter(MetricName::isForbidden).findFirst();
        text.append(": is not a metric name: ");
        if (name.isEmpty()) {
            text.append("it is empty; ");
        } else if (culprit.isPresent()) {
            text.append("it has ").append(codeOf(culprit.getAsInt())).append("; ");
        }
        return text.append(RULE).toString();
    }

    private static boolean isForbidden(int c) {
        return isFormat(c) || !isValid(Character.toString(c));
    }

    private static boolean isFormat(int c) {
        return Character.getType(c) == Character.FORMAT;
    }

    private static String codeOf(int c) {
        return String.format("U+%04X", c);
    }

    private static boolean isAscii(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (name.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
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
