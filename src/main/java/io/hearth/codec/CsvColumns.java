package io.hearth.codec;

import io.hearth.model.MetricName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What stands in which column of readings as CSV, by their header; -1 for a column that is not there.
 *
 * @param names of each column, the metric's if the layout is wide
 */
record CsvColumns(int device, int time, int metric, int value, int type, List<String> names) {
    /** Stands before the name of a metric that would read as one of the other columns. */
    private static final String METRIC_PREFIX = "values.";

    /** How much of what is wrong a message repeats. */
    private static final int SHOWN_CHARS = 200;

    private static final char BYTE_ORDER_MARK = '\uFEFF';

    /** Whether each row is a reading, and each of the other columns a metric. */
    boolean isWide() {
        return metric < 0;
    }

    /**
     * The columns that a header names.
     *
     * @throws MalformedPayloadException if they are those of neither layout
     */
    static CsvColumns of(String header) throws MalformedPayloadException {
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
        return new CsvColumns(device, time, metric, value, names.indexOf("type"), names);
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
}
