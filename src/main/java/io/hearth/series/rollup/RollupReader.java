package io.hearth.series.rollup;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.bytes.ScaledDecimal;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.Column;
import io.hearth.series.aggregate.RollupCell;
import io.hearth.series.aggregate.RollupCell.Edge;
import io.hearth.series.item.SeriesKeys;
import java.util.Arrays;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the items of rollups, of which {@link RollupWriter} describes the bytes. */
public final class RollupReader {
    private RollupReader() {}

    /**
     * Reads an item.
     *
     * @param wanted which metrics to read; the others cost nothing
     * @throws CorruptItemException if the bytes are not as they were written
     * @throws UnsupportedFormatException if a later build has written them
     */
    public static WindowRollup read(byte[] body, long windowStartMicros, Predicate<String> wanted) {
        ByteReader in = new ByteReader(body);
        Format.require(in.readByte(), RollupWriter.FORMAT, RollupWriter.FORMAT_WITH_SPLIT_METRICS, "a rollup");
        int items = in.readCount(Integer.MAX_VALUE);
        long rawUntilSeconds = in.readSignedVarint();
        Set<String> notKept = new TreeSet<>();
        for (int left = in.readCount(in.remaining()); left > 0; left--) {
            notKept.add(in.readText());
        }
        SortedSet<Integer> erased = new TreeSet<>();
        for (int left = in.readCount(in.remaining()); left > 0; left--) {
            erased.add(in.readCount(Integer.MAX_VALUE));
        }
        long[] bounds = decodeBounds(in, windowStartMicros);
        SortedMap<String, @Nullable RollupCell[]> cells = new TreeMap<>();
        for (int left = in.readCount(in.remaining()); left > 0; left--) {
            String metric = in.readText();
            int bytes = in.readCount(in.remaining());
            int at = in.take(bytes);
            if (wanted.test(metric)) {
                cells.put(metric, decodeCells(new ByteReader(body, at, at + bytes), bounds));
            }
        }
        long[] earliest = decodeEarliest(in, bounds.length - 1);
        return new WindowRollup(items, rawUntilSeconds, notKept, erased, earliest, bounds, cells);
    }

    private static long[] decodeBounds(ByteReader in, long windowStartMicros) {
        long[] bounds = {windowStartMicros};
        for (int runs = in.readCount(in.remaining()); runs > 0; runs--) {
            int count = in.readCount((int) (SeriesKeys.WINDOW_MICROS / 1_000_000));
            long width = in.readVarint();
            int from = bounds.length;
            bounds = Arrays.copyOf(bounds, from + count);
            for (int i = from; i < bounds.length; i++) {
                bounds[i] = bounds[i - 1] + width;
            }
        }
        if (bounds.length < 2 || bounds[bounds.length - 1] != windowStartMicros + SeriesKeys.WINDOW_MICROS) {
            throw new CorruptItemException("the parts of a rollup do not fill its window");
        }
        return bounds;
    }

    private static @Nullable RollupCell[] decodeCells(ByteReader in, long[] bounds) {
        @Nullable RollupCell[] cells = new RollupCell[bounds.length - 1];
        int present = in.take((cells.length + 7) / 8);
        for (int part = 0; part < cells.length; part++) {
            if ((in.array()[present + part / 8] >> part % 8 & 1) != 0) {
                cells[part] = decodeCell(in, bounds[0]);
            }
        }
        return cells;
    }

    private static RollupCell decodeCell(ByteReader in, long base) {
        int flags = in.readByte();
        long numbers = 0;
        double[] moments = new double[5];
        Edge firstNumber = null;
        Edge lastNumber = null;
        long[] bins = {};
        if ((flags & RollupWriter.HAS_NUMBERS) != 0) {
            numbers = in.readVarint();
            for (int i = 0; i < moments.length; i++) {
                moments[i] = readNumber(in);
            }
            firstNumber = readEdge(in, base);
            lastNumber = readEdge(in, base);
            bins = readBins(in);
        }
        long texts = (flags & RollupWriter.HAS_TEXTS) != 0 ? in.readVarint() : 0;
        Edge first;
        Edge last;
        if ((flags & RollupWriter.ENDS_ARE_NUMBERS) == 0) {
            first = readEnd(in, base);
            last = readEnd(in, base);
        } else if (firstNumber == null || lastNumber == null) {
            throw new CorruptItemException("a rollup has a cell without numbers that begins with one");
        } else {
            byte kind = (flags & RollupWriter.ENDS_ARE_BOOLS) != 0 ? Column.BOOL : Column.NUMBER;
            first = new Edge(firstNumber.micros(), kind, firstNumber.number(), null);
            last = new Edge(lastNumber.micros(), kind, lastNumber.number(), null);
        }
        return new RollupCell(
                numbers,
                moments[0],
                moments[1],
                moments[2],
                moments[3],
                moments[4],
                firstNumber,
                lastNumber,
                bins,
                texts,
                first,
                last);
    }

    private static Edge readEdge(ByteReader in, long base) {
        long micros = base + in.readVarint();
        return new Edge(micros, Column.NUMBER, readNumber(in), null);
    }

    private static Edge readEnd(ByteReader in, long base) {
        Edge edge = readEdge(in, base);
        byte kind = (byte) in.readByte();
        if (kind < Column.NUMBER || kind > Column.TEXT) {
            throw new CorruptItemException("a rollup has a value of kind " + kind);
        }
        return new Edge(edge.micros(), kind, edge.number(), kind == Column.TEXT ? in.readText() : null);
    }

    private static double readNumber(ByteReader in) {
        int digits = in.readByte();
        if (digits == RollupWriter.RAW_NUMBER) {
            return Double.longBitsToDouble(in.readLong());
        }
        if (digits > RollupWriter.MAX_DIGITS) {
            throw new CorruptItemException("a rollup has a number of " + digits + " digits");
        }
        return ScaledDecimal.unscale(in.readSignedVarint(), digits);
    }

    private static long[] decodeEarliest(ByteReader in, int parts) {
        long[] earliest = new long[parts];
        if (in.remaining() == 0 || in.readByte() != RollupWriter.EARLIEST_FORMAT) {
            return earliest; // unknown: of an earlier build, or a later one
        }
        long before = 0;
        for (int part = 0; part < parts; part++) {
            long zigzag = in.readVarint() - 1;
            if (zigzag == -1) {
                earliest[part] = WindowRollup.NO_READINGS;
            } else {
                before += (zigzag >>> 1) ^ -(zigzag & 1);
                earliest[part] = before;
            }
        }
        return earliest;
    }

    private static long[] readBins(ByteReader in) {
        long zeros = in.readVarint();
        int positive = in.readCount(in.remaining());
        int negative = in.readCount(in.remaining());
        long[] bins = new long[2 + 2 * (positive + negative)];
        bins[0] = zeros;
        bins[1] = positive;
        long before = 0;
        for (int i = 2; i < bins.length; i += 2) {
            before += in.readSignedVarint();
            bins[i] = before;
            bins[i + 1] = in.readVarint();
            if (Math.abs(before) > RollupWriter.MAX_BIN || bins[i + 1] < 1) {
                throw new CorruptItemException("a rollup has a bin " + before + " of " + bins[i + 1] + " numbers");
            }
        }
        return bins;
    }
}
