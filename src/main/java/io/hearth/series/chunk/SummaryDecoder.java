package io.hearth.series.chunk;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ScaledDecimal;
import io.hearth.model.Column;
import io.hearth.model.Value;
import java.nio.charset.StandardCharsets;

/**
 * Reads what a header tells of one metric:
 *
 * <pre>
 * u8      NUMBERS_ONLY, EVERYWHERE, DECIMAL (1 bit each), 0 (1 bit), decimal digits (4 bits)
 * varint  points            unless EVERYWHERE: in all readings
 * varint  numbers           unless NUMBERS_ONLY: as many as points
 * varint  µs from the chunk's first reading to the first value · varint µs from the last value to its last reading
 * then, if DECIMAL, all scaled by 10^digits:
 *         zigzag min · varint max - min · varint sum of (number - min) · varint sum of (number - min)²
 * or, if there are numbers:
 *         f64 min · f64 max · f64 sum · f64 sum of (number - mean)²
 * then the first and the last value, each:
 *         u8 kind, unless NUMBERS_ONLY
 *         a number as varint scaled number - min if DECIMAL, else f64; a truth value as u8; a text as varint bytes, UTF-8
 * </pre>
 */
final class SummaryDecoder {
    static final int NUMBERS_ONLY = 1;
    static final int EVERYWHERE = 2;
    static final int DECIMAL = 4;
    static final int DIGITS_SHIFT = 4;

    /** Integers up to here are exact doubles. */
    static final long MAX_EXACT = 1L << 53;

    private final ByteReader in;
    private final int flags;
    private final double power;
    private long scaledMin;

    private SummaryDecoder(ByteReader in) {
        this.in = in;
        flags = in.readByte();
        int digits = flags >>> DIGITS_SHIFT;
        if (digits > ScaledDecimal.MAX_DIGITS) {
            throw in.corrupt(digits + " decimal digits");
        }
        power = ScaledDecimal.power(digits);
    }

    static MetricSummary decode(ByteReader in, String metric, int readings, long chunkFirst, long chunkLast) {
        return new SummaryDecoder(in).read(metric, readings, chunkFirst, chunkLast);
    }

    private MetricSummary read(String metric, int readings, long chunkFirst, long chunkLast) {
        int points = has(EVERYWHERE) ? readings : in.readCount(1, readings);
        int numbers = has(NUMBERS_ONLY) ? points : in.readCount(0, points);
        long first = chunkFirst + in.readVarint();
        long last = chunkLast - in.readVarint();
        if (first < chunkFirst || last < first || last > chunkLast) {
            throw in.corrupt("the values of " + metric + " lie outside");
        }
        double min = Double.POSITIVE_INFINITY;
        double max = Double.NEGATIVE_INFINITY;
        double sum = 0;
        double squaredDeviations = 0;
        if (has(DECIMAL)) {
            scaledMin = in.readSignedVarint();
            min = scaledMin / power;
            max = (scaledMin + in.readVarint()) / power;
            long differences = in.readVarint();
            double squares = in.readVarint();
            sum = (scaledMin * numbers + differences) / power;
            squaredDeviations = (squares - (double) differences * differences / Math.max(1, numbers)) / (power * power);
        } else if (numbers > 0) {
            min = f64();
            max = f64();
            sum = f64();
            squaredDeviations = f64();
        }
        Value firstValue = value();
        Value lastValue = value();
        return new MetricSummary(
                metric, points, numbers, min, max, sum, squaredDeviations, first, firstValue, last, lastValue);
    }

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }

    private double f64() {
        return Double.longBitsToDouble(in.readLongLE());
    }

    private Value value() {
        int kind = has(NUMBERS_ONLY) ? Column.NUMBER : in.readByte();
        return switch (kind) {
            case Column.NUMBER -> {
                double number = has(DECIMAL) ? (scaledMin + in.readVarint()) / power : f64();
                if (!Double.isFinite(number)) {
                    throw in.corrupt("the number " + number);
                }
                yield new Value.Num(number);
            }
            case Column.BOOL -> new Value.Bool(in.readByte() != 0);
            case Column.TEXT ->
                new Value.Text(new String(in.readBytes(in.readCount(0, Value.MAX_TEXT_BYTES)), StandardCharsets.UTF_8));
            default -> throw in.corrupt("no such kind: " + kind);
        };
    }
}
