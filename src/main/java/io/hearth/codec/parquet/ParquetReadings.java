package io.hearth.codec.parquet;

import io.hearth.codec.JsonReadings;
import io.hearth.codec.LineReader;
import io.hearth.codec.NameCache;
import io.hearth.model.DeviceId;
import io.hearth.model.MetricName;
import io.hearth.model.PointBuffer;
import io.hearth.model.Value;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.parquet.column.ColumnReader;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;

/**
 * The readings of a Parquet file, in one of two layouts that the names of its columns tell apart:
 *
 * <ul>
 *   <li>long, a point per row, as {@link ParquetPointsWriter} writes it: {@code device}, {@code ts}, {@code metric}, and the
 *       value in one of the other columns. Rows of one device and time that follow each other are one reading.
 *   <li>wide, a reading per row: {@code device}, {@code ts}, and every other column is a metric.
 * </ul>
 *
 * Null and NaN are no value. Holds a page per column in memory. Not safe for several threads.
 */
public final class ParquetReadings {
    private static final int MAX_FOOTER_BYTES = 64 << 20;
    private static final int TAIL_BYTES = Integer.BYTES + ParquetPointsWriter.MAGIC.length;

    private final SeekableByteChannel file;
    private final FileMetaData footer;
    private final List<FileColumn> columns = new ArrayList<>();
    private final FileColumn deviceColumn;
    private final FileColumn timeColumn;
    private final @Nullable FileColumn metricColumn;
    private final List<FileColumn> valueColumns;
    private final PageCodec codec = new PageCodec();
    private final NameCache<DeviceId> devices = NameCache.ofDevices();
    private final NameCache<String> metrics = NameCache.ofMetrics();
    private @Nullable RowGroupRows group;
    private int nextGroup;
    private int row = -1;
    private boolean rowIsNext;

    /** The metrics of columns of values, by the columns' names; empty where a column of its own names the metric. */
    private final Map<String, String> metricsOfColumns = new HashMap<>();

    /** @throws CorruptParquetException it is no Parquet file, or has not the columns of either layout */
    public ParquetReadings(SeekableByteChannel file) throws IOException {
        this.file = file;
        footer = readFooter(file);
        requireCountableRows();
        List<SchemaElement> schema = footer.getSchema();
        for (int i = 1; i < schema.size(); i++) {
            columns.add(FileColumn.of(schema.get(i), i - 1));
        }
        deviceColumn = find("device")
                .or(() -> find("device_id"))
                .filter(column -> column.kind() == FileColumn.Kind.TEXT)
                .orElseThrow(() -> new CorruptParquetException("the file has no column device with strings"));
        timeColumn = find("ts").orElseThrow(() -> new CorruptParquetException("the file has no column ts"));
        metricColumn = find("metric").orElse(null);
        valueColumns = columns.stream()
                .filter(column -> column != deviceColumn && column != timeColumn && column != metricColumn)
                .toList();
        requireValues();
    }

    private void requireCountableRows() throws CorruptParquetException {
        long rows = 0;
        for (RowGroup each : footer.getRow_groups()) {
            if (each.getNum_rows() < 0 || each.getNum_rows() > Integer.MAX_VALUE - rows) {
                throw new CorruptParquetException("the file says that it has more than " + Integer.MAX_VALUE + " rows");
            }
            rows += each.getNum_rows();
        }
    }

    private void requireValues() throws CorruptParquetException {
        if (valueColumns.isEmpty() || valueColumns.size() > JsonReadings.MAX_METRICS) {
            throw new CorruptParquetException(
                    "the file has " + valueColumns.size() + " columns of values, of 1 to " + JsonReadings.MAX_METRICS);
        }
        Set<String> distinct = new HashSet<>();
        for (FileColumn column : valueColumns) {
            if (metricColumn == null) {
                String metric = MetricName.stored(column.name());
                if (metric == null) {
                    throw new CorruptParquetException("a column: " + MetricName.refusal(column.name()));
                }
                if (!distinct.add(metric)) {
                    throw new CorruptParquetException("the file has the column " + metric + " twice");
                }
                metricsOfColumns.put(column.name(), metric);
            }
            if (column.isTimestamp()) {
                throw new CorruptParquetException("the column " + column.name() + " has times, which are no values");
            }
        }
    }

