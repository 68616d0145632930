package io.hearth.series.chunk;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.model.Column;
import io.hearth.series.chunk.integer.IntegerDecoder;
import io.hearth.series.chunk.integer.IntegerEncoder;
import java.util.Arrays;

/**
 * The kind of value that a metric has in each reading, absent included.
 *
 * <pre>
 * u8 the one kind of all readings; or 0 and
 *    varint runs of one kind
 *    integers: lengths of the first, third, … run · integers: lengths of the second, fourth, … run
 *    integers: kind of each run, less the kind two runs before it
 * </pre>
 *
 * <p>Where two kinds alternate, the last are all zeros and each list of lengths is of one kind, so a metric sent with
 * every sixth reading takes a few bytes.
 */
final class KindCoder {
    private static final int KINDS = 4;

    private KindCoder() {}

    static void encode(byte[] kinds, ByteWriter out) {
        int count = kinds.length;
        byte first = kinds[0];
        int same = 1;
        while (same < count && kinds[same] == first) {
            same++;
        }
        if (same == count) {
            out.writeByte(first);
            return;
        }
        long[][] lengths = new long[2][(count + 1) / 2];
        byte[] runKinds = new byte[count];
        int runs = 0;
        for (int i = 0; i < count; i++) {
            if (i == 0 || kinds[i] != kinds[i - 1]) {
                runKinds[runs++] = kinds[i];
            }
            int run = runs - 1;
            lengths[run & 1][run / 2]++;
        }
        long[] changes = new long[runs];
        for (int run = 0; run < runs; run++) {
            changes[run] = runKinds[run] - (run < 2 ? 0 : runKinds[run - 2]);
        }
        out.writeByte(Column.ABSENT);
        out.writeVarint(runs);
        IntegerEncoder.encode(lengths[0], (runs + 1) / 2, out);
        IntegerEncoder.encode(lengths[1], runs / 2, out);
        IntegerEncoder.encode(changes, runs, out);
    }

    /** @return how many readings have each kind */
    static int[] decode(ByteReader in, int count, ChunkScratch scratch, byte[] kinds) {
        int[] counts = new int[KINDS];
        int one = in.readByte();
        if (one >= KINDS) {
            throw in.corrupt("no such kind: " + one);
        }
        if (one != Column.ABSENT) {
            Arrays.fill(kinds, 0, count, (byte) one);
            counts[one] = count;
            return counts;
        }
        int runs = in.readCount(1, count);
        int oddRuns = runs / 2;
        int evenRuns = runs - oddRuns;
        long[] evenLengths = scratch.integers(evenRuns);
        IntegerDecoder.decode(in, evenRuns, evenLengths, scratch.forIntegers());
        long[] oddLengths = scratch.moreIntegers(oddRuns);
        IntegerDecoder.decode(in, oddRuns, oddLengths, scratch.forIntegers());
        long[] runKinds = scratch.runKinds(runs);
        IntegerDecoder.decode(in, runs, runKinds, scratch.forIntegers());
        int at = 0;
        for (int run = 0; run < runs; run++) {
            runKinds[run] += run < 2 ? 0 : runKinds[run - 2];
            long kind = runKinds[run];
            long length = (run & 1) == 0 ? evenLengths[run / 2] : oddLengths[run / 2];
            if (kind < 0 || kind >= KINDS || length < 1 || length > count - at) {
                throw in.corrupt("a run of kind " + kind + " and length " + length);
            }
            Arrays.fill(kinds, at, at + (int) length, (byte) kind);
            counts[(int) kind] += (int) length;
            at += (int) length;
        }
        if (at != count) {
            throw in.corrupt(at + " kinds for " + count + " readings");
        }
        return counts;
    }
}
