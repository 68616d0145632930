package io.hearth.series.chunk.integer;

import io.hearth.bytes.ByteReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The entropy stage: range asymmetric numeral systems (rANS) [1] with a static table. It spends within a few thousandths
 * of a bit what the frequencies demand, also where a token costs far less than a bit, which a Huffman code cannot; and it
 * decodes with a look-up, a multiplication and no branch. The variant is Giesen's [2]: 32-bit states kept at or above
 * 2^16 by words of 16 bits, of which a step takes one at most. Tokens are dealt to four interleaved states in turn, so
 * that the processor works on four at a time.
 *
 * <pre>
 * varint words · u16 words, in the order of use · u32 first state, of each lane
 * </pre>
 *
 * <p>The states follow the words so that the unconditional look at the next word stays inside the array. After the last
 * token every state must be back at 2^16 and every word used, or the bytes are not what was written.
 *
 * <p>[1] J. Duda, "Asymmetric numeral systems: entropy coding combining speed of Huffman coding with compression rate of
 * arithmetic coding", 2013, arXiv:1311.2540. [2] F. Giesen, "Interleaved entropy coders", 2014, arXiv:1402.3392
 */
final class RansDecoder {
    static final int LANES = 4;

    /** The lowest value of a state between steps. */
    static final long LOW = 1L << 16;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

    private RansDecoder() {}

    /**
     * @param table as {@link RansModel#readTable} made it
     * @param lanes 1 or {@link #LANES}
     * @param count how many tokens there are
     * @param wanted how many of them to decode; only all of them are checked to end as they should
     * @param tokens takes {@code wanted} tokens
     */
    static void decode(ByteReader in, int[] table, int scaleBits, int lanes, byte[] tokens, int count, int wanted) {
        int wordCount = in.readCount(0, count);
        int at = in.take(2 * wordCount);
        int end = at + 2 * wordCount;
        long[] states = new long[lanes];
        for (int lane = 0; lane < lanes; lane++) {
            states[lane] = in.readIntLE() & 0xFFFFFFFFL;
            if (states[lane] < LOW) {
                throw in.corrupt("no such state: " + states[lane]);
            }
        }
        byte[] words = in.array();
        int mask = (1 << scaleBits) - 1;
        int i = 0;
        if (lanes == LANES) {
            int fullRounds = wanted & -LANES;
            long a = states[0];
            long b = states[1];
            long c = states[2];
            long d = states[3];
            for (; i < fullRounds && at <= end; i += LANES) {
                int entryA = table[(int) a & mask];
                int entryB = table[(int) b & mask];
                int entryC = table[(int) c & mask];
                int entryD = table[(int) d & mask];
                tokens[i] = (byte) entryA;
                tokens[i + 1] = (byte) entryB;
                tokens[i + 2] = (byte) entryC;
                tokens[i + 3] = (byte) entryD;
                a = advance(a, entryA, scaleBits);
                b = advance(b, entryB, scaleBits);
                c = advance(c, entryC, scaleBits);
                d = advance(d, entryD, scaleBits);
                int needA = need(a);
                a = refill(a, needA, (short) WORD.get(words, at));
                at += needA << 1;
                int needB = need(b);
                b = refill(b, needB, (short) WORD.get(words, at));
                at += needB << 1;
                int needC = need(c);
                c = refill(c, needC, (short) WORD.get(words, at));
                at += needC << 1;
                int needD = need(d);
                d = refill(d, needD, (short) WORD.get(words, at));
                at += needD << 1;
            }
            states[0] = a;
            states[1] = b;
            states[2] = c;
            states[3] = d;
        }
        for (; i < wanted && at <= end; i++) {
            int lane = i & lanes - 1;
            int entry = table[(int) states[lane] & mask];
            tokens[i] = (byte) entry;
            long state = advance(states[lane], entry, scaleBits);
            int need = need(state);
            states[lane] = refill(state, need, (short) WORD.get(words, at));
            at += need << 1;
        }
        boolean settled = i == wanted && at <= end;
        if (wanted == count) {
            settled &= at == end;
            for (long state : states) {
                settled &= state == LOW;
            }
        }
        if (!settled) {
            throw in.corrupt("the entropy code does not end as it should");
        }
    }

    private static long advance(long state, int entry, int scaleBits) {
        return ((entry >>> 20) + 1L) * (state >>> scaleBits) + (entry >>> 8 & 0xFFF);
    }

    // 1 if the state has fallen below LOW, else 0
    private static int need(long state) {
        return (int) (state - LOW >>> 63);
    }

    private static long refill(long state, int need, short word) {
        return state << (need << 4) | word & 0xFFFF & -need;
    }
}
