package io.hearth.series.chunk.integer;

import io.hearth.bytes.ByteWriter;
import java.util.Arrays;

/** Writes tokens as {@link RansDecoder} reads them. */
final class RansEncoder {
    private RansEncoder() {}

    /**
     * @param frequencies of a total of {@code 1 << scaleBits}, above 0 for each token that occurs
     * @param lanes 1 or {@link RansDecoder#LANES}
     */
    static void encode(byte[] tokens, int[] frequencies, int scaleBits, int lanes, ByteWriter out) {
        int[] starts = new int[frequencies.length];
        for (int i = 1; i < starts.length; i++) {
            starts[i] = starts[i - 1] + frequencies[i - 1];
        }
        long[] states = new long[lanes];
        Arrays.fill(states, RansDecoder.LOW);
        // The decoder gives back first what was put in last, so the tokens go in from the end.
        short[] words = new short[tokens.length];
        int wordCount = 0;
        for (int i = tokens.length - 1; i >= 0; i--) {
            int lane = i & lanes - 1;
            int token = tokens[i] & 0xFF;
            long frequency = frequencies[token];
            long state = states[lane];
            if (state >= frequency << 32 - scaleBits) {
                words[wordCount++] = (short) state;
                state >>>= 16;
            }
            states[lane] = (state / frequency << scaleBits) + state % frequency + starts[token];
        }
        out.writeVarint(wordCount);
        while (wordCount > 0) {
            out.writeShortLE(words[--wordCount]);
        }
        for (long state : states) {
            out.writeIntLE((int) state);
        }
    }
}
