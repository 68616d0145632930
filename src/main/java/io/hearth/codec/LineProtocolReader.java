package io.hearth.codec;

import io.hearth.model.DeviceId;
import io.hearth.model.MetricName;
import io.hearth.model.PointBuffer;
import io.hearth.model.Value;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads lines of line protocol in one pass over their bytes. */
final class LineProtocolReader extends LineReader {
    private static final int MAX_QUOTED = 64;

    /** So many digits are always in the range of a 64-bit integer. */
    private static final int SAFE_DIGITS = 18;

    private static final byte[][] TRUE = literals("t", "T", "true", "True", "TRUE");
    private static final byte[][] FALSE = literals("f", "F", "false", "False", "FALSE");

    /** What is wrong with a line. */
    private static final class UnfitLineException extends Exception {
        private static final long serialVersionUID = 1L;

        UnfitLineException(String message) {
            super(message, null, false, false);
        }
    }

    private final LineProtocolNames names;
    private final EpochUnit unit;
    private final boolean measurementInName;
    private final byte[] text;
    private final int length;
    private final PointBuffer target;
    private final DecimalScan decimal = new DecimalScan();

    private int at;
    private int nextLine;
    private @Nullable DeviceId device;

    /** What a slice was without its escapes, or a name made of two. */
    private byte[] scratch = new byte[128];

    // Where the last name was found: from and to, whether it has escapes.
    private int nameFrom;
    private int nameTo;
    private boolean escaped;

    private int measurementLength;

    /** @param measurementInName whether metrics are called by measurement and field, and not by the field alone */
    LineProtocolReader(
            LineProtocolNames names,
            EpochUnit unit,
            boolean measurementInName,
            byte[] text,
            int length,
            PointBuffer target) {
        this.names = names;
        this.unit = unit;
        this.measurementInName = measurementInName;
        this.text = text;
        this.length = length;
        this.target = target;
    }

    @Override
    public boolean next() {
        while (at < length) {
            int start = at;
            int line = nextLine++;
            skipBlanks();
            if (at == length) {
                return false;
            }
            if (text[at] == '\n') {
                at++;
                continue;
            }
            if (text[at] == '#') {
                at = LineProtocolLines.end(text, start, length) + 1;
                continue;
            }
            int before = target.size();
            try {
                readLine();
                foundReading(line, device);
            } catch (UnfitLineException e) {
                at = LineProtocolLines.end(text, start, length) + 1;
                nextLine = line + 1 + lineFeeds(start, at - 1);
                target.truncate(before);
                foundUnfit(line, e.getMessage());
            }
            if (at - start > LineFormat.MAX_LINE_BYTES) {
                target.truncate(before);
                foundTooLong(line);
            }
            return true;
        }
        return false;
    }

    private void readLine() throws UnfitLineException {
        readName(false);
        if (nameFrom == nameTo) {
            throw new UnfitLineException("the measurement is missing");
        }
        if (measurementInName) {
            keepMeasurement();
        }
        readTags();
        while (at < length && text[at] == ' ') {
            at++;
        }
        target.beginReading();
        do {
            readField();
        } while (takes(','));
        String repeated = target.repeatedMetric();
        if (repeated != null) {
            throw new UnfitLineException(repeated + ": is there twice");
        }
        long timeMicros = PointBuffer.NO_TIME;
        if (at < length && text[at] == ' ') {
            skipBlanks();
            if (at < length && text[at] != '\n') {
                timeMicros = readTime();
                skipBlanks();
            }
        } else {
            skipBlanks();
        }
        if (at < length && text[at] != '\n') {
            throw new UnfitLineException("there is more behind the end of the line: " + quoted(at, lineEnd()));
        }
        at++;
        target.endReading(timeMicros);
    }

    private void readTags() throws UnfitLineException {
        int best = Integer.MAX_VALUE;
        int deviceFrom = 0;
        int deviceTo = 0;
        boolean deviceEscaped = false;
        while (takes(',')) {
            readName(true);
            if (nameFrom == nameTo || !takes('=')) {
                throw new UnfitLineException("a tag is not written as key=value");
            }
            int tag = escaped ? LineProtocolNames.NO_DEVICE_TAG : names.deviceTag(text, nameFrom, nameTo);
            if (tag == best) {
                throw new UnfitLineException(quoted(nameFrom, nameTo) + ": is there twice");
            }
            readName(true);
            if (nameFrom == nameTo) {
                throw new UnfitLineException("a tag has no value");
            }
            if (tag != LineProtocolNames.NO_DEVICE_TAG && tag < best) {
                best = tag;
                deviceFrom = nameFrom;
                deviceTo = nameTo;
                deviceEscaped = escaped;
            }
        }
        if (at == length || text[at] != ' ') {
            throw new UnfitLineException("the fields are missing, or what must be escaped in a tag is not");
        }
        if (best == Integer.MAX_VALUE) {
            throw new UnfitLineException(names.missingDevice());
        }
        // Nothing that has to be escaped may be in a device id.
        device = deviceEscaped ? null : names.device(text, deviceFrom, deviceTo);
    }

