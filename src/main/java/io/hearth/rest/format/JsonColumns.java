package io.hearth.rest.format;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Readings as parallel arrays: {@code {"device":…,"readings":{"ts":[…],"temperature":[…]},"nextCursor":…}}, {@code null}
 * where a reading lacks the metric. Holds the readings until the end, as a column needs all of them, so its caller bounds
 * the page. A metric of the name {@code ts} is called {@code values.ts}.
 */
public final class JsonColumns implements ReadingsWriter {
    private final DeviceId device;
    private final TimeForm timeForm;
    private final TextOutput out;
    private final List<Slice> slices = new ArrayList<>();

    public JsonColumns(DeviceId device, TimeForm timeForm, TextOutput out) {
        this.device = device;
        this.timeForm = timeForm;
        this.out = out;
    }

    @Override
    public void begin() {}

    @Override
    public void block(ReadingBlock block, int first, int last) {
        slices.add(new Slice(block, first, last));
    }

    @Override
    public void end(@Nullable String nextCursor) throws IOException {
        out.ascii("{\"device\":");
        out.jsonString(device.value());
        out.ascii(",\"readings\":{\"ts\":[");
        boolean first = true;
        for (Slice slice : slices) {
            for (int i = slice.first; i != slice.behindLast(); i += slice.step()) {
                first = separate(first);
                timeForm.json(slice.block.timesMicros()[i], out);
            }
        }
        out.ascii(']');
        for (String metric : metrics()) {
            out.ascii(',');
            out.raw(JsonValues.keyOf(ColumnName.of(metric)));
            column(metric);
        }
        out.ascii('}');
        JsonValues.endWithCursor(nextCursor, out);
    }

    private Collection<String> metrics() {
        TreeSet<String> metrics = new TreeSet<>();
        slices.forEach(slice -> slice.block.columns().forEach(column -> metrics.add(column.metric())));
        return metrics;
    }

    private void column(String metric) throws IOException {
        out.ascii('[');
        boolean first = true;
        for (Slice slice : slices) {
            Column column = slice.column(metric);
            for (int i = slice.first; i != slice.behindLast(); i += slice.step()) {
                first = separate(first);
                if (column == null || column.kindAt(i) == Column.ABSENT) {
                    out.ascii("null");
                } else {
                    JsonValues.write(column, i, out);
                }
            }
        }
        out.ascii(']');
    }

    private boolean separate(boolean first) throws IOException {
        if (!first) {
            out.ascii(',');
        }
        return false;
    }

    private record Slice(ReadingBlock block, int first, int last) {
        int step() {
            return first <= last ? 1 : -1;
        }

        int behindLast() {
            return last + step();
        }

        @Nullable
        Column column(String metric) {
            for (Column column : block.columns()) {
                if (column.metric().equals(metric)) {
                    return column;
                }
            }
            return null;
        }
    }
}
