package io.hearth.table;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * An immutable byte string, ordered as unsigned bytes, the order in which every engine sorts its keys.
 *
 * <p>{@link #wrap} and {@link #array} do not copy: whoever hands in or takes out an array must not change it. Keys and
 * bodies are built once and read often, and copying them would be the larger part of a scan.
 */
public final class Bytes implements Comparable<Bytes> {
    public static final Bytes EMPTY = new Bytes(new byte[0]);

    private static final int MAX_PRINTED = 64;

    private final byte[] array;

    private Bytes(byte[] array) {
        this.array = array;
    }

    /** Wraps {@code array} without a copy; the caller must not change it afterwards. */
    public static Bytes wrap(byte[] array) {
        return new Bytes(array);
    }

    /** The bytes themselves, not a copy; the caller must not change them. */
    public byte[] array() {
        return array;
    }

    public int length() {
        return array.length;
    }

    /**
     * The smallest byte string that is greater than every one with this prefix.
     *
     * @throws IllegalStateException if there is none, as all bytes are 0xFF
     */
    public Bytes prefixEnd() {
        int last = array.length - 1;
        while (last >= 0 && array[last] == (byte) 0xFF) {
            last--;
        }
        if (last < 0) {
            throw new IllegalStateException("no byte string is greater than every one that begins with " + this);
        }
        byte[] end = Arrays.copyOf(array, last + 1);
        end[last]++;
        return new Bytes(end);
    }

    @Override
    public int compareTo(Bytes other) {
        return Arrays.compareUnsigned(array, other.array);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Bytes that && Arrays.equals(array, that.array);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(array);
    }

    /** Lower-case hexadecimal; of long ones the beginning and the length, as bodies have up to 400 KB. */
    @Override
    public String toString() {
        return array.length <= MAX_PRINTED
                ? HexFormat.of().formatHex(array)
                : HexFormat.of().formatHex(array, 0, MAX_PRINTED) + "... (" + array.length + " bytes)";
    }
}
