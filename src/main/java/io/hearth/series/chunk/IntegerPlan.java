package io.hearth.series.chunk;

/** One way to write a sequence of integers, so far only weighed. */
interface IntegerPlan {
    /** About as many bytes as it will take. */
    double bytes();

    void write(ByteSink out);

    /** The first values, which an order above 0 needs. */
    static void writeSeeds(int order, long[] differences, ByteSink out) {
        for (int i = 0; i < order; i++) {
            out.zigzag(differences[i]);
        }
    }

    static int seedBytes(int order, long[] differences) {
        int bytes = 0;
        for (int i = 0; i < order; i++) {
            bytes += ByteSink.varintBytes(Tokens.zigzag(differences[i]));
        }
        return bytes;
    }
}
