package io.hearth.series.chunk;

import io.hearth.model.Column;
import java.util.Arrays;
import java.util.List;

/**
 * A column taken apart: the values of each kind without gaps, in order.
 *
 * @param kinds of each reading
 * @param bools 1 and 0
 * @param decimals what {@link Decimals#candidates} says of the numbers
 */
record PackedColumn(
        Column column, byte[] kinds, double[] numbers, long[] bools, String[] texts, List<Decimals> decimals) {

    static PackedColumn of(Column column, int readings) {
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
                case Column.NUMBER -> numbers[numberCount++] = finite(column, i);
                case Column.BOOL -> bools[boolCount++] = column.numbers()[i] == 0 ? 0 : 1;
                case Column.TEXT -> texts[textCount++] = column.textAt(i);
                default -> throw new IllegalArgumentException(column.metric() + " has kind " + kinds[i]);
            }
        }
        numbers = Arrays.copyOf(numbers, numberCount);
        return new PackedColumn(
                column,
                kinds,
                numbers,
                Arrays.copyOf(bools, boolCount),
                Arrays.copyOf(texts, textCount),
                Decimals.candidates(numbers));
    }

    private static double finite(Column column, int index) {
        double number = column.numbers()[index];
        if (!Double.isFinite(number)) {
            throw new IllegalArgumentException(column.metric() + " has the number " + number);
        }
        return number;
    }

    int points() {
        return numbers.length + bools.length + texts.length;
    }
}
