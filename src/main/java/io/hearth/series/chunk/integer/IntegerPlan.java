package io.hearth.series.chunk.integer;

import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.Varint;

/** One way to write a sequence of integers, so far only weighed. */
interface IntegerPlan {
    /** About as many bytes as it will take. */
    double bytes();

    void write(ByteWriter out);

    /** The first values, which an order above 0 needs. */
    static void writeSeeds(int order, long[] differences, ByteWriter out) {
        for (int i = 0; i < order; i++) {
            out.writeSignedVarint(differences[i]);
        }
    }

    static int seedBytes(int order, long[] differences) {
        int bytes = 0;
        for (int i = 0; i < order; i++) {
            bytes += Varint.length(Varint.zigzag(differences[i]));
        }
        return bytes;
    }
}
