package io.hearth.series.item;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.ScaledDecimal;
import io.hearth.model.Column;
import io.hearth.model.PointBuffer;
import io.hearth.series.value.Transmission;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.LongUnaryOperator;

/*
 * The body of a run, format 1. Its first device time and its write stamp are in the sort key.
 *
 *   [1]     format, 1
 *   varint  readings, n
 *   varint  retention, s; 0 = for ever
 *   svarint ingest time of the first reading, µs, less the physical time of the stamp
 *   n-1 x   varint   device time, µs, less that of the reading before
 *   n-1 x   svarint  ingest time, µs, less that of the reading before
 *   varint  transmissions, each: varint (client hash's place in a table of those before, or their number for a new one,
 *           which [8] follows) * 2 + 1 if it is timeless | [2] packet id | [4] payload hash
 *   varint  metrics, each:
 *     text    name
 *     varint  bytes of what follows for this metric
 *     [1]     encoding: 1 decimals, 2 doubles, 3 booleans, 4 texts, 5 mixed; + 0x80 if some readings lack the metric
 *     [⌈n/8⌉] only with 0x80: one bit per reading that has it, lowest first
 *     decimals  [1] digits behind the point | per value svarint (number * 10^digits, less that of the value before)
 *     doubles   per value [8] IEEE 754
 *     booleans  one bit per value, lowest first
 *     texts     per value a text
 *     mixed     per value [1] kind | a double, [1] boolean or a text
 *
 * SeriesGoldenTest pins the bytes.
 */

/** Writes runs. Keeps its buffers from one run to the next, so it is not safe for several threads. */
public final class RunWriter {
    /** Runs larger than about this are cut, so that each fits an item of any engine. */
    public static final int MAX_RUN_BYTES = 250_000;

    static final int FORMAT = 1;
    static final int DECIMALS = 1;
    static final int DOUBLES = 2;
    static final int BOOLS = 3;
    static final int TEXTS = 4;
    static final int MIXED = 5;
    static final int SPARSE = 0x80;

    static final int MAX_DIGITS = 6;
    private static final long MAX_EXACT = 1L << 53;

    /** Up to so many names are compared one by one, which is quicker than a map of them. */
    private static final int FEW_METRICS = 16;

    private final ByteWriter out = new ByteWriter(512);
    private final ByteWriter metricOut = new ByteWriter(512);
    private final Map<String, Integer> places = new HashMap<>();
    private String[] names = new String[16];
    /** {@code pointOf[place * n + row]}: the index of the point + 1, or 0 for none. */
    private int[] pointOf = new int[64];

    private int[] present = new int[16];

    /**
     * The body of a run.
     *
     * @param readings indexes of readings of {@code points}, of one slot, by device time ascending; of several with the same
     *     time the later ones win, metric by metric
     * @param ingestTimesMicros by index of reading
     * @param stampMillis the physical time of the write stamp
     */
    public byte[] write(
            PointBuffer points,
            int[] readings,
            int from,
            int to,
            long[] ingestTimesMicros,
            long stampMillis,
            long retentionSeconds,
            List<Transmission> transmissions) {
        int n = 0;
        long lastTime = 0;
        for (int i = from; i < to; i++) {
            long time = points.timeMicros(readings[i]);
            if (n == 0 || time != lastTime) {
                n++;
            }
            lastTime = time;
        }
        out.reset();
        out.writeByte(FORMAT);
        out.writeVarint(n);
        out.writeVarint(retentionSeconds);
        writeTimes(points, readings, from, to, ingestTimesMicros, stampMillis);
        writeTransmissions(transmissions);
        writeMetrics(points, readings, from, to, n);
        return out.toByteArray();
    }

