package io.hearth.series.aggregate;

import io.hearth.model.Column;
import org.jspecify.annotations.Nullable;

/** The values of one function of one metric, one per bucket; NaN, which no value is, where there is none. */
final class ResultColumn {
    private final double[] numbers;
    /** Null if all that are present are numbers. */
    private final byte @Nullable [] kinds;

    private final @Nullable String @Nullable [] texts;

    private ResultColumn(double[] numbers, byte @Nullable [] kinds, @Nullable String @Nullable [] texts) {
        this.numbers = numbers;
        this.kinds = kinds;
        this.texts = texts;
    }

    static ResultColumn ofNumbers(double[] numbers) {
        return new ResultColumn(numbers, null, null);
    }

    static ResultColumn ofEdges(int size, EdgeValues edges) {
        double[] numbers = new double[size];
        byte[] kinds = new byte[size];
        @Nullable String[] texts = null;
        for (int b = 0; b < size; b++) {
            kinds[b] = edges.kind(b);
            numbers[b] = edges.number(b);
            String text = edges.text(b);
            if (text != null) {
                texts = texts == null ? new String[size] : texts;
                texts[b] = text;
            }
        }
        return new ResultColumn(numbers, kinds, texts);
    }

    byte kind(int bucket) {
        if (kinds != null) {
            return kinds[bucket];
        }
        return Double.isNaN(numbers[bucket]) ? Column.ABSENT : Column.NUMBER;
    }

    double number(int bucket) {
        return numbers[bucket];
    }

    @Nullable
    String text(int bucket) {
        return texts == null ? null : texts[bucket];
    }

    void fillZero() {
        for (int b = 0; b < numbers.length; b++) {
            if (kind(b) == Column.ABSENT) {
                numbers[b] = 0;
            }
        }
    }

    void fillPrevious() {
        for (int b = 1; b < numbers.length; b++) {
            if (kind(b) == Column.ABSENT) {
                numbers[b] = numbers[b - 1];
                if (kinds != null) {
                    kinds[b] = kinds[b - 1];
                }
                if (texts != null) {
                    texts[b] = texts[b - 1];
                }
            }
        }
    }

    void fillLinear(BucketGrid grid) {
        int left = -1;
        for (int b = 0; b < numbers.length; b++) {
            byte kind = kind(b);
            if (kind != Column.ABSENT) {
                if (left >= 0 && left < b - 1 && kind == Column.NUMBER && kind(left) == Column.NUMBER) {
                    fillBetween(left, b, grid);
                }
                left = b;
            }
        }
    }

    private void fillBetween(int left, int right, BucketGrid grid) {
        long start = grid.startMicros(left);
        double length = grid.startMicros(right) - start;
        double from = numbers[left];
        double to = numbers[right];
        for (int b = left + 1; b < right; b++) {
            double share = (grid.startMicros(b) - start) / length;
            numbers[b] = from == to ? from : from * (1 - share) + to * share;
            if (kinds != null) {
                kinds[b] = Column.NUMBER;
            }
        }
    }
}
