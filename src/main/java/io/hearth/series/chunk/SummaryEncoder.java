package io.hearth.series.chunk;

import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.ScaledDecimal;
import io.hearth.model.Column;
import io.hearth.model.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Computes the summary of a column and writes it as {@link SummaryDecoder} reads it. */
final class SummaryEncoder {
    private final PackedColumn packed;
    private final long[] times;
    private final ByteWriter out;

    private SummaryEncoder(PackedColumn packed, long[] times, ByteWriter out) {
        this.packed = packed;
        this.times = times;
        this.out = out;
    }

    /**
     * @param packed with at least one value
     * @param times of its readings
     */
    static void encode(PackedColumn packed, long[] times, ByteWriter out) {
        new SummaryEncoder(packed, times, out).write();
    }

    private void write() {
        byte[] kinds = packed.kinds();
        int readings = kinds.length;
        int points = packed.points();
        int numberCount = packed.numbers().length;
        DecimalSums decimal = DecimalSums.of(packed.decimals());
        out.writeByte((numberCount == points ? SummaryDecoder.NUMBERS_ONLY : 0)
                | (points == readings ? SummaryDecoder.EVERYWHERE : 0)
                | (decimal == null ? 0 : SummaryDecoder.DECIMAL | decimal.digits << SummaryDecoder.DIGITS_SHIFT));
        if (points < readings) {
            out.writeVarint(points);
        }
        if (numberCount < points) {
            out.writeVarint(numberCount);
        }
        int first = 0;
        while (kinds[first] == Column.ABSENT) {
            first++;
        }
        int last = readings - 1;
        while (kinds[last] == Column.ABSENT) {
            last--;
        }
        out.writeVarint(times[first] - times[0]);
        out.writeVarint(times[readings - 1] - times[last]);
        if (decimal != null) {
            out.writeSignedVarint(decimal.min);
            out.writeVarint(decimal.max - decimal.min);
            out.writeVarint(decimal.sum);
            out.writeVarint(decimal.squares);
        } else if (numberCount > 0) {
            writeSums();
        }
        writeValue(first, decimal);
        writeValue(last, decimal);
    }

    private void writeSums() {
        double[] numbers = packed.numbers();
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double plain = 0;
        double sum = 0;
        double lost = 0;
        for (double number : numbers) {
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
        double mean = sum / numbers.length;
        double squaredDeviations = 0;
        for (double number : numbers) {
            double deviation = number - mean;
            squaredDeviations += deviation * deviation;
        }
        writeDouble(min);
        writeDouble(max);
        writeDouble(sum);
        writeDouble(squaredDeviations);
    }

    private void writeValue(int index, @Nullable DecimalSums decimal) {
        Column column = packed.column();
        byte kind = packed.kinds()[index];
        if (packed.numbers().length < packed.points()) {
            out.writeByte(kind);
        }
        switch (kind) {
            case Column.NUMBER -> {
                double number = column.numbers()[index];
                if (decimal == null) {
                    writeDouble(number);
                } else {
                    out.writeVarint(ScaledDecimal.scale(number, decimal.digits) - decimal.min);
                }
            }
            case Column.BOOL -> out.writeByte(column.numbers()[index] == 0 ? 0 : 1);
            default -> {
                byte[] utf8 = column.textAt(index).getBytes(StandardCharsets.UTF_8);
                if (utf8.length > Value.MAX_TEXT_BYTES) {
                    throw new IllegalArgumentException(column.metric() + " has a text of " + utf8.length + " bytes");
                }
                out.writeVarint(utf8.length);
                out.writeBytes(utf8);
            }
        }
    }

    private void writeDouble(double number) {
        out.writeLongLE(Double.doubleToRawLongBits(number));
    }

    /**
     * The exact sums of short decimals.
     *
     * @param sum of the scaled numbers, less the smallest one each
     * @param squares of the same differences
     */
    private record DecimalSums(int digits, long min, long max, long sum, long squares) {

        /** Null if not all are decimals or a sum is not exact in a double. */
        static @Nullable DecimalSums of(List<Decimals> candidates) {
            if (candidates.isEmpty() || candidates.get(0).hasExceptions()) {
                return null;
            }
            Decimals decimals = candidates.get(0);
            long[] scaled = decimals.scaled();
            int count = scaled.length;
            long min = Long.MAX_VALUE;
            long max = Long.MIN_VALUE;
            for (long number : scaled) {
                min = Math.min(min, number);
                max = Math.max(max, number);
            }
            double range = (double) max - min;
            double magnitude = Math.max(Math.abs((double) min), Math.abs((double) max));
            if (count * magnitude > SummaryDecoder.MAX_EXACT || count * range * range > SummaryDecoder.MAX_EXACT) {
                return null;
            }
            long sum = 0;
            long squares = 0;
            for (long number : scaled) {
                long difference = number - min;
                sum += difference;
                squares += difference * difference;
            }
            return new DecimalSums(decimals.digits(), min, max, sum, squares);
        }
    }
}
