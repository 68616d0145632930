package io.hearth.series.rollup;

import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.ScaledDecimal;
import io.hearth.model.Column;
import io.hearth.series.aggregate.RollupCell;
import io.hearth.series.aggregate.RollupCell.Edge;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
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
/** Makes the bodies of the items of a rollup. */
public final class RollupWriter {
    static final int FORMAT = 1;
    static final int FORMAT_WITH_SPLIT_METRICS = 2;
    static final int EARLIEST_FORMAT = 1;

    /** Where an item is cut: every engine takes items of this size. */
    static final int MAX_METRIC_BYTES = 250_000;

    /** What an item has besides the cells of its metrics, at most, so that it fits. */
    static final int MAX_REST_BYTES = 100_000;

    /** The widest range of doubles has fewer bins of one percent. */
    static final long MAX_BIN = 1 << 17;

    static final int HAS_NUMBERS = 1;
    static final int HAS_TEXTS = 2;
    static final int ENDS_ARE_BOOLS = 4;
    static final int ENDS_ARE_NUMBERS = 8;
    static final int RAW_NUMBER = 0xFF;
    static final int MAX_DIGITS = 6;
    static final double MAX_DECIMAL = 1L << 48;

    private final WindowRollup rollup;

    public RollupWriter(WindowRollup rollup) {
        this.rollup = rollup;
    }

    /**
     * The body of one item for all of this, which has been decoded from one.
     *
     * @param before that item's body
     */
    public byte[] encodeItem(byte[] before) {
        ByteWriter group = new ByteWriter(1024);
        rollup.cells().forEach((metric, ofMetric) -> {
            ByteWriter body = encodeCells(ofMetric, 0, rollup.parts());
            group.writeText(metric);
            group.writeVarint(body.length());
            group.append(body);
        });
        return body(before[0], rollup.items(), names(), rollup.cells().size(), group);
    }

    private ByteWriter names() {
        ByteWriter names = new ByteWriter(64);
        names.writeVarint(rollup.notKept().size());
        new TreeSet<>(rollup.notKept()).forEach(names::writeText);
        return names;
    }

    /** The bodies of the items for this, without regard to {@link WindowRollup#items}. */
    List<byte[]> encode() {
        ByteWriter names = names();
        boolean namesAlone = !rollup.cells().isEmpty() && names.length() > MAX_REST_BYTES;
        boolean split = namesAlone;
        List<ByteWriter> groups = new ArrayList<>();
        List<Integer> counts = new ArrayList<>();
        if (namesAlone) {
            groups.add(new ByteWriter(1));
            counts.add(0);
        }
        for (Map.Entry<String, @Nullable RollupCell[]> entry : rollup.cells().entrySet()) {
            List<ByteWriter> bodies = new ArrayList<>(1);
            encodeCells(entry.getValue(), 0, rollup.parts(), bodies);
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
        out.writeSignedVarint(rollup.rawUntilSeconds());
        out.append(names);
        out.writeVarint(rollup.erased().size());
        rollup.erased().forEach(out::writeVarint);
        encodeBounds(out);
        out.writeVarint(metrics);
        out.append(group);
        encodeEarliest(out);
        return out.toByteArray();
    }

    private void encodeEarliest(ByteWriter out) {
        out.writeByte(EARLIEST_FORMAT);
        long before = 0;
        for (long time : rollup.earliest()) {
            if (time == WindowRollup.NO_READINGS) {
                out.writeVarint(0);
            } else {
                long difference = time - before;
                out.writeVarint(((difference << 1) ^ (difference >> 63)) + 1);
                before = time;
            }
        }
    }

    private void encodeBounds(ByteWriter out) {
        ByteWriter runs = new ByteWriter(32);
        int count = 0;
        for (int from = 0; from < rollup.parts(); count++) {
            long width = rollup.bounds()[from + 1] - rollup.bounds()[from];
            int to = from + 1;
            while (to < rollup.parts() && rollup.bounds()[to + 1] - rollup.bounds()[to] == width) {
                to++;
            }
            runs.writeVarint(to - from);
            runs.writeVarint(width);
            from = to;
        }
        out.writeVarint(count);
        out.append(runs);
    }

    /** Adds the rollup.cells() of some parts of a metric, in as many pieces as they need. */
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
        byte[] present = new byte[(rollup.parts() + 7) / 8];
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

    private void writeEdge(Edge edge, ByteWriter out) {
        out.writeVarint(edge.micros() - rollup.bounds()[0]);
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
}