    private void readField() throws UnfitLineException {
        readName(true);
        if (nameFrom == nameTo || at == length || text[at] != '=') {
            throw new UnfitLineException("a field is not written as key=value: " + quoted(nameFrom, lineEnd()));
        }
        at++;
        int keyFrom = nameFrom;
        int keyTo = nameTo;
        String metric = metric();
        if (metric == null) {
            throw new UnfitLineException(MetricName.refusal(quoted(keyFrom, keyTo)));
        }
        if (target.openPoints() == JsonReadings.MAX_METRICS) {
            throw new UnfitLineException("a reading has at most " + JsonReadings.MAX_METRICS + " metrics");
        }
        if (at == length) {
            throw new UnfitLineException(metric + ": has no value");
        }
        int valueFrom = at;
        if (text[at] == '"') {
            target.addText(metric, readString(metric));
        } else if (decimal.scan(text, at, length)) {
            target.addNumber(metric, readNumber(metric));
        } else {
            at = valueEnd();
            boolean isTrue = isAny(TRUE, valueFrom, at);
            if (!isTrue && !isAny(FALSE, valueFrom, at)) {
                throw new UnfitLineException(
                        metric + ": " + (valueFrom == at ? "has no value" : notAValue(valueFrom, at)));
            }
            target.addBool(metric, isTrue);
        }
        if (at < length && !endsValue(text[at])) {
            throw new UnfitLineException(metric + ": " + notAValue(valueFrom, valueEnd()));
        }
    }

    private double readNumber(String metric) throws UnfitLineException {
        int from = at;
        at = decimal.end();
        byte suffix = at < length ? text[at] : 0;
        if (suffix == 'i' || suffix == 'u') {
            at++;
            boolean signed = suffix == 'i';
            if (!isInteger(from, at - 1, signed)) {
                throw new UnfitLineException(metric + ": is not a 64-bit " + (signed ? "" : "unsigned ") + "integer");
            }
            // Exact up to 2^53 and the nearest 64-bit float beyond, as with whole numbers in JSON; no integer is -0.0.
            return decimal.number() + 0.0;
        }
        if (Double.isInfinite(decimal.number())) {
            throw new UnfitLineException(metric + ": is beyond the range of a 64-bit number");
        }
        return decimal.number();
    }

