package io.hearth.series.chunk.integer;

/** Arrays that {@link IntegerDecoder} works in, to be used again for the next sequence. For one thread at a time. */
public final class IntegerScratch {
    private int[] table = {};
    private byte[] tokens = {};

    int[] table() {
        if (table.length == 0) {
            table = new int[1 << RansModel.MAX_SCALE_BITS];
        }
        return table;
    }

    byte[] tokens(int count) {
        if (tokens.length < count) {
            tokens = new byte[count];
        }
        return tokens;
    }
}
