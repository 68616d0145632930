package io.hearth.rest.format;

import io.hearth.codec.JsonReadings;
import io.hearth.codec.LineFormat;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import io.hearth.model.ReadingBlock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Readings as the lines that {@code readings:batch} takes: {@code {"device":…,"ts":…,"values":{…}}}. A reading that is larger
 * than one line may be, as several messages brought it, becomes several lines with its time.
 */
public final class NdjsonExport implements ExportWriter {
    private static final int MAX_KEYS = 10_000;

    /** A point more still fits the longest line that is taken. */
    private static final int FULL_LINE_BYTES = LineFormat.MAX_LINE_BYTES - 16 * 1024;

    private static final byte[] VALUES = ",\"values\":{".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CLOSE = "}}\n".getBytes(StandardCharsets.US_ASCII);

    /** Any reading with so few metrics is small enough, but for the escapes of its texts. */
    private static final int FEW_COLUMNS = 100;

    private final TextOutput out;
    private final Map<String, byte[]> keys = new HashMap<>();

    public NdjsonExport(TextOutput out) {
        this.out = out;
    }

    @Override
    public void begin() {}

    @Override
    public void block(DeviceId device, ReadingBlock block) throws IOException {
        byte[] open = ("{\"device\":\"" + device.value() + "\",\"ts\":").getBytes(StandardCharsets.US_ASCII);
        List<Column> columns = block.columns();
        if (keys.size() > MAX_KEYS) {
            keys.clear();
        }
        byte[][] columnKeys = columns.stream()
                .map(column -> keys.computeIfAbsent(column.metric(), JsonValues::keyOf))
                .toArray(byte[][]::new);
        for (int i = 0; i < block.size(); i++) {
            reading(open, block, i, columnKeys);
        }
    }

    private void reading(byte[] open, ReadingBlock block, int row, byte[][] columnKeys) throws IOException {
        int points = 0;
        long readingBytes = 0;
        long lineStart = 0;
        for (int c = 0; c < columnKeys.length; c++) {
            Column column = block.columns().get(c);
            byte kind = column.kindAt(row);
            if (kind == Column.ABSENT) {
                continue;
            }
            int size = columnKeys.length <= FEW_COLUMNS
                    ? 0
                    : PointBuffer.sizeOf(column.metric(), kind == Column.TEXT ? column.textAt(row) : null);
            boolean isFull = points == JsonReadings.MAX_METRICS
                    || readingBytes + size > PointBuffer.MAX_READING_BYTES
                    || out.written() - lineStart > FULL_LINE_BYTES;
            if (points > 0 && isFull) {
                out.raw(CLOSE);
                points = 0;
                readingBytes = 0;
            }
            if (points == 0) {
                lineStart = out.written();
                out.raw(open);
                TimeForm.RFC3339.json(block.timesMicros()[row], out);
                out.raw(VALUES);
            } else {
                out.ascii(',');
            }
            points++;
            readingBytes += size;
            out.raw(columnKeys[c]);
            JsonValues.write(column, row, out);
        }
        out.raw(CLOSE);
    }

    @Override
    public void end() throws IOException {
        out.flush();
    }
}
