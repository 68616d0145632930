package io.hearth.rest.format;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import java.io.IOException;

/**
 * Readings as CSV (RFC 4180) with a row per point, {@code device,ts,metric,value,type}: devices differ in their metrics, and
 * the type tells the string {@code true} from the boolean. The rows of a reading follow each other.
 */
public final class CsvExport implements ExportWriter {
    private static final String LINE_END = "\r\n";

    private final TextOutput out;

    public CsvExport(TextOutput out) {
        this.out = out;
    }

    @Override
    public void begin() throws IOException {
        out.ascii("device,ts,metric,value,type");
        out.ascii(LINE_END);
    }

    @Override
    public void block(DeviceId device, ReadingBlock block) throws IOException {
        for (int i = 0; i < block.size(); i++) {
            for (Column column : block.columns()) {
                byte kind = column.kindAt(i);
                if (kind != Column.ABSENT) {
                    out.ascii(device.value());
                    out.ascii(',');
                    out.time(block.timesMicros()[i]);
                    out.ascii(',');
                    out.csvField(column.metric());
                    out.ascii(',');
                    value(column, i, kind);
                    out.ascii(LINE_END);
                }
            }
        }
    }

    private void value(Column column, int index, byte kind) throws IOException {
        switch (kind) {
            case Column.NUMBER -> {
                out.number(column.numbers()[index]);
                out.ascii(",number");
            }
            case Column.BOOL -> out.ascii(column.numbers()[index] != 0 ? "true,boolean" : "false,boolean");
            default -> {
                out.csvField(column.textAt(index));
                out.ascii(",string");
            }
        }
    }

    @Override
    public void end() throws IOException {
        out.flush();
    }
}