    private boolean isInteger(int from, int to, boolean signed) {
        if (!decimal.isWhole() || (!signed && text[from] == '-')) {
            return false;
        }
        if (to - from <= SAFE_DIGITS) {
            return true;
        }
        String digits = new String(text, from, to - from, StandardCharsets.ISO_8859_1);
        try {
            if (signed) {
                Long.parseLong(digits);
            } else {
                Long.parseUnsignedLong(digits);
            }
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private String readString(String metric) throws UnfitLineException {
        int from = at + 1;
        int end = LineProtocolLines.stringEnd(text, from, length);
        if (end == length) {
            throw new UnfitLineException(metric + ": the string does not end");
        }
        at = end + 1;
        byte[] source = text;
        int to = end;
        boolean ascii = true;
        boolean hasEscape = false;
        for (int i = from; i < end; i++) {
            ascii &= text[i] >= 0;
            hasEscape |= text[i] == '\\';
        }
        nextLine += lineFeeds(from, end);
        if (hasEscape) {
            to = unescape(from, end, '"', '\\', '\\', 0);
            source = scratch;
            from = 0;
        }
        if (to - from > Value.MAX_TEXT_BYTES) {
            throw new UnfitLineException(metric + ": a string has at most " + Value.MAX_TEXT_BYTES + " bytes");
        }
        if (ascii) {
            return new String(source, from, to - from, StandardCharsets.ISO_8859_1);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(source, from, to - from))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new UnfitLineException(metric + ": is not UTF-8");
        }
    }

    private long readTime() throws UnfitLineException {
        int from = at;
        boolean negative = text[at] == '-';
        at += negative ? 1 : 0;
        int firstDigit = at;
        long time = 0;
        int digit;
        while (at < length && (digit = text[at] - '0') >= 0 && digit <= 9) {
            if (at - firstDigit >= 19) {
                throw new UnfitLineException("the timestamp is beyond the range");
            }
            time = time * 10 + digit;
            at++;
        }
        if (at == firstDigit || (at < length && text[at] != ' ' && text[at] != '\r' && text[at] != '\n')) {
            throw new UnfitLineException("the timestamp is not a whole number: " + quoted(from, lineEnd()));
        }
        try {
            if (time < 0) {
                throw new ArithmeticException();
            }
            return unit.toMicros(negative ? -time : time);
        } catch (ArithmeticException e) {
            throw new UnfitLineException("the timestamp is beyond the range");
        }
    }

    /** Reads a measurement, or a key or value of a tag or a field, up to what must be escaped inside; finds it empty at the end. */
    private void readName(boolean equalsEnds) {
        int i = at;
        boolean hasEscape = false;
        for (; i < length; i++) {
            byte c = text[i];
            if (c == ',' || c == ' ' || c == '\n' || (c == '=' && equalsEnds)) {
                break;
            }
            if (c == '\\' && i + 1 < length && text[i + 1] != '\n') {
                hasEscape = true;
                i++;
            }
        }
        nameFrom = at;
        nameTo = i;
        escaped = hasEscape;
        at = i;
    }

    private void keepMeasurement() {
        measurementLength = escaped ? unescape(nameFrom, nameTo, ',', ' ', ',', 0) : nameTo - nameFrom;
        if (!escaped) {
            ensureScratch(measurementLength + 1);
            System.arraycopy(text, nameFrom, scratch, 0, measurementLength);
        }
        ensureScratch(measurementLength + 1);
        scratch[measurementLength++] = '.';
    }

    private @Nullable String metric() {
        if (!measurementInName && !escaped) {
            return names.metric(text, nameFrom, nameTo);
        }
        int end = unescape(nameFrom, nameTo, ',', '=', ' ', measurementLength);
        return names.metric(scratch, 0, end);
    }

    /**
     * Copies a slice into the scratch without the backslashes that stand before one of three characters; the others are
     * literal.
     *
     * @return where the copy ends
     */
    private int unescape(int from, int to, char one, char other, char third, int scratchFrom) {
        ensureScratch(scratchFrom + to - from);
        int end = scratchFrom;
        for (int i = from; i < to; i++) {
            byte c = text[i];
            if (c == '\\' && i + 1 < to) {
                byte next = text[i + 1];
                if (next == one || next == other || next == third) {
                    c = next;
                    i++;
                }
            }
            scratch[end++] = c;
        }
        return end;
    }

    private void ensureScratch(int size) {
        if (scratch.length < size) {
            scratch = Arrays.copyOf(scratch, Math.max(size, scratch.length * 2));
        }
    }

    private boolean takes(char c) {
        if (at < length && text[at] == c) {
            at++;
            return true;
        }
        return false;
    }

    private void skipBlanks() {
        while (at < length && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r')) {
            at++;
        }
    }

    private int valueEnd() {
        int i = at;
        while (i < length && !endsValue(text[i])) {
            i++;
        }
        return i;
    }

    private int lineEnd() {
        int i = at;
        while (i < length && text[i] != '\n') {
            i++;
        }
        return i;
    }

    private int lineFeeds(int from, int to) {
        int count = 0;
        for (int i = from; i < to; i++) {
            count += text[i] == '\n' ? 1 : 0;
        }
        return count;
    }

    private static boolean endsValue(byte c) {
        return c == ',' || c == ' ' || c == '\n' || c == '\r';
    }

    private boolean isAny(byte[][] literals, int from, int to) {
        for (byte[] literal : literals) {
            if (Arrays.equals(literal, 0, literal.length, text, from, to)) {
                return true;
            }
        }
        return false;
    }

    private String notAValue(int from, int to) {
        return quoted(from, to) + " is neither a number, a boolean nor a string in quotes";
    }

    private String quoted(int from, int to) {
        int end = Math.min(to, from + MAX_QUOTED);
        return new String(text, from, Math.max(0, end - from), StandardCharsets.UTF_8) + (end < to ? "…" : "");
    }

    private static byte[][] literals(String... literals) {
        byte[][] bytes = new byte[literals.length][];
        for (int i = 0; i < literals.length; i++) {
            bytes[i] = literals[i].getBytes(StandardCharsets.US_ASCII);
        }
        return bytes;
    }
}
