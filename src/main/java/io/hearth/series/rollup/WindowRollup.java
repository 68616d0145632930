package io.hearth.series.rollup;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.bytes.ScaledDecimal;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.Column;
import io.hearth.series.aggregate.RollupCell;
import io.hearth.series.aggregate.RollupCell.Edge;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.Erasure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/*
 * Formats 1 and 2 of a rollup item. Numbers are as in ByteWriter.
 *
 *   [1] format | varint items of this window and level | signed varint raw until, epoch s
 *   | varint metrics not kept, each a text
 *   | varint parts that were erased, each varint number
 *   | varint runs of bounds, each varint count, varint width in µs   (they follow each other from the start of the window)
 *   | varint metrics, each: text name | varint bytes of what follows | [⌈parts / 8⌉] which parts have a cell, low bits first | cells
 *   | earliest
 *
 *   cell      [1] flags: 1 numbers, 2 texts, 4 first and last are booleans, 8 first and last are the first and the last number
 *   numbers   varint count | number min, max, sum, squared deviations, increase | edge first | edge last
 *             | varint zeros | varint bins of positive numbers | varint of negative ones
 *             | each bin: signed varint index less that of the bin before, 0 before the first | varint count
 *   texts     varint count
 *   first, last, unless flag 8:  edge | [1] kind | text, of a text
 *
 *   edge      varint µs since the start of the window | number
 *   number    [1] decimal digits | signed varint, to be divided by that power of ten; or FF | [8] IEEE 754
 *
 *   earliest  [1] 1 | per part varint: 0 without any reading; else 1 more than the hybrid time of the earliest write, less that
 *             of the part before, 0 before the first, as for a signed varint
 *
 * Earlier builds end before the part "earliest", and leave it unread.
 *
 * Items of format 1 have all cells of a metric. Where these are too many for an item, the window's items have format 2: each
 * may have cells of some parts, and only the first has the metrics that are not kept.
 *
 * A change needs a new format; RollupGoldenTest pins the bytes.
 */
/**
 * What the readings of a device in one window come to, at one level, of some or all metrics. The window is cut where the
 * level's buckets begin, in parts; a bucket that crosses the window's edge has its other parts in other windows.
 *
 * @param items how many such items, with different metrics, the window has
 * @param rawUntilSeconds when the readings this was made of leave the table, epoch seconds; zero never
 * @param notKept metrics that the window has but this level does not keep
 * @param erased numbers of the parts of which nothing may be known any more: they have no cells, and that says nothing
 * @param earliest for each part the hybrid time of the earliest write that a reading of it had when it was made, {@link #UNKNOWN} if an
 *     earlier build has made it, {@link #NO_READINGS} if it has none
 * @param bounds the start of each part and the end of the last, the first and last being the window's; µs since 1970
 * @param cells by metric, a cell for each part; null where there are no points
 */
