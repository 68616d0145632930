package io.hearth.series.chunk.integer;

import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.Varint;

/**
 * Differences as runs of equal ones, as {@link IntegerDecoder} tells.
 *
 * @param differences as many first values as the order, then the differences
 * @param bytes exact
 */
record RunPlan(int order, long[] differences, double bytes) implements IntegerPlan {

    static RunPlan of(int order, long[] differences) {
        double bytes = 1 + IntegerPlan.seedBytes(order, differences);
        long before = 0;
        for (int start = order; start < differences.length; ) {
            int end = runEnd(differences, start);
            bytes += Varint.length(end - start);
            bytes += Varint.length(Varint.zigzag(differences[start] - before));
            before = differences[start];
            start = end;
        }
        return new RunPlan(order, differences, bytes);
    }

    @Override
    public void write(ByteWriter out) {
        out.writeByte(order);
        IntegerPlan.writeSeeds(order, differences, out);
        long before = 0;
        for (int start = order; start < differences.length; ) {
            int end = runEnd(differences, start);
            out.writeVarint(end - start);
            out.writeSignedVarint(differences[start] - before);
            before = differences[start];
            start = end;
        }
    }

    private static int runEnd(long[] differences, int start) {
        int end = start + 1;
        while (end < differences.length && differences[end] == differences[start]) {
            end++;
        }
        return end;
    }
}
