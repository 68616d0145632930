package io.hearth.codec;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.MetricName;
import io.hearth.model.PointBuffer;
import io.hearth.model.Value;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads rows of CSV below their header. */
final class CsvReader extends LineReader {
    private static final byte[] TRUE = ascii("true");
    private static final byte[] FALSE = ascii("false");
    private static final byte[] NUMBER = ascii("number");
    private static final byte[] BOOLEAN = ascii("boolean");
    private static final byte[] STRING = ascii("string");

    private final CsvColumns columns;
    private final NameCache<DeviceId> devices;
    private final NameCache<String> metrics;
    private final byte[] text;
    private final CsvRow row;
    private final PointBuffer target;
    private final DecimalScan decimal = new DecimalScan();
    private boolean rowIsNext;

    CsvReader(
            CsvColumns columns,
            NameCache<DeviceId> devices,
            NameCache<String> metrics,
            byte[] text,
            int length,
            PointBuffer target) {
        this.columns = columns;
        this.devices = devices;
        this.metrics = metrics;
        this.text = text;
        this.row = new CsvRow(text, length);
        this.target = target;
    }

    @Override
    public boolean next() {
        if (!rowIsNext && !row.next()) {
            return false;
        }
        rowIsNext = false;
        int line = row.line();
        if (row.bytes() > LineFormat.MAX_LINE_BYTES) {
            foundTooLong(line);
            return true;
        }
        int before = target.size();
        try {
            foundReading(line, read());
        } catch (MalformedPayloadException e) {
            target.truncate(before);
            foundUnfit(line, e.getMessage());
        }
        return true;
    }

    private @Nullable DeviceId read() throws MalformedPayloadException {
        String problem = row.problem();
        if (problem != null) {
            throw new MalformedPayloadException(problem);
        }
        if (row.fields() > columns.names().size()) {
            throw new MalformedPayloadException("the row has more fields than the header");
        }
        if (row.isAbsent(columns.device())) {
            throw new MalformedPayloadException("device: is missing");
        }
        DeviceId device = row.in(devices, columns.device());
        long timeMicros = readTime();
        target.beginReading();
        if (columns.isWide()) {
            addColumns();
        } else {
            addPoint();
            addRowsOfTheSame(target.addedBytes(0));
        }
        target.endReading(timeMicros);
        return device;
    }

    private long readTime() throws MalformedPayloadException {
        int field = columns.time();
        if (row.isAbsent(field)) {
            return PointBuffer.NO_TIME;
        }
        long micros = EpochMicros.parsePlainUtc(text, row.from(field), row.to(field));
        if (micros != EpochMicros.NOT_PLAIN) {
            return micros;
        }
        try {
            return EpochMicros.parse(row.text(field));
        } catch (IllegalArgumentException e) {
            throw new MalformedPayloadException("ts: " + e.getMessage());
        }
    }

    private void addColumns() throws MalformedPayloadException {
        for (int field = 0; field < row.fields(); field++) {
            if (field != columns.device() && field != columns.time() && !row.isAbsent(field)) {
                addValue(columns.names().get(field), field);
            }
        }
        if (target.openPoints() == 0) {
            throw new MalformedPayloadException("a reading has at least one value");
        }
    }

    /**
     * Takes in the rows that follow with the same device and time. One that is bad, or goes beyond what a reading may have,
     * is left to begin another one.
     *
     * @param firstBytes the size of the first point
     */
    private void addRowsOfTheSame(long firstBytes) {
        long readingBytes = firstBytes;
        int deviceFrom = row.from(columns.device());
        int deviceTo = row.to(columns.device());
        int timeFrom = row.isAbsent(columns.time()) ? 0 : row.from(columns.time());
        int timeTo = row.isAbsent(columns.time()) ? 0 : row.to(columns.time());
        int bytes = row.bytes();
        while (row.next()) {
            bytes += row.bytes();
            boolean same = row.problem() == null
                    && timeTo > timeFrom
                    && row.fields() <= columns.names().size()
                    && !row.isAbsent(columns.device())
                    && !row.isAbsent(columns.time())
                    && row.isSame(columns.device(), deviceFrom, deviceTo)
                    && row.isSame(columns.time(), timeFrom, timeTo)
                    && bytes <= LineFormat.MAX_LINE_BYTES
                    && target.openPoints() < JsonReadings.MAX_METRICS;
            try {
                if (same) {
                    addPoint();
                    readingBytes = target.addedBytes(readingBytes);
                    if (readingBytes >= 0) {
                        continue;
                    }
                }
            } catch (MalformedPayloadException e) {
                // Reported when it is read by itself.
            }
            rowIsNext = true;
            return;
        }
    }

    private void addPoint() throws MalformedPayloadException {
        if (row.isAbsent(columns.metric())) {
            throw new MalformedPayloadException("metric: is missing");
        }
        String metric = row.in(metrics, columns.metric());
        if (metric == null) {
            throw new MalformedPayloadException(MetricName.refusal(row.text(columns.metric())));
        }
        int value = columns.value();
        int type = columns.type();
        if (value >= row.fields() || (row.isAbsent(value) && row.isAbsent(type))) {
            throw new MalformedPayloadException(metric + ": has no value");
        }
        if (row.isAbsent(type)) {
            addValue(metric, value);
        } else if (row.is(NUMBER, type)) {
            if (!addIfNumber(metric, value)) {
                throw new MalformedPayloadException(metric + ": is not a number");
            }
        } else if (row.is(BOOLEAN, type)) {
            if (!addIfBoolean(metric, value)) {
                throw new MalformedPayloadException(metric + ": is neither true nor false");
            }
        } else if (row.is(STRING, type)) {
            addString(metric, value);
        } else {
            throw new MalformedPayloadException("type: is neither number, boolean nor string");
        }
    }

    private void addValue(String metric, int field) throws MalformedPayloadException {
        if (!addIfNumber(metric, field) && !addIfBoolean(metric, field)) {
            addString(metric, field);
        }
    }

    private boolean addIfNumber(String metric, int field) throws MalformedPayloadException {
        if (!decimal.scan(text, row.from(field), row.to(field)) || decimal.end() != row.to(field)) {
            return false;
        }
        if (Double.isInfinite(decimal.number())) {
            throw new MalformedPayloadException(metric + ": is beyond the range of a 64-bit number");
        }
        target.addNumber(metric, decimal.number());
        return true;
    }

    private boolean addIfBoolean(String metric, int field) {
        boolean isTrue = row.is(TRUE, field);
        if (!isTrue && !row.is(FALSE, field)) {
            return false;
        }
        target.addBool(metric, isTrue);
        return true;
    }

    private void addString(String metric, int field) throws MalformedPayloadException {
        if (row.textBytes(field) > Value.MAX_TEXT_BYTES) {
            throw new MalformedPayloadException(metric + ": a string has at most " + Value.MAX_TEXT_BYTES + " bytes");
        }
        target.addText(metric, row.text(field));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
