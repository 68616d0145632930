package io.hearth.codec;

/** Where lines of line protocol end, as a line feed in a quoted string ends none. */
final class LineProtocolLines {
    private LineProtocolLines() {}

    /** The offset behind the last line that has ended; 0 if none has. */
    static int endOfLast(byte[] text, int length) {
        int end = length;
        while (end > 0 && text[end - 1] != '\n') {
            end--;
        }
        for (int i = 0; i < end; i++) {
            if (text[i] == '"') {
                return endOfLastQuoted(text, length);
            }
        }
        return end;
    }

    private static int endOfLastQuoted(byte[] text, int length) {
        int end = 0;
        for (int lineFeed = end(text, 0, length); lineFeed < length; lineFeed = end(text, end, length)) {
            end = lineFeed + 1;
        }
        return end;
    }

    /**
     * The offset of the line feed that ends the line at {@code from}, which may be malformed; {@code to} if there is none.
     * Quotes count only where a field's value begins, as in InfluxDB.
     */
    static int end(byte[] text, int from, int to) {
        int at = from;
        while (at < to && (text[at] == ' ' || text[at] == '\t')) {
            at++;
        }
        boolean comment = at < to && text[at] == '#';
        boolean fields = false;
        for (; at < to && text[at] != '\n'; at++) {
            byte c = text[at];
            if (comment) {
                continue;
            }
            if (c == '\\' && at + 1 < to && text[at + 1] != '\n') {
                at++;
            } else if (c == ' ') {
                fields = true;
            } else if (fields && c == '=' && at + 1 < to && text[at + 1] == '"') {
                at = stringEnd(text, at + 2, to);
                if (at == to) {
                    return to;
                }
            }
        }
        return at;
    }

    /** The offset of the quote that ends a string; {@code to} if there is none. */
    static int stringEnd(byte[] text, int from, int to) {
        int at = from;
        while (at < to && text[at] != '"') {
            at += text[at] == '\\' ? 2 : 1;
        }
        return Math.min(at, to);
    }
}
