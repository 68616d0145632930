package io.hearth.simulator.publish;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes to be sent, written front to back without garbage. */
public final class WireBuffer {

    private static final long TEN_TO_17 = 100_000_000_000_000_000L;

    private byte[] bytes;
    private int length;

    public WireBuffer(int capacity) {
        bytes = new byte[capacity];
    }

    public byte[] array() {
        return bytes;
    }

    public int length() {
        return length;
    }

    public void clear() {
        length = 0;
    }

    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
        }
    }

    public void octet(int value) {
        reserve(1);
        bytes[length++] = (byte) value;
    }

    public void uint16(int value) {
        reserve(2);
        bytes[length++] = (byte) (value >>> 8);
        bytes[length++] = (byte) value;
    }

    public void bytes(byte[] source) {
        bytes(source, source.length);
    }

    public void bytes(byte[] source, int count) {
        reserve(count);
        System.arraycopy(source, 0, bytes, length, count);
        length += count;
    }

    /** MQTT's string: a length of two bytes, then UTF-8. */
    public void string(String value) {
        prefixed(value.getBytes(StandardCharsets.UTF_8));
    }

    public void prefixed(byte[] value) {
        uint16(value.length);
        bytes(value);
    }

    /** MQTT's variable byte integer. */
    public void varint(int value) {
        int rest = value;
        while (rest >= 0x80) {
            octet((rest & 0x7F) | 0x80);
            rest >>>= 7;
        }
        octet(rest);
    }

    /** Decimal digits, with a sign if below zero. */
    void decimal(long value) {
        reserve(20);
        long rest = value;
        if (rest < 0) {
            bytes[length++] = '-';
            rest = -rest;
        }
        int digits = 1;
        long bound = 10;
        while (digits < 18 && rest >= bound) {
            digits++;
            bound *= 10;
        }
        if (rest >= TEN_TO_17 * 10) {
            digits = 19;
        }
        for (int i = length + digits - 1; i >= length; i--) {
            long tenth = rest / 10;
            bytes[i] = (byte) ('0' + (rest - tenth * 10));
            rest = tenth;
        }
        length += digits;
    }

    /** A number held in tenths, with its one decimal: -5 is written {@code -0.5}. */
    void tenths(long value) {
        long magnitude = value;
        if (magnitude < 0) {
            octet('-');
            magnitude = -magnitude;
        }
        decimal(magnitude / 10);
        octet('.');
        octet('0' + (int) (magnitude % 10));
    }
}