    /**
     * Goes on with the next rows into {@code target}; {@link LineReader#line} is the number of the row in the file. A file
     * that turns out to be damaged ends with an {@link UncheckedIOException} of a {@link CorruptParquetException}.
     *
     * @param most how many rows to read at most, those of the last reading beyond
     */
    public LineReader read(PointBuffer target, int most) {
        return new Rows(target, row + (long) most);
    }

    /** Whether {@link #read} has reached the end. */
    public boolean isAtEnd() {
        return nextGroup >= footer.getRow_groupsSize() && group == null && !rowIsNext;
    }

    private boolean nextRow() {
        if (rowIsNext) {
            rowIsNext = false;
            return true;
        }
        try {
            while (true) {
                RowGroupRows current = group;
                if (current != null && current.next()) {
                    row++;
                    return true;
                }
                group = null;
                if (nextGroup >= footer.getRow_groupsSize()) {
                    return false;
                }
                group = new RowGroupRows(file, footer.getRow_groups().get(nextGroup++), columns, codec);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (UncheckedIOException e) {
            throw e;
        } catch (RuntimeException e) {
            // What the library's decoders come upon in damaged pages is of any type.
            throw new UncheckedIOException(new CorruptParquetException("a page cannot be decoded"));
        }
    }

    private ColumnReader at(FileColumn column) {
        RowGroupRows current = group;
        if (current == null) {
            throw new IllegalStateException("there is no row");
        }
        return current.at(column);
    }

    private Optional<FileColumn> find(String name) {
        return columns.stream().filter(column -> column.name().equals(name)).findFirst();
    }

    private static FileMetaData readFooter(SeekableByteChannel file) throws IOException {
        long size = file.size();
        if (size < ParquetPointsWriter.MAGIC.length + TAIL_BYTES) {
            throw new CorruptParquetException("the file is no Parquet file");
        }
        ByteBuffer tail = read(file, size - TAIL_BYTES, TAIL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int length = tail.getInt();
        byte[] magic = new byte[ParquetPointsWriter.MAGIC.length];
        tail.get(magic);
        if (!Arrays.equals(magic, ParquetPointsWriter.MAGIC)) {
            throw new CorruptParquetException("the file is no Parquet file, or an encrypted one");
        }
        if (length <= 0 || length > MAX_FOOTER_BYTES || length > size - TAIL_BYTES - magic.length) {
            throw new CorruptParquetException("the footer lies outside of the file");
        }
        try {
            return Util.readFileMetaData(new ByteArrayInputStream(
                    read(file, size - TAIL_BYTES - length, length).array()));
        } catch (IOException | RuntimeException e) {
            throw new CorruptParquetException("the footer is damaged");
        }
    }

    private static ByteBuffer read(SeekableByteChannel file, long position, int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        file.position(position);
        while (bytes.hasRemaining()) {
            if (file.read(bytes) < 0) {
                throw new CorruptParquetException("the file ends early");
            }
        }
        return bytes.flip();
    }

    /** What keeps a row from being a reading. */
    private static final class UnfitRowException extends Exception {
        private static final long serialVersionUID = 1L;

        UnfitRowException(String message) {
            super(message, null, false, false);
        }
    }

    private final class Rows extends LineReader {
        private final PointBuffer target;
        private final long lastRow;

        Rows(PointBuffer target, long lastRow) {
            this.target = target;
            this.lastRow = lastRow;
        }

        @Override
        public boolean next() {
            if (row >= lastRow || !nextRow()) {
                return false;
            }
            int line = row;
            int before = target.size();
            try {
                foundReading(line, readReading());
            } catch (UnfitRowException e) {
                target.truncate(before);
                foundUnfit(line, e.getMessage());
            }
            return true;
        }

        private @Nullable DeviceId readReading() throws UnfitRowException {
            DeviceId readingDevice = readDevice();
            long timeMicros = readTime();
            target.beginReading();
            readPoints();
            long bytes = target.openPoints() == 0 ? 0 : target.addedBytes(0);
            // A reading is what follows with the same device and time; a bad row is left to be one of its own.
            while (metricColumn != null && timeMicros != PointBuffer.NO_TIME && nextRow()) {
                rowIsNext = true;
                try {
                    boolean same = readingDevice != null
                            && readingDevice.equals(readDevice())
                            && timeMicros == readTime()
                            && target.openPoints() < JsonReadings.MAX_METRICS;
                    if (!same) {
                        break;
                    }
                    int before = target.openPoints();
                    readPoints();
                    bytes = target.openPoints() == before ? bytes : target.addedBytes(bytes);
                    if (bytes < 0) {
                        break;
                    }
                    rowIsNext = false;
                } catch (UnfitRowException e) {
                    break;
                }
            }
            if (target.openPoints() == 0) {
                throw new UnfitRowException("a reading has at least one value");
            }
            target.endReading(timeMicros);
            return readingDevice;
        }

        private @Nullable DeviceId readDevice() throws UnfitRowException {
            ColumnReader reader = at(deviceColumn);
            if (!deviceColumn.isPresent(reader)) {
                throw new UnfitRowException("device: is missing");
            }
            byte[] name = reader.getBinary().getBytesUnsafe();
            return devices.get(name, 0, name.length);
        }

        private long readTime() throws UnfitRowException {
            ColumnReader reader = at(timeColumn);
            if (!timeColumn.isPresent(reader)) {
                return PointBuffer.NO_TIME;
            }
            try {
                return timeColumn.timeMicros(reader);
            } catch (IllegalArgumentException | CharacterCodingException e) {
                throw new UnfitRowException("ts: " + e.getMessage());
            }
        }

        /** Adds the points of the row. */
        private void readPoints() throws UnfitRowException {
            String named = null;
            FileColumn names = metricColumn;
            if (names != null) {
                ColumnReader reader = at(names);
                byte[] name = names.isPresent(reader) ? reader.getBinary().getBytesUnsafe() : new byte[0];
                named = metrics.get(name, 0, name.length);
                if (named == null) {
                    throw new UnfitRowException(MetricName.refusal(new String(name, StandardCharsets.UTF_8)));
                }
            }
            long present = valueColumns.stream()
                    .filter(column -> column.isPresent(at(column)))
                    .count();
            if (named != null && present != 1) {
                throw new UnfitRowException(named + (present == 0 ? ": has no value" : ": has several values"));
            }
            for (FileColumn column : valueColumns) {
                ColumnReader reader = at(column);
                if (column.isPresent(reader)) {
                    readPoint(
                            named == null ? metricsOfColumns.getOrDefault(column.name(), column.name()) : named,
                            column,
                            reader);
                }
            }
        }

        private void readPoint(String metric, FileColumn column, ColumnReader reader) throws UnfitRowException {
            if (column.kind() == FileColumn.Kind.TEXT) {
                if (reader.getBinary().length() > Value.MAX_TEXT_BYTES) {
                    throw new UnfitRowException(metric + ": a string has at most " + Value.MAX_TEXT_BYTES + " bytes");
                }
                try {
                    target.addText(metric, column.text(reader));
                } catch (CharacterCodingException e) {
                    throw new UnfitRowException(metric + ": is not UTF-8");
                }
                return;
            }
            if (column.kind() == FileColumn.Kind.BOOLEAN) {
                target.addBool(metric, reader.getBoolean());
            } else {
                double number = column.number(reader);
                if (Double.isInfinite(number)) {
                    throw new UnfitRowException(metric + ": a number must be finite");
                }
                if (!Double.isNaN(number)) {
                    target.addNumber(metric, number);
                }
            }
        }
    }
}
