package io.hearth.codec;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Splits CSV (RFC 4180) into rows and fields, one row at a time, without copying. Blank lines are passed over. */
final class CsvRow {
    private static final String NO_END_OF_QUOTES =
            "a field in quotes does not end; all that follows counts as part of it";

    private final byte[] text;
    private final int length;
    private int[] from = new int[8];
    private int[] to = new int[8];
    private boolean[] quoted = new boolean[8];
    private boolean[] doubled = new boolean[8];
    private int fields;
    private int at;
    private int start;
    private int line;
    private int nextLine;
    private @Nullable String problem;
    private byte[] scratch = new byte[128];

    CsvRow(byte[] text, int length) {
        this.text = text;
        this.length = length;
    }

    /** Goes on to the next row; false at the end. */
    boolean next() {
        while (at < length) {
            start = at;
            line = nextLine;
            fields = 0;
            problem = null;
            boolean another = true;
            while (another) {
                another = readField();
            }
            nextLine++;
            boolean blank = fields == 1 && from[0] == to[0] && !quoted[0];
            if (!blank) {
                return true;
            }
        }
        return false;
    }

    /** What is malformed in the row; null if nothing is. */
    @Nullable
    String problem() {
        return problem;
    }

    /** The number of the row's first line, from 0. */
    int line() {
        return line;
    }

    /** How many bytes the row has, its end included. */
    int bytes() {
        return at - start;
    }

    int start() {
        return start;
    }

    /** Behind the line feed that ends the row. */
    int end() {
        return at;
    }

    /** Whether the row has its line feed: else more of it may follow. */
    boolean isEnded() {
        return !NO_END_OF_QUOTES.equals(problem) && text[at - 1] == '\n';
    }

    /** Whether a field has the bytes that {@code [first, end)} of the text has. */
    boolean isSame(int field, int first, int end) {
        return Arrays.equals(text, first, end, text, from[field], to[field]);
    }

    int fields() {
        return fields;
    }

    int from(int field) {
        return from[field];
    }

    int to(int field) {
        return to[field];
    }

    /** Whether the row has no value there: the field is missing, or empty and not in quotes. */
    boolean isAbsent(int field) {
        return field < 0 || field >= fields || (from[field] == to[field] && !quoted[field]);
    }

    boolean is(byte[] content, int field) {
        return Arrays.equals(content, 0, content.length, text, from[field], to[field]);
    }

    /** What a cache has for a field. */
    <T> @Nullable T in(NameCache<T> cache, int field) {
        if (!doubled[field]) {
            return cache.get(text, from[field], to[field]);
        }
        int end = withoutDoubledQuotes(field);
        return cache.get(scratch, 0, end);
    }

    /** How many bytes {@link #text(int)} has in UTF-8. */
    int textBytes(int field) {
        return doubled[field] ? withoutDoubledQuotes(field) : to[field] - from[field];
    }

    /**
     * The content of a field.
     *
     * @throws MalformedPayloadException if it is not UTF-8
     */
    String text(int field) throws MalformedPayloadException {
        byte[] source = text;
        int first = from[field];
        int end = to[field];
        if (doubled[field]) {
            end = withoutDoubledQuotes(field);
            source = scratch;
            first = 0;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(source, first, end - first))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedPayloadException("a field is not UTF-8");
        }
    }

    /** Reads a field and what ends it; answers whether another follows in the row. */
    private boolean readField() {
        if (at < length && text[at] == '"') {
            readQuoted();
        } else {
            int first = at;
            skipToEnd();
            boolean endsRow = at == length || text[at] == '\n';
            add(first, endsRow && at > first && text[at - 1] == '\r' ? at - 1 : at, false, false);
        }
        boolean another = at < length && text[at] == ',';
        at = Math.min(at + 1, length);
        return another;
    }

    private void readQuoted() {
        int first = ++at;
        boolean hasDoubled = false;
        while (at < length && (text[at] != '"' || (at + 1 < length && text[at + 1] == '"'))) {
            hasDoubled |= text[at] == '"';
            nextLine += text[at] == '\n' ? 1 : 0;
            at += text[at] == '"' ? 2 : 1;
        }
        add(first, at, true, hasDoubled);
        if (at == length) {
            problem = NO_END_OF_QUOTES;
            return;
        }
        int behind = ++at;
        skipToEnd();
        if (at > behind && (at > behind + 1 || text[behind] != '\r')) {
            problem = "there is something behind a field in quotes";
        }
    }

    private void skipToEnd() {
        while (at < length && text[at] != ',' && text[at] != '\n') {
            at++;
        }
    }

    private void add(int first, int end, boolean isQuoted, boolean hasDoubled) {
        if (fields == from.length) {
            from = Arrays.copyOf(from, fields * 2);
            to = Arrays.copyOf(to, fields * 2);
            quoted = Arrays.copyOf(quoted, fields * 2);
            doubled = Arrays.copyOf(doubled, fields * 2);
        }
        from[fields] = first;
        to[fields] = end;
        quoted[fields] = isQuoted;
        doubled[fields++] = hasDoubled;
    }

    /** Copies a field to the scratch, each pair of quotes as one; answers the end there. */
    private int withoutDoubledQuotes(int field) {
        int most = to[field] - from[field];
        if (scratch.length < most) {
            scratch = new byte[Math.max(most, scratch.length * 2)];
        }
        int end = 0;
        for (int i = from[field]; i < to[field]; i++) {
            scratch[end++] = text[i];
            i += text[i] == '"' ? 1 : 0;
        }
        return end;
    }
}
