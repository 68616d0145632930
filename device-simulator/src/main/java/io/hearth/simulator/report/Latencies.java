package io.hearth.simulator.report;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/** Histograms of microseconds as reports hold them: three digits exact, longer waits counting as an hour. */
final class Latencies {

    /** Longer waits count as this long: an hour. */
    static final long MAX_MICROS = 3_600_000_000L;

    static final int DIGITS = 3;

    private Latencies() {}

    /** Empty; grows as needed, since a run has hundreds of them. */
    static Histogram empty() {
        Histogram histogram = new Histogram(DIGITS);
        histogram.setAutoResize(true);
        return histogram;
    }

    /** HdrHistogram's compressed V2 encoding in Base64, which its tools read, too. */
    static String encode(Histogram histogram) {
        ByteBuffer buffer = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(buffer);
        return Base64.getEncoder().encodeToString(Arrays.copyOf(buffer.array(), length));
    }

    /** @throws IllegalArgumentException it is not what {@link #encode} writes */
    static Histogram decode(String text) {
        try {
            Histogram decoded = Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(text)), 0);
            Histogram growing = empty();
            growing.add(decoded);
            return growing;
        } catch (DataFormatException | RuntimeException e) {
            throw new IllegalArgumentException("not a histogram: " + e.getMessage(), e);
        }
    }

    static double millis(Histogram histogram, double percentile) {
        return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percentile) / 1e3;
    }
}
