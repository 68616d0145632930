package io.hearth.series.chunk;

import io.hearth.model.Column;
import java.util.Arrays;

/** Writes a column as {@link ColumnDecoder} reads it. */
final class ColumnEncoder {
    private ColumnEncoder() {}

    /** @param column with a value in at least one of the readings */
    static void encode(Column column, int readings, ByteSink out) {
        byte[] kinds = new byte[readings];
        double[] numbers = new double[readings];
        long[] bools = new long[readings];
        String[] texts = new String[readings];
        int numberCount = 0;
        int boolCount = 0;
        int textCount = 0;
        for (int i = 0; i < readings; i++) {
            kinds[i] = column.kindAt(i);
            switch (kinds[i]) {
                case Column.ABSENT -> {}
                case Column.NUMBER -> numbers[numberCount++] = column.numbers()[i];
                case Column.BOOL -> bools[boolCount++] = column.numbers()[i] == 0 ? 0 : 1;
                case Column.TEXT -> texts[textCount++] = column.textAt(i);
                default -> throw new IllegalArgumentException(column.metric() + " has kind " + kinds[i]);
            }
        }
        KindCoder.encode(kinds, readings, out);
        if (numberCount > 0) {
            NumberEncoder.encode(numbers, numberCount, out);
        }
        IntegerEncoder.encode(bools, boolCount, out);
        if (textCount > 0) {
            TextCoder.encode(Arrays.copyOf(texts, textCount), out);
        }
    }
}
