package io.hearth.rest.format;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Readings as JSON objects, {@code {"ts":…,"values":{…}}}: the elements of one document with the device and the cursor, or
 * a line each (NDJSON), which has no place for either.
 */
public final class JsonRows implements ReadingsWriter {
    private static final byte[] OPEN = "{\"ts\":".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VALUES = ",\"values\":{".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] CLOSE = "}}".getBytes(StandardCharsets.US_ASCII);

    private final @Nullable DeviceId device;
    private final TimeForm timeForm;
    private final TextOutput out;
    private final Map<String, byte[]> keys = new HashMap<>();
    private boolean first = true;

    private JsonRows(@Nullable DeviceId device, TimeForm timeForm, TextOutput out) {
        this.device = device;
        this.timeForm = timeForm;
        this.out = out;
    }

    /** {@code {"device":…,"readings":[…],"nextCursor":…}}. */
    public static JsonRows document(DeviceId device, TimeForm timeForm, TextOutput out) {
        return new JsonRows(device, timeForm, out);
    }

    /** {@code {"device":…,"readings":[…]}} of one block. */
    public static void event(DeviceId device, ReadingBlock block, TextOutput out) throws IOException {
        JsonRows rows = new JsonRows(device, TimeForm.RFC3339, out);
        rows.begin();
        rows.block(block, 0, block.size() - 1);
        out.ascii("]}");
    }

    /** One reading a line. */
    public static JsonRows lines(TimeForm timeForm, TextOutput out) {
        return new JsonRows(null, timeForm, out);
    }

    @Override
    public void begin() throws IOException {
        if (device != null) {
            out.ascii("{\"device\":");
            out.jsonString(device.value());
            out.ascii(",\"readings\":[");
        }
    }

    @Override
    public void block(ReadingBlock block, int first, int last) throws IOException {
        List<Column> columns = block.columns();
        byte[][] columnKeys = new byte[columns.size()][];
        for (int c = 0; c < columnKeys.length; c++) {
            columnKeys[c] = keys.computeIfAbsent(columns.get(c).metric(), JsonValues::keyOf);
        }
        int step = first <= last ? 1 : -1;
        for (int i = first; i != last + step; i += step) {
            reading(block, i, columnKeys);
        }
    }

    private void reading(ReadingBlock block, int index, byte[][] columnKeys) throws IOException {
        if (device != null && !first) {
            out.ascii(',');
        }
        first = false;
        out.raw(OPEN);
        timeForm.json(block.timesMicros()[index], out);
        out.raw(VALUES);
        boolean firstValue = true;
        for (int c = 0; c < columnKeys.length; c++) {
            Column column = block.columns().get(c);
            if (column.kindAt(index) == Column.ABSENT) {
                continue;
            }
            if (!firstValue) {
                out.ascii(',');
            }
            firstValue = false;
            out.raw(columnKeys[c]);
            JsonValues.write(column, index, out);
        }
        out.raw(CLOSE);
        if (device == null) {
            out.ascii('\n');
        }
    }

    @Override
    public void end(@Nullable String nextCursor) throws IOException {
        if (device != null) {
            out.ascii(']');
            JsonValues.endWithCursor(nextCursor, out);
        }
    }
}
