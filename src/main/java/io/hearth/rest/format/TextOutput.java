package io.hearth.rest.format;

import io.hearth.model.EpochMicros;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Writes UTF-8 text to a stream through one buffer: JSON's strings and numbers, times, and plain pieces. */
public final class TextOutput {
    private static final int CAPACITY = 32 * 1024;
    private static final int LONGEST_NUMBER = 32;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private static final long MICROS_OF_MINUTE = 60_000_000;
    private static final int MINUTE_LENGTH = "2026-11-22T10:00:".length();

    private final OutputStream sink;
    private final byte[] buffer = new byte[CAPACITY];
    private int at;
    private long handedOver;

    /** The text of the minute of the last time, without its seconds, and when that minute began. */
    private final byte[] minute = new byte[MINUTE_LENGTH];

    private long minuteMicros = Long.MAX_VALUE;

    public TextOutput(OutputStream sink) {
        this.sink = sink;
    }

    /** Hands everything written so far to the stream. */
    public void flush() throws IOException {
        if (at > 0) {
            sink.write(buffer, 0, at);
            handedOver += at;
            at = 0;
        }
    }

    /** How many bytes have been written so far. */
    long written() {
        return handedOver + at;
    }

    /** {@code text}, which must be ASCII, as it is. */
    public void ascii(String text) throws IOException {
        for (int i = 0; i < text.length(); i++) {
            ascii(text.charAt(i));
        }
    }

    /** {@code c}, which must be ASCII. */
    public void ascii(char c) throws IOException {
        reserve(1);
        buffer[at++] = (byte) c;
    }

    /** {@code bytes} as they are. */
    public void raw(byte[] bytes) throws IOException {
        if (bytes.length > CAPACITY) {
            flush();
            sink.write(bytes);
            handedOver += bytes.length;
            return;
        }
        reserve(bytes.length);
        System.arraycopy(bytes, 0, buffer, at, bytes.length);
        at += bytes.length;
    }

    /** A finite number in its shortest form that reads back as the same number; a valid JSON number. */
    public void number(double number) throws IOException {
        reserve(LONGEST_NUMBER);
        at = NumberText.write(number, buffer, at);
    }

    public void integer(long integer) throws IOException {
        reserve(LONGEST_NUMBER);
        at = IntegerText.write(integer, buffer, at);
    }

    /** RFC 3339 in UTC. Most times are of the same minute as the one before, whose text is then taken again. */
    public void time(long micros) throws IOException {
        reserve(LONGEST_NUMBER);
        long inMinute = micros - minuteMicros;
        if (inMinute >= 0 && inMinute < MICROS_OF_MINUTE && inMinute % 1_000_000 == 0) {
            System.arraycopy(minute, 0, buffer, at, MINUTE_LENGTH);
            int second = (int) (inMinute / 1_000_000);
            at += MINUTE_LENGTH;
            buffer[at++] = (byte) ('0' + second / 10);
            buffer[at++] = (byte) ('0' + second % 10);
            buffer[at++] = 'Z';
            return;
        }
        int start = at;
        at = EpochMicros.writeRfc3339(micros, buffer, at);
        minuteMicros = Math.floorDiv(micros, MICROS_OF_MINUTE) * MICROS_OF_MINUTE;
        System.arraycopy(buffer, start, minute, 0, MINUTE_LENGTH);
    }

    /** {@code text} as a JSON string with its quotes; a lone surrogate, which UTF-8 cannot hold, is escaped. */
    public void jsonString(String text) throws IOException {
        ascii('"');
        for (int i = 0; i < text.length(); i++) {
            reserve(6);
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                buffer[at++] = '\\';
                buffer[at++] = (byte) c;
            } else if (c >= ' ' && c < 0x80) {
                buffer[at++] = (byte) c;
            } else if (c < ' ') {
                escaped(c);
            } else if (!Character.isSurrogate(c)) {
                utf8(c);
            } else if (isPairAt(text, i)) {
                utf8(text.codePointAt(i));
                i++;
            } else {
                escaped(c);
            }
        }
        ascii('"');
    }

    /**
     * {@code text} as a field of CSV (RFC 4180): in quotes if it has a comma, a quote or a line break, or is empty, as an
     * empty field without quotes stands for no value. A lone surrogate becomes U+FFFD.
     */
    public void csvField(String text) throws IOException {
        boolean quoted = text.isEmpty() || text.chars().anyMatch(c -> c == '"' || c == ',' || c == '\n' || c == '\r');
        if (quoted) {
            ascii('"');
        }
        for (int i = 0; i < text.length(); i++) {
            reserve(6);
            char c = text.charAt(i);
            if (c < 0x80) {
                if (c == '"') {
                    buffer[at++] = '"';
                }
                buffer[at++] = (byte) c;
            } else if (!Character.isSurrogate(c)) {
                utf8(c);
            } else if (isPairAt(text, i)) {
                utf8(text.codePointAt(i));
                i++;
            } else {
                utf8(0xFFFD);
            }
        }
        if (quoted) {
            ascii('"');
        }
    }

    private static boolean isPairAt(String text, int i) {
        return i + 1 < text.length() && Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1));
    }

    private void escaped(char c) {
        buffer[at++] = '\\';
        switch (c) {
            case '\n' -> buffer[at++] = 'n';
            case '\r' -> buffer[at++] = 'r';
            case '\t' -> buffer[at++] = 't';
            default -> {
                buffer[at++] = 'u';
                for (int shift = 12; shift >= 0; shift -= 4) {
                    buffer[at++] = HEX[c >> shift & 0xF];
                }
            }
        }
    }

    private void utf8(int codePoint) {
        if (codePoint < 0x800) {
            buffer[at++] = (byte) (0xC0 | codePoint >> 6);
        } else {
            if (codePoint < 0x10000) {
                buffer[at++] = (byte) (0xE0 | codePoint >> 12);
            } else {
                buffer[at++] = (byte) (0xF0 | codePoint >> 18);
                buffer[at++] = (byte) (0x80 | codePoint >> 12 & 0x3F);
            }
            buffer[at++] = (byte) (0x80 | codePoint >> 6 & 0x3F);
        }
        buffer[at++] = (byte) (0x80 | codePoint & 0x3F);
    }

    private void reserve(int bytes) throws IOException {
        if (buffer.length - at < bytes) {
            flush();
        }
    }
}
