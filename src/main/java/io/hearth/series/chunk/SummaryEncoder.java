package io.hearth.series.chunk;

import io.hearth.model.Column;
import io.hearth.model.Value;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Computes the summary of a column and writes it as {@link SummaryDecoder} reads it. */
final class SummaryEncoder {
    private final Column column;
    private final int readings;
    private final long[] times;
    private final ByteSink out;
    private final double[] numbers;
    private int numberCount;
    private int points;
    private int first = -1;
    private int last = -1;

    private SummaryEncoder(Column column, int readings, long[] times, ByteSink out) {
        this.column = column;
        this.readings = readings;
        this.times = times;
        this.out = out;
        this.numbers = new double[readings];
    }

    /**
     * @param column with a value in at least one of the readings
     * @throws IllegalArgumentException if a number is not finite
     */
    static void encode(Column column, int readings, long[] times, ByteSink out) {
        SummaryEncoder encoder = new SummaryEncoder(column, readings, times, out);
        encoder.scan();
        encoder.write();
    }

    private void scan() {
        for (int i = 0; i < readings; i++) {
            byte kind = column.kindAt(i);
            if (kind == Column.ABSENT) {
                continue;
            }
            if (kind == Column.NUMBER) {
                double number = column.numbers()[i];
                if (!Double.isFinite(number)) {
                    throw new IllegalArgumentException(column.metric() + " has the number " + number);
                }
                numbers[numberCount++] = number;
            }
            first = points == 0 ? i : first;
            last = i;
            points++;
        }
    }

    private void write() {
        DecimalSums decimal = DecimalSums.of(numbers, numberCount);
        out.u8((numberCount == points ? SummaryDecoder.NUMBERS_ONLY : 0)
                | (points == readings ? SummaryDecoder.EVERYWHERE : 0)
                | (decimal == null ? 0 : SummaryDecoder.DECIMAL | decimal.digits << SummaryDecoder.DIGITS_SHIFT));
        if (points < readings) {
            out.varint(points);
        }
        if (numberCount < points) {
            out.varint(numberCount);
        }
        out.varint(times[first] - times[0]);
        out.varint(times[readings - 1] - times[last]);
        if (decimal != null) {
            out.zigzag(decimal.min);
            out.varint(decimal.max - decimal.min);
            out.varint(decimal.sum);
            out.varint(decimal.squares);
        } else if (numberCount > 0) {
            writeSums();
        }
        writeValue(first, decimal);
        writeValue(last, decimal);
    }

    private void writeSums() {
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double plain = 0;
        double sum = 0;
        double lost = 0;
        for (int i = 0; i < numberCount; i++) {
            double number = numbers[i];
            min = Math.min(min, number);
            max = Math.max(max, number);
            plain += number;
            // A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974
            double next = sum + number;
            lost += Math.abs(sum) >= Math.abs(number) ? sum - next + number : number - next + sum;
            sum = next;
        }
        sum += lost;
        if (!Double.isFinite(sum)) {
            sum = plain;
        }
        double mean = sum / numberCount;
        double squaredDeviations = 0;
        for (int i = 0; i < numberCount; i++) {
            double deviation = numbers[i] - mean;
            squaredDeviations += deviation * deviation;
        }
        writeDouble(min);
        writeDouble(max);
        writeDouble(sum);
        writeDouble(squaredDeviations);
    }

    private void writeValue(int index, @Nullable DecimalSums decimal) {
        byte kind = column.kindAt(index);
        if (numberCount < points) {
            out.u8(kind);
        }
        switch (kind) {
            case Column.NUMBER -> {
                double number = column.numbers()[index];
                if (decimal == null) {
                    writeDouble(number);
                } else {
                    out.varint(Decimals.scale(number, decimal.digits) - decimal.min);
                }
            }
            case Column.BOOL -> out.u8(column.numbers()[index] == 0 ? 0 : 1);
            default -> {
                byte[] utf8 = column.textAt(index).getBytes(StandardCharsets.UTF_8);
                if (utf8.length > Value.MAX_TEXT_BYTES) {
                    throw new IllegalArgumentException(column.metric() + " has a text of " + utf8.length + " bytes");
                }
                out.varint(utf8.length);
                out.bytes(utf8);
            }
        }
    }

    private void writeDouble(double number) {
        out.u64(Double.doubleToRawLongBits(number));
    }

    /**
     * The exact sums of short decimals.
     *
     * @param sum of the scaled numbers, less the smallest one each
     * @param squares of the same differences
     */
    private record DecimalSums(int digits, long min, long max, long sum, long squares) {

        /** Null if not all are decimals or a sum is not exact in a double. */
        static @Nullable DecimalSums of(double[] numbers, int count) {
            int[] counts = Decimals.countDigits(numbers, count);
            Decimals decimals = Decimals.of(numbers, count, Decimals.mostDigits(counts));
            if (count == 0 || decimals == null || decimals.exceptions().length > 0) {
                return null;
            }
            long[] scaled = decimals.scaled();
            long min = Long.MAX_VALUE;
            long max = Long.MIN_VALUE;
            for (int i = 0; i < count; i++) {
                min = Math.min(min, scaled[i]);
                max = Math.max(max, scaled[i]);
            }
            double range = (double) max - min;
            double magnitude = Math.max(Math.abs((double) min), Math.abs((double) max));
            if (count * magnitude > SummaryDecoder.MAX_EXACT || count * range * range > SummaryDecoder.MAX_EXACT) {
                return null;
            }
            long sum = 0;
            long squares = 0;
            for (int i = 0; i < count; i++) {
                long difference = scaled[i] - min;
                sum += difference;
                squares += difference * difference;
            }
            return new DecimalSums(decimals.digits(), min, max, sum, squares);
        }
    }
}