public record WindowRollup(
        int items,
        long rawUntilSeconds,
        Set<String> notKept,
        SortedSet<Integer> erased,
        @SuppressWarnings("ArrayRecordComponent") long[] earliest,
        @SuppressWarnings("ArrayRecordComponent") long[] bounds,
        SortedMap<String, @Nullable RollupCell[]> cells) {
    /** As an erasure that may cover readings of the part covers them. */
    static final long UNKNOWN = 0;

    public static final long NO_READINGS = Long.MAX_VALUE;

    private static final int FORMAT = 1;
    private static final int FORMAT_WITH_SPLIT_METRICS = 2;
    private static final int EARLIEST_FORMAT = 1;

    /** Where an item is cut: every engine takes items of this size. */
    private static final int MAX_METRIC_BYTES = 250_000;

    /** What an item has besides the cells of its metrics, at most, so that it fits. */
    private static final int MAX_REST_BYTES = 100_000;

    /** The widest range of doubles has fewer bins of one percent. */
    private static final long MAX_BIN = 1 << 17;

    private static final int HAS_NUMBERS = 1;
    private static final int HAS_TEXTS = 2;
    private static final int ENDS_ARE_BOOLS = 4;
    private static final int ENDS_ARE_NUMBERS = 8;
    private static final int RAW_NUMBER = 0xFF;
    private static final int MAX_DIGITS = 6;
    private static final double MAX_DECIMAL = 1L << 48;

    public int parts() {
        return bounds.length - 1;
    }

    /** Whether nothing is known of any part. */
    boolean isEmpty() {
        return cells.isEmpty();
    }

    /** The same, as if it were not known when what it was made of was written. */
    public WindowRollup withoutEarliest() {
        return new WindowRollup(items, rawUntilSeconds, notKept, erased, new long[parts()], bounds, cells);
    }

    /**
     * The body of one item for all of this, which has been decoded from one.
     *
     * @param before that item's body
     */
    public byte[] encodeItem(byte[] before) {
        ByteWriter group = new ByteWriter(1024);
        cells.forEach((metric, ofMetric) -> {
            ByteWriter body = encodeCells(ofMetric, 0, parts());
            group.writeText(metric);
            group.writeVarint(body.length());
            group.append(body);
        });
        return body(before[0], items, names(), cells.size(), group);
    }

    private ByteWriter names() {
        ByteWriter names = new ByteWriter(64);
        names.writeVarint(notKept.size());
        new TreeSet<>(notKept).forEach(names::writeText);
        return names;
    }

    /** The bodies of the items for this, without regard to {@link #items}. */
    List<byte[]> encode() {
        ByteWriter names = names();
        boolean namesAlone = !cells.isEmpty() && names.length() > MAX_REST_BYTES;
        boolean split = namesAlone;
        List<ByteWriter> groups = new ArrayList<>();
        List<Integer> counts = new ArrayList<>();
        if (namesAlone) {
            groups.add(new ByteWriter(1));
            counts.add(0);
        }
        for (Map.Entry<String, @Nullable RollupCell[]> entry : cells.entrySet()) {
            List<ByteWriter> bodies = new ArrayList<>(1);
            encodeCells(entry.getValue(), 0, parts(), bodies);
            split |= bodies.size() > 1;
            for (ByteWriter body : bodies) {
                int last = groups.size() - 1;
                boolean isFull = last < 0 || groups.get(last).length() + body.length() > MAX_METRIC_BYTES;
                if (isFull || namesAlone && last == 0) {
                    groups.add(new ByteWriter(1024));
                    counts.add(0);
                    last++;
                }
                groups.get(last).writeText(entry.getKey());
                groups.get(last).writeVarint(body.length());
                groups.get(last).append(body);
                counts.set(last, counts.get(last) + 1);
            }
        }
        ByteWriter none = new ByteWriter(1);
        none.writeVarint(0);
        List<byte[]> items = new ArrayList<>();
        for (int i = 0; i < groups.size(); i++) {
            items.add(body(
                    split ? FORMAT_WITH_SPLIT_METRICS : FORMAT,
                    groups.size(),
                    split && i > 0 ? none : names,
                    counts.get(i),
                    groups.get(i)));
        }
        return items;
    }

    private byte[] body(int format, int ofItems, ByteWriter names, int metrics, ByteWriter group) {
        ByteWriter out = new ByteWriter(256);
        out.writeByte(format);
        out.writeVarint(ofItems);
        out.writeSignedVarint(rawUntilSeconds);
        out.append(names);
        out.writeVarint(erased.size());
        erased.forEach(out::writeVarint);
        encodeBounds(out);
        out.writeVarint(metrics);
        out.append(group);
        encodeEarliest(out);
        return out.toByteArray();
    }

    private void encodeEarliest(ByteWriter out) {
        out.writeByte(EARLIEST_FORMAT);
        long before = 0;
        for (long time : earliest) {
            if (time == NO_READINGS) {
                out.writeVarint(0);
            } else {
                long difference = time - before;
                out.writeVarint(((difference << 1) ^ (difference >> 63)) + 1);
                before = time;
            }
        }
    }

    private static long[] decodeEarliest(ByteReader in, int parts) {
        long[] earliest = new long[parts];
        if (in.remaining() == 0 || in.readByte() != EARLIEST_FORMAT) {
            return earliest; // unknown: of an earlier build, or a later one
        }
        long before = 0;
        for (int part = 0; part < parts; part++) {
            long zigzag = in.readVarint() - 1;
            if (zigzag == -1) {
                earliest[part] = NO_READINGS;
            } else {
                before += (zigzag >>> 1) ^ -(zigzag & 1);
                earliest[part] = before;
            }
        }
        return earliest;
    }

    private void encodeBounds(ByteWriter out) {
        ByteWriter runs = new ByteWriter(32);
        int count = 0;
        for (int from = 0; from < parts(); count++) {
            long width = bounds[from + 1] - bounds[from];
            int to = from + 1;
            while (to < parts() && bounds[to + 1] - bounds[to] == width) {
                to++;
            }
            runs.writeVarint(to - from);
            runs.writeVarint(width);
            from = to;
        }
        out.writeVarint(count);
        out.append(runs);
    }

    /** Adds the cells of some parts of a metric, in as many pieces as they need. */
    private void encodeCells(@Nullable RollupCell[] ofMetric, int from, int to, List<ByteWriter> pieces) {
        ByteWriter out = encodeCells(ofMetric, from, to);
        if (out.length() <= MAX_METRIC_BYTES || to - from == 1) {
            pieces.add(out);
            return;
        }
        int half = (from + to) / 2;
        encodeCells(ofMetric, from, half, pieces);
        encodeCells(ofMetric, half, to, pieces);
    }

    private ByteWriter encodeCells(@Nullable RollupCell[] ofMetric, int from, int to) {
        ByteWriter out = new ByteWriter(256);
        byte[] present = new byte[(parts() + 7) / 8];
        for (int part = from; part < to; part++) {
            present[part / 8] |= (byte) (ofMetric[part] == null ? 0 : 1 << part % 8);
        }
        out.writeBytes(present);
        for (int part = from; part < to; part++) {
            RollupCell cell = ofMetric[part];
            if (cell != null) {
                encodeCell(cell, out);
            }
        }
        return out;
    }

    private void encodeCell(RollupCell cell, ByteWriter out) {
        Edge firstNumber = cell.firstNumber();
        Edge lastNumber = cell.lastNumber();
        boolean endsAreBools = cell.first().kind() == Column.BOOL && cell.last().kind() == Column.BOOL;
        boolean endsAreNumbers = firstNumber != null
                && lastNumber != null
                && (endsAreBools
                        || cell.first().kind() == Column.NUMBER && cell.last().kind() == Column.NUMBER)
                && firstNumber.micros() == cell.first().micros()
                && lastNumber.micros() == cell.last().micros();
        out.writeByte((firstNumber == null ? 0 : HAS_NUMBERS)
                | (cell.texts() == 0 ? 0 : HAS_TEXTS)
                | (endsAreBools ? ENDS_ARE_BOOLS : 0)
                | (endsAreNumbers ? ENDS_ARE_NUMBERS : 0));
        if (firstNumber != null && lastNumber != null) {
            out.writeVarint(cell.numbers());
            writeNumber(cell.min(), out);
            writeNumber(cell.max(), out);
            writeNumber(cell.sum(), out);
            writeNumber(cell.squaredDeviations(), out);
            writeNumber(cell.increase(), out);
            writeEdge(firstNumber, out);
            writeEdge(lastNumber, out);
            writeBins(cell.bins(), out);
        }
        if (cell.texts() > 0) {
            out.writeVarint(cell.texts());
        }
        if (!endsAreNumbers) {
            writeEnd(cell.first(), out);
            writeEnd(cell.last(), out);
        }
    }

    private static void writeBins(long[] bins, ByteWriter out) {
        out.writeVarint(bins[0]);
        out.writeVarint(bins[1]);
        out.writeVarint((bins.length - 2) / 2 - bins[1]);
        long before = 0;
        for (int i = 2; i < bins.length; i += 2) {
            out.writeSignedVarint(bins[i] - before);
            out.writeVarint(bins[i + 1]);
            before = bins[i];
        }
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
            if (Math.abs(before) > MAX_BIN || bins[i + 1] < 1) {
                throw new CorruptItemException("a rollup has a bin " + before + " of " + bins[i + 1] + " numbers");
            }
        }
        return bins;
    }

    private void writeEdge(Edge edge, ByteWriter out) {
        out.writeVarint(edge.micros() - bounds[0]);
        writeNumber(edge.number(), out);
    }

    private void writeEnd(Edge end, ByteWriter out) {
        writeEdge(end, out);
        out.writeByte(end.kind());
        if (end.text() != null) {
            out.writeText(end.text());
        }
    }

    private static void writeNumber(double number, ByteWriter out) {
        for (int digits = 0;
                digits <= MAX_DIGITS && Math.abs(number) * ScaledDecimal.power(digits) < MAX_DECIMAL;
                digits++) {
            long scaled = ScaledDecimal.scale(number, digits);
            if (ScaledDecimal.isExact(number, scaled, digits)) {
                out.writeByte(digits);
                out.writeSignedVarint(scaled);
                return;
            }
        }
        out.writeByte(RAW_NUMBER);
        out.writeLong(Double.doubleToRawLongBits(number));
    }

    /**
     * Reads an item.
     *
     * @param wanted which metrics to read; the others cost nothing
     * @throws CorruptItemException if the bytes are not as they were written
     * @throws UnsupportedFormatException if a later build has written them
     */
    public static WindowRollup decode(byte[] body, long windowStartMicros, Predicate<String> wanted) {
        ByteReader in = new ByteReader(body);
        Format.require(in.readByte(), FORMAT, FORMAT_WITH_SPLIT_METRICS, "a rollup");
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
        if ((flags & HAS_NUMBERS) != 0) {
            numbers = in.readVarint();
            for (int i = 0; i < moments.length; i++) {
                moments[i] = readNumber(in);
            }
            firstNumber = readEdge(in, base);
            lastNumber = readEdge(in, base);
            bins = readBins(in);
        }
        long texts = (flags & HAS_TEXTS) != 0 ? in.readVarint() : 0;
        Edge first;
        Edge last;
        if ((flags & ENDS_ARE_NUMBERS) == 0) {
            first = readEnd(in, base);
            last = readEnd(in, base);
        } else if (firstNumber == null || lastNumber == null) {
            throw new CorruptItemException("a rollup has a cell without numbers that begins with one");
        } else {
            byte kind = (flags & ENDS_ARE_BOOLS) != 0 ? Column.BOOL : Column.NUMBER;
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
        if (digits == RAW_NUMBER) {
            return Double.longBitsToDouble(in.readLong());
        }
        if (digits > MAX_DIGITS) {
            throw new CorruptItemException("a rollup has a number of " + digits + " digits");
        }
        return ScaledDecimal.unscale(in.readSignedVarint(), digits);
    }

    /** This with the metrics of another item of the same window and level, which must have been made together with it. */
    WindowRollup with(WindowRollup other) {
        SortedMap<String, @Nullable RollupCell[]> all = new TreeMap<>(cells);
        other.cells.forEach((metric, others) -> all.merge(metric, others, WindowRollup::both));
        return new WindowRollup(items, rawUntilSeconds, notKept, erased, earliest, bounds, all);
    }

    private static @Nullable RollupCell[] both(@Nullable RollupCell[] ones, @Nullable RollupCell[] others) {
        @Nullable RollupCell[] both = ones.clone();
        for (int part = 0; part < both.length; part++) {
            both[part] = both[part] == null ? others[part] : both[part];
        }
        return both;
    }

    /** This without the cells of parts of which an erasure may cover any reading; this itself if there is none. */
    WindowRollup without(Erasure erasure) {
        SortedSet<Integer> gone = new TreeSet<>(erased);
        for (int part = 0; part < parts(); part++) {
            boolean sharesTime = bounds[part] < erasure.range().endMicros()
                    && bounds[part + 1] > erasure.range().startMicros();
            if (sharesTime && earliest[part] <= erasure.stamp().time().packed()) {
                gone.add(part);
            }
        }
        if (gone.size() == erased.size()) {
            return this;
        }
        SortedMap<String, @Nullable RollupCell[]> left = new TreeMap<>();
        cells.forEach((metric, ofMetric) -> {
            @Nullable RollupCell[] kept = ofMetric.clone();
            gone.forEach(part -> kept[part] = null);
            if (Arrays.stream(kept).anyMatch(cell -> cell != null)) {
                left.put(metric, kept);
            }
        });
        return new WindowRollup(
                items, rawUntilSeconds, notKept, gone, earliest, bounds, Collections.unmodifiableSortedMap(left));
    }
}
