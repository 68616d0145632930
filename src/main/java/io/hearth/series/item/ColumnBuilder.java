package io.hearth.series.item;

import io.hearth.model.Column;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** One metric of the block to be. */
final class ColumnBuilder {
    private final String metric;
    private final byte[] utf8;
    private final boolean isWanted;
    private byte[] kinds;
    private double[] numbers;
    private @Nullable String @Nullable [] texts;
    private int values;
    private boolean onlyNumbers = true;

    ColumnBuilder(String metric, boolean isWanted, int capacity) {
        this.metric = metric;
        this.isWanted = isWanted;
        utf8 = metric.getBytes(StandardCharsets.UTF_8);
        kinds = new byte[isWanted ? capacity : 0];
        numbers = new double[isWanted ? capacity : 0];
    }

    String metric() {
        return metric;
    }

    boolean isWanted() {
        return isWanted;
    }

    /** Whether a part of the bytes is the name of the metric. */
    boolean isNamed(byte[] array, int nameAt, int nameLength) {
        return Arrays.equals(utf8, 0, utf8.length, array, nameAt, nameAt + nameLength);
    }

    /** How many rows have a value. */
    int values() {
        return values;
    }

    boolean has(int row) {
        return kinds[row] != Column.ABSENT;
    }

    void setNumber(int row, double number) {
        kinds[row] = Column.NUMBER;
        numbers[row] = number;
        values++;
    }

    void setBool(int row, boolean bool) {
        kinds[row] = Column.BOOL;
        numbers[row] = bool ? 1 : 0;
        values++;
        onlyNumbers = false;
    }

    void setText(int row, String text) {
        kinds[row] = Column.TEXT;
        if (texts == null) {
            texts = new @Nullable String[kinds.length];
        }
        texts[row] = text;
        values++;
        onlyNumbers = false;
    }

    /** Takes the values of a column from {@code from} to {@code to}, exclusive, each {@code base} rows further on. */
    void setAll(Column column, int from, int to, int base) {
        if (!isWanted) {
            return;
        }
        byte[] columnKinds = column.kinds();
        if (columnKinds == null) {
            Arrays.fill(kinds, base + from, base + to, Column.NUMBER);
            System.arraycopy(column.numbers(), from, numbers, base + from, to - from);
            values += to - from;
            return;
        }
        for (int i = from; i < to; i++) {
            switch (columnKinds[i]) {
                case Column.NUMBER -> setNumber(base + i, column.numbers()[i]);
                case Column.BOOL -> setBool(base + i, column.numbers()[i] != 0);
                case Column.TEXT -> setText(base + i, column.textAt(i));
                default -> {}
            }
        }
    }

    void copy(ColumnBuilder source, int from, int to) {
        switch (source.kinds[from]) {
            case Column.NUMBER -> setNumber(to, source.numbers[from]);
            case Column.BOOL -> setBool(to, source.numbers[from] != 0);
            default -> {
                String text = source.texts == null ? null : source.texts[from];
                setText(to, text == null ? "" : text);
            }
        }
    }

    void ensure(int capacity) {
        if (isWanted) {
            kinds = Arrays.copyOf(kinds, capacity);
            numbers = Arrays.copyOf(numbers, capacity);
            texts = texts == null ? null : Arrays.copyOf(texts, capacity);
        }
    }

    Column build(int rows) {
        return new Column(metric, onlyNumbers && values == rows ? null : kinds, numbers, texts);
    }
}
