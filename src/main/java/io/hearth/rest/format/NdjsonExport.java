package io.hearth.rest.format;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Readings as the lines that {@code readings:batch} takes: {@code {"device":…,"ts":…,"values":{…}}}. */
public final class NdjsonExport implements ExportWriter {
    private static final int MAX_KEYS = 10_000;
    private static final byte[] VALUES = ",\"values\":{".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CLOSE = "}}\n".getBytes(StandardCharsets.US_ASCII);

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
            out.raw(open);
            TimeForm.RFC3339.json(block.timesMicros()[i], out);
            out.raw(VALUES);
            boolean first = true;
            for (int c = 0; c < columnKeys.length; c++) {
                Column column = columns.get(c);
                if (column.kindAt(i) != Column.ABSENT) {
                    if (!first) {
                        out.ascii(',');
                    }
                    first = false;
                    out.raw(columnKeys[c]);
                    JsonValues.write(column, i, out);
                }
            }
            out.raw(CLOSE);
        }
    }

    @Override
    public void end() throws IOException {
        out.flush();
    }
}
