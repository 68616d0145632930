package io.hearth.codec;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.PointBuffer;
import io.hearth.model.Value;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of NDJSON that nearly all are, {@code {"device":"d1","ts":1763806400000,"values":{"temperature":21.5}}},
 * without a JSON parser: that order of fields, no nesting, no escapes, no null. Of any other line it says so, and a parser
 * decides what it is; so this must take nothing that {@link JsonReadings} would not, and mean the same. Not safe for several
 * threads.
 */
final class PlainJsonLine {
    private static final byte[] DEVICE = ascii("device");
    private static final byte[] TS = ascii("ts");
    private static final byte[] VALUES = ascii("values");
    private static final byte[] TRUE = ascii("true");
    private static final byte[] FALSE = ascii("false");

    /** Digits that a long always holds. */
    private static final int SAFE_DIGITS = 18;

    private final NameCache<DeviceId> devices;
    private final NameCache<String> metrics;
    private final DecimalScan decimal = new DecimalScan();
    private byte[] text = new byte[0];
    private int at;
    private int end;
    private int stringFrom;
    private int stringTo;
    private long timeMicros;

    PlainJsonLine(NameCache<DeviceId> devices, NameCache<String> metrics) {
        this.devices = devices;
        this.metrics = metrics;
    }

    /**
     * Appends the reading of {@code [from, to)} to {@code target}.
     *
     * @return the device; null if the line is not plain, and {@code target} is as it was
     */
    @Nullable
    DeviceId read(byte[] lines, int from, int to, PointBuffer target) {
        int before = target.size();
        text = lines;
        at = from;
        end = to;
        DeviceId device = readLine(target);
        if (device == null) {
            target.truncate(before);
        }
        return device;
    }

    private @Nullable DeviceId readLine(PointBuffer target) {
        if (!takes('{') || !takesKey(DEVICE) || !takesString()) {
            return null;
        }
        DeviceId device = devices.get(text, stringFrom, stringTo);
        if (device == null || !takes(',')) {
            return null;
        }
        timeMicros = PointBuffer.NO_TIME;
        boolean timed = takesKey(TS);
        if (timed && (!takesTime() || !takes(','))) {
            return null;
        }
        if (!takesKey(VALUES) || !takes('{')) {
            return null;
        }
        target.beginReading();
        do {
            if (!takesValue(target)) {
                return null;
            }
        } while (takes(','));
        boolean valuesEnd = takes('}');
        boolean readingEnds = takes('}');
        if (!valuesEnd || !readingEnds || at != end || target.repeatedMetric() != null) {
            return null;
        }
        target.endReading(timeMicros);
        return device;
    }

    private boolean takesValue(PointBuffer target) {
        if (!takesString() || target.openPoints() == JsonReadings.MAX_METRICS) {
            return false;
        }
        String metric = metrics.get(text, stringFrom, stringTo);
        if (metric == null || !takes(':')) {
            return false;
        }
        skipSpaces();
        if (decimal.scan(text, at, end)) {
            at = decimal.end();
            target.addNumber(metric, decimal.number());
            return decimal.isJson() && Double.isFinite(decimal.number());
        }
        if (takesLiteral(TRUE)) {
            target.addBool(metric, true);
        } else if (takesLiteral(FALSE)) {
            target.addBool(metric, false);
        } else {
            if (!takesString() || stringTo - stringFrom > Value.MAX_TEXT_BYTES || !isAscii()) {
                return false;
            }
            target.addText(metric, new String(text, stringFrom, stringTo - stringFrom, StandardCharsets.ISO_8859_1));
        }
        return true;
    }

    private boolean takesTime() {
        skipSpaces();
        if (at < end && text[at] == '"') {
            if (!takesString()) {
                return false;
            }
            timeMicros = EpochMicros.parsePlainUtc(text, stringFrom, stringTo);
            return timeMicros != EpochMicros.NOT_PLAIN;
        }
        int from = at;
        if (!decimal.scan(text, at, end)
                || !decimal.isJson()
                || !decimal.isWhole()
                || decimal.end() - at > SAFE_DIGITS) {
            return false;
        }
        at = decimal.end();
        timeMicros = EpochMicros.ofEpochNumber(wholeNumber(from));
        return true;
    }

    private long wholeNumber(int from) {
        boolean negative = text[from] == '-';
        long number = 0;
        for (int i = negative ? from + 1 : from; i < at; i++) {
            number = number * 10 + text[i] - '0';
        }
        return negative ? -number : number;
    }

    /** Takes a string with its quotes, unless it has escapes or control characters. */
    private boolean takesString() {
        if (!takes('"')) {
            return false;
        }
        int i = at;
        while (i < end && text[i] != '"') {
            byte c = text[i];
            if (c == '\\' || (c >= 0 && c < ' ')) {
                return false;
            }
            i++;
        }
        if (i == end) {
            return false;
        }
        stringFrom = at;
        stringTo = i;
        at = i + 1;
        return true;
    }

    private boolean isAscii() {
        int bits = 0;
        for (int i = stringFrom; i < stringTo; i++) {
            bits |= text[i];
        }
        return bits >= 0;
    }

    /** Takes {@code "key":} if it comes next; else nothing. */
    private boolean takesKey(byte[] key) {
        skipSpaces();
        int after = at + key.length + 2;
        if (after > end || text[at] != '"' || text[after - 1] != '"') {
            return false;
        }
        for (int i = 0; i < key.length; i++) {
            if (text[at + 1 + i] != key[i]) {
                return false;
            }
        }
        at = after;
        return takes(':');
    }

    private boolean takesLiteral(byte[] literal) {
        if (at + literal.length > end) {
            return false;
        }
        for (int i = 0; i < literal.length; i++) {
            if (text[at + i] != literal[i]) {
                return false;
            }
        }
        at += literal.length;
        return true;
    }

    private boolean takes(char c) {
        skipSpaces();
        if (at < end && text[at] == c) {
            at++;
            return true;
        }
        return false;
    }

    private void skipSpaces() {
        while (at < end && text[at] == ' ') {
            at++;
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
