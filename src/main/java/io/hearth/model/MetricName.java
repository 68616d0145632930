package io.hearth.model;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The rule for names of metrics: 1 to 128 bytes of UTF-8 without white space, control characters and {@code / # + $}.
 * Names are plain strings everywhere, as there is one in every point. Devices use other names, too: these are stored in a form that
 * can be turned back ({@link #stored}).
 */
public final class MetricName {
    public static final int MAX_BYTES = 128;

    private static final int SHOWN_CHARACTERS = 64;

    private static final String RULE =
            "as it is stored, a name has 1 to 128 bytes of UTF-8, without control and format characters";

    /** What an empty name is stored as. */
    private static final String EMPTY = "%";

    private static final HexFormat HEX = HexFormat.of().withUpperCase();

    private MetricName() {}

    public static boolean isValid(String name) {
        int length = name.length();
        if (length == 0 || length > MAX_BYTES) {
            return false;
        }
        boolean ascii = true;
        for (int i = 0; i < length; i++) {
            char c = name.charAt(i);
            if (c <= ' ' || isReserved(c) || c == 0x7F) {
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

    /**
     * The name under which a metric is stored that a payload calls {@code name}. Mostly that is the same. In a name with white space or one of
     * {@code / # + $}, each such character and each {@code %} is written as RFC 3986 has it: {@code L1 Amps} is {@code L1%20Amps}. An empty name
     * is {@code %}. A name that has this form already is taken as it is, so what was exported comes in under the same name.
     *
     * @return null if the name cannot be stored: it has control or format characters, or is too long
     */
    public static @Nullable String stored(String name) {
        if (isValidInput(name)) {
            return name;
        }
        if (name.isEmpty()) {
            return EMPTY;
        }
        if (name.length() > MAX_BYTES) {
            return null;
        }
        StringBuilder text = new StringBuilder(name.length() + 16);
        for (int i = 0; i < name.length(); ) {
            int c = name.codePointAt(i);
            if (c == '%' || isEscaped(c)) {
                for (byte octet : Character.toString(c).getBytes(StandardCharsets.UTF_8)) {
                    HEX.toHexDigits(text.append('%'), octet);
                }
            } else {
                text.appendCodePoint(c);
            }
            i += Character.charCount(c);
        }
        String stored = text.toString();
        return isValidInput(stored) ? stored : null;
    }

    /** Says of a name that cannot be {@link #stored} what is wrong with it, as {@code v<U+200B>: is not a metric name: it has U+200B; …}. */
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
        if (culprit.isPresent()) {
            text.append("it has ").append(codeOf(culprit.getAsInt())).append("; ");
        }
        return text.append(RULE).toString();
    }

    private static boolean isEscaped(int c) {
        return !Character.isISOControl(c) && (isReserved(c) || Character.isWhitespace(c) || Character.isSpaceChar(c));
    }

    /** What means something in topics of MQTT. */
    private static boolean isReserved(int c) {
        return c == '/' || c == '#' || c == '+' || c == '$';
    }

    private static boolean isForbidden(int c) {
        return isFormat(c) || (!isEscaped(c) && !isValid(Character.toString(c)));
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
