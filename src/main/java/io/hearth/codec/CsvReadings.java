package io.hearth.codec;

import io.hearth.model.DeviceId;
import io.hearth.model.MetricName;
import io.hearth.model.PointBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Readings of many devices as CSV (RFC 4180), in one of two layouts that the header tells apart by its names:
 *
 * <ul>
 *   <li>long, a point per row: {@code device,ts,metric,value,type}, in any order. {@code type} is {@code number},
 *       {@code boolean} or {@code string}; without it the value says itself what it is. Rows of one device and time that
 *       follow each other are one reading.
 *   <li>wide, a reading per row: {@code device,ts}, and every other column is a metric. An empty field is no value.
 * </ul>
 *
 * A field in quotes may contain line feeds. A value without a type is a boolean if it is {@code true} or {@code false}, a
 * number if it is one, and else a string. Without a time in {@code ts} the reading gets that of its arrival.
 */
public final class CsvReadings implements LineFormat {
    /** Stands before the name of a metric that would read as one of the columns above. */
    private static final String METRIC_PREFIX = "values.";

    /** How much of what is wrong a message repeats. */
    private static final int SHOWN_CHARS = 200;

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    final NameCache<DeviceId> devices = NameCache.ofDevices();
    final NameCache<String> metrics = NameCache.ofMetrics();
    final Columns columns;

    /**
     * Where what is; -1 for a column that is not there.
     *
     * @param names of each column, the metric's if the layout is wide
     */
    record Columns(int device, int time, int metric, int value, int type, List<String> names) {
        boolean isWide() {
            return metric < 0;
        }
    }

    private CsvReadings(Columns columns) {
        this.columns = columns;
    }

    /**
     * The format of the rows below a header.
     *
     * @throws MalformedPayloadException if the header has not the columns of either layout
     */
    public static CsvReadings below(String header) throws MalformedPayloadException {
        String line = header.strip();
        if (!line.isEmpty() && line.charAt(0) == BYTE_ORDER_MARK) {
            line = line.substring(1);
        }
        List<String> names = new ArrayList<>();
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        CsvRow row = new CsvRow(bytes, bytes.length);
        if (row.next() && row.problem() == null) {
            for (int field = 0; field < row.fields(); field++) {
                names.add(row.text(field).strip());
            }
        }
        int device = names.contains("device") ? names.indexOf("device") : names.indexOf("device_id");
        int time = names.indexOf("ts");
        if (device < 0 || time < 0) {
            throw new MalformedPayloadException(
                    "the header must have the columns device and ts, and either metric and value, or metrics; it is "
                            + shortened(line));
        }
        requireDistinct(names);
        int metric = names.indexOf("metric");
        int value = names.indexOf("value");
        if (metric >= 0 != value >= 0) {
            throw new MalformedPayloadException("the header has only one of the columns metric and value");
        }
        if (metric < 0) {
            requireMetrics(names, device, time);
        }
        return new CsvReadings(new Columns(device, time, metric, value, names.indexOf("type"), names));
    }

    private static void requireDistinct(List<String> names) throws MalformedPayloadException {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!seen.add(name)) {
                throw new MalformedPayloadException("the header has the column " + shortened(name) + " twice");
            }
        }
    }

    private static String shortened(String text) {
        return text.length() <= SHOWN_CHARS ? text : text.substring(0, SHOWN_CHARS) + '…';
    }

    private static void requireMetrics(List<String> names, int device, int time) throws MalformedPayloadException {
        List<String> metrics = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            if (i != device && i != time) {
                String name = names.get(i);
                String metric = name.startsWith(METRIC_PREFIX) ? name.substring(METRIC_PREFIX.length()) : name;
                String stored = MetricName.stored(metric);
                if (stored == null) {
                    throw new MalformedPayloadException("a column: " + MetricName.refusal(metric));
                }
                names.set(i, stored);
                metrics.add(stored);
            }
        }
        // A metric may be called as the column of the device, but not as another metric.
        requireDistinct(metrics);
        if (names.size() < 3) {
            throw new MalformedPayloadException("the header has no metric");
        }
        if (names.size() - 2 > JsonReadings.MAX_METRICS) {
            throw new MalformedPayloadException("a reading has at most " + JsonReadings.MAX_METRICS + " metrics");
        }
    }

    @Override
    public LineReader read(byte[] lines, int length, PointBuffer target) {
        return new CsvReader(this, lines, length, target);
    }

    /** In the long layout the end of the last reading but one, as rows of the last may follow. */
    @Override
    public int endOfLastLine(byte[] text, int length) {
        CsvRow row = new CsvRow(text, length);
        int end = 0;
        int lastReading = 0;
        int deviceFrom = 0;
        int deviceTo = 0;
        int timeFrom = 0;
        int timeTo = 0;
        while (row.next() && row.isEnded()) {
            boolean isKnown = !row.isAbsent(columns.device()) && !row.isAbsent(columns.time());
            boolean isSame = isKnown
                    && row.isSame(columns.device(), deviceFrom, deviceTo)
                    && row.isSame(columns.time(), timeFrom, timeTo);
            if (!isSame) {
                lastReading = row.start();
                deviceFrom = isKnown ? row.from(columns.device()) : 0;
                deviceTo = isKnown ? row.to(columns.device()) : 0;
                timeFrom = isKnown ? row.from(columns.time()) : 0;
                timeTo = isKnown ? row.to(columns.time()) : 0;
            }
            end = row.end();
        }
        return columns.isWide() || lastReading == 0 ? end : lastReading;
    }
}
