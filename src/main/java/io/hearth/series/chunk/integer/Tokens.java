package io.hearth.series.chunk.integer;

/**
 * Splits any 64-bit integer into a token of a small alphabet, which is entropy coded, and bits that are stored as they
 * are. Integers below 16 are their own token; above, a token tells the position of the highest bit and the bit behind it,
 * and the bits after these two are stored. Small integers lose nothing that way, and of large ones little, as their low
 * bits are noise. After the hybrid integers of JPEG XL [1].
 *
 * <p>[1] ISO/IEC 18181-1, C.2.3 "Hybrid integer coding"
 */
final class Tokens {
    /** Tokens below this stand for themselves, without stored bits. */
    static final int DIRECT = 16;

    private static final int DIRECT_BITS = 4;

    /** How many tokens there are. */
    static final int COUNT = DIRECT + 2 * (64 - DIRECT_BITS);

    private Tokens() {}

    static int of(long unsigned) {
        if (unsigned >= 0 && unsigned < DIRECT) {
            return (int) unsigned;
        }
        int high = 63 - Long.numberOfLeadingZeros(unsigned);
        return DIRECT + 2 * (high - DIRECT_BITS) + (int) (unsigned >>> (high - 1) & 1);
    }

    /** How many low bits are stored beside the token. */
    static int storedBits(int token) {
        return token < DIRECT ? 0 : (token - DIRECT) / 2 + DIRECT_BITS - 1;
    }

    /** The smallest integer with this token. */
    static long base(int token) {
        return token < DIRECT ? token : (2L + (token & 1)) << storedBits(token);
    }
}
