package io.hearth.bytes;

/** Integers of variable length: LEB128, 7 bits a byte, low ones first, the top bit says that more follow; 1 to 10 bytes. */
public final class Varint {
    private Varint() {}

    /** How many bytes a number takes, read as unsigned. */
    public static int length(long value) {
        // Zero takes one byte, too.
        return (70 - Long.numberOfLeadingZeros(value | 1)) / 7;
    }

    /** 0, -1, 1, -2, … as 0, 1, 2, 3, …, so that numbers of small magnitude are short. */
    public static long zigzag(long value) {
        return value << 1 ^ value >> 63;
    }

    public static long unzigzag(long value) {
        return value >>> 1 ^ -(value & 1);
    }
}
