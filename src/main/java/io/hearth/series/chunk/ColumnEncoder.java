package io.hearth.series.chunk;

import io.hearth.bytes.ByteWriter;
import io.hearth.series.chunk.integer.IntegerEncoder;

/** Writes a column as {@link ColumnDecoder} reads it. */
final class ColumnEncoder {
    private ColumnEncoder() {}

    /** @param column with at least one value */
    static void encode(PackedColumn column, ByteWriter out) {
        KindCoder.encode(column.kinds(), out);
        if (column.numbers().length > 0) {
            NumberEncoder.encode(column.numbers(), column.decimals(), out);
        }
        IntegerEncoder.encode(column.bools(), column.bools().length, out);
        if (column.texts().length > 0) {
            TextCoder.encode(column.texts(), out);
        }
    }
}