    /**
     * The body of a run under another write stamp.
     *
     * @param ingestTimes makes of the time at which the first reading arrived the one to store, µs
     */
    public static byte[] withStamp(byte[] body, long stampMillis, long newStampMillis, LongUnaryOperator ingestTimes) {
        ByteReader in = new ByteReader(body);
        ByteWriter to = new ByteWriter(body.length + 8);
        to.writeByte(in.readByte());
        to.writeVarint(in.readVarint());
        to.writeVarint(in.readVarint());
        long firstIngest = ingestTimes.applyAsLong(in.readSignedVarint() + stampMillis * 1000);
        to.writeSignedVarint(firstIngest - newStampMillis * 1000);
        to.writeBytes(Arrays.copyOfRange(body, in.position(), body.length));
        return to.toByteArray();
    }

    private void writeTimes(
            PointBuffer points, int[] readings, int from, int to, long[] ingestTimesMicros, long stampMillis) {
        long firstIngest = ingestTimesMicros[readings[from]];
        out.writeSignedVarint(firstIngest - stampMillis * 1000);
        long before = points.timeMicros(readings[from]);
        for (int i = from + 1; i < to; i++) {
            long time = points.timeMicros(readings[i]);
            if (time != before) {
                out.writeVarint(time - before);
                before = time;
            }
        }
        before = points.timeMicros(readings[from]);
        long ingestBefore = firstIngest;
        for (int i = from + 1; i < to; i++) {
            long time = points.timeMicros(readings[i]);
            if (time != before) {
                long ingest = ingestTimesMicros[readings[i]];
                out.writeSignedVarint(ingest - ingestBefore);
                ingestBefore = ingest;
                before = time;
            }
        }
    }

    private void writeTransmissions(List<Transmission> transmissions) {
        out.writeVarint(transmissions.size());
        if (transmissions.isEmpty()) {
            return;
        }
        Map<Long, Integer> clients = new HashMap<>();
        for (Transmission transmission : transmissions) {
            Integer place = clients.putIfAbsent(transmission.clientHash(), clients.size());
            int timeless = transmission.timeless() ? 1 : 0;
            if (place == null) {
                out.writeVarint((clients.size() - 1) * 2L + timeless);
                out.writeLong(transmission.clientHash());
            } else {
                out.writeVarint(place * 2L + timeless);
            }
            out.writeShort(transmission.packetId());
            out.writeInt(transmission.payloadHash());
        }
    }

    private void writeMetrics(PointBuffer points, int[] readings, int from, int to, int n) {
        int metrics = 0;
        int row = -1;
        long lastTime = 0;
        places.clear();
        for (int i = from; i < to; i++) {
            int reading = readings[i];
            long time = points.timeMicros(reading);
            if (row < 0 || time != lastTime) {
                row++;
                lastTime = time;
            }
            int end = points.firstPoint(reading + 1);
            int expected = 0;
            for (int point = points.firstPoint(reading); point < end; point++, expected++) {
                String metric = points.metric(point);
                // Readings of a device mostly have the same metrics in the same order.
                int place =
                        expected < metrics && names[expected].equals(metric) ? expected : placeOf(metric, metrics, n);
                if (place == metrics) {
                    metrics++;
                }
                pointOf[place * n + row] = point + 1;
            }
        }
        out.writeVarint(metrics);
        for (int place = 0; place < metrics; place++) {
            writeMetric(points, place * n, n);
            out.writeText(names[place]);
            out.writeVarint(metricOut.length());
            out.append(metricOut);
        }
    }

    private int placeOf(String metric, int metrics, int n) {
        int known = findPlace(metric, metrics);
        if (known >= 0) {
            return known;
        }
        if (metrics == names.length) {
            names = Arrays.copyOf(names, metrics * 2);
        }
        int needed = (metrics + 1) * n;
        if (needed > pointOf.length) {
            pointOf = Arrays.copyOf(pointOf, Math.max(needed, pointOf.length * 2));
        }
        Arrays.fill(pointOf, metrics * n, needed, 0);
        names[metrics] = metric;
        return metrics;
    }

