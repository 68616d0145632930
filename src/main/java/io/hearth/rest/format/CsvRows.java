package io.hearth.rest.format;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Readings as CSV (RFC 4180): a header of {@code ts} and the metrics, then a row per reading, with an empty field where it
 * lacks the metric. A metric of the name {@code ts} is called {@code values.ts}.
 */
public final class CsvRows implements ReadingsWriter {
    private static final String LINE_END = "\r\n";

    private final List<String> metrics;
    private final TimeForm timeForm;
    private final TextOutput out;

    /** @param metrics the columns, in this order; values of other metrics are left out */
    public CsvRows(List<String> metrics, TimeForm timeForm, TextOutput out) {
        this.metrics = List.copyOf(metrics);
        this.timeForm = timeForm;
        this.out = out;
    }

    @Override
    public void begin() throws IOException {
        out.ascii(ColumnName.TIMES);
        for (String metric : metrics) {
            out.ascii(',');
            out.csvField(ColumnName.of(metric));
        }
        out.ascii(LINE_END);
    }

    @Override
    public void block(ReadingBlock block, int first, int last) throws IOException {
        Map<String, Column> byName = new HashMap<>();
        block.columns().forEach(column -> byName.put(column.metric(), column));
        @Nullable Column[] columns = metrics.stream().map(byName::get).toArray(Column[]::new);
        int step = first <= last ? 1 : -1;
        for (int i = first; i != last + step; i += step) {
            timeForm.plain(block.timesMicros()[i], out);
            for (Column column : columns) {
                out.ascii(',');
                if (column != null) {
                    field(column, i);
                }
            }
            out.ascii(LINE_END);
        }
    }

    private void field(Column column, int index) throws IOException {
        switch (column.kindAt(index)) {
            case Column.NUMBER -> out.number(column.numbers()[index]);
            case Column.BOOL -> out.ascii(column.numbers()[index] != 0 ? "true" : "false");
            case Column.TEXT -> out.csvField(column.textAt(index));
            default -> {}
        }
    }

    @Override
    public void end(@Nullable String nextCursor) {}
}