    /** Where a metric is among the first of the names; -1 if it is none of them. */
    private int findPlace(String metric, int metrics) {
        if (metrics <= FEW_METRICS) {
            for (int i = 0; i < metrics; i++) {
                if (names[i].equals(metric)) {
                    return i;
                }
            }
            return -1;
        }
        for (int i = places.size(); i < metrics; i++) {
            places.put(names[i], i);
        }
        return places.getOrDefault(metric, -1);
    }

    private void writeMetric(PointBuffer points, int base, int n) {
        if (present.length < n) {
            present = new int[Math.max(n, present.length * 2)];
        }
        int count = 0;
        byte kind = -1;
        boolean mixed = false;
        for (int row = 0; row < n; row++) {
            int point = pointOf[base + row] - 1;
            if (point >= 0) {
                present[count++] = point;
                byte its = points.kind(point);
                mixed |= kind >= 0 && kind != its;
                kind = its;
            }
        }
        int digits = !mixed && kind == Column.NUMBER ? digits(points, count) : -1;
        int encoding = mixed
                ? MIXED
                : switch (kind) {
                    case Column.NUMBER -> digits >= 0 ? DECIMALS : DOUBLES;
                    case Column.BOOL -> BOOLS;
                    default -> TEXTS;
                };
        metricOut.reset();
        metricOut.writeByte(count == n ? encoding : encoding | SPARSE);
        if (count != n) {
            writeBits(n, row -> pointOf[base + row] > 0);
        }
        switch (encoding) {
            case DECIMALS -> writeDecimals(points, count, digits);
            case DOUBLES -> {
                for (int i = 0; i < count; i++) {
                    metricOut.writeLong(Double.doubleToRawLongBits(points.number(present[i])));
                }
            }
            case BOOLS -> writeBits(count, i -> points.number(present[i]) != 0);
            case TEXTS -> {
                for (int i = 0; i < count; i++) {
                    metricOut.writeText(points.text(present[i]));
                }
            }
            default -> writeMixed(points, count);
        }
    }

    private void writeDecimals(PointBuffer points, int count, int digits) {
        metricOut.writeByte(digits);
        long before = 0;
        for (int i = 0; i < count; i++) {
            long scaled = ScaledDecimal.scale(points.number(present[i]), digits);
            metricOut.writeSignedVarint(scaled - before);
            before = scaled;
        }
    }

    private void writeMixed(PointBuffer points, int count) {
        for (int i = 0; i < count; i++) {
            int point = present[i];
            byte kind = points.kind(point);
            metricOut.writeByte(kind);
            switch (kind) {
                case Column.NUMBER -> metricOut.writeLong(Double.doubleToRawLongBits(points.number(point)));
                case Column.BOOL -> metricOut.writeByte((int) points.number(point));
                default -> metricOut.writeText(points.text(point));
            }
        }
    }

    private void writeBits(int count, IntPredicate bit) {
        for (int i = 0; i < count; i += 8) {
            int octet = 0;
            for (int j = i; j < Math.min(i + 8, count); j++) {
                octet |= bit.test(j) ? 1 << (j - i) : 0;
            }
            metricOut.writeByte(octet);
        }
    }

    /** How many decimal digits hold every present value bit by bit; -1 if too many. */
    private int digits(PointBuffer points, int count) {
        int digits = 0;
        for (int i = 0; i < count; i++) {
            double number = points.number(present[i]);
            while (!isExact(number, digits)) {
                if (++digits > MAX_DIGITS) {
                    return -1;
                }
            }
        }
        // A large number that fits with few digits may not fit with as many as a later one needs.
        for (int i = 0; i < count && digits > 0; i++) {
            if (!isExact(points.number(present[i]), digits)) {
                return -1;
            }
        }
        return digits;
    }

    private static boolean isExact(double number, int digits) {
        long scaled = ScaledDecimal.scale(number, digits);
        return -MAX_EXACT < scaled && scaled < MAX_EXACT && ScaledDecimal.isExact(number, scaled, digits);
    }
}
