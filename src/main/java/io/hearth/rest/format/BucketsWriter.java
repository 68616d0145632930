package io.hearth.rest.format;

import io.hearth.model.DeviceId;
import io.hearth.series.aggregate.BucketSeries;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * One form in which buckets can be written. Called in order: begin, one or more series, end. A metric whose name stands for
 * something else in these forms ({@code ts}, {@code device}, {@code devices}, {@code every}, {@code tz}) is called {@code values.ts} and so on.
 */
public interface BucketsWriter {
    void begin() throws IOException;

    /**
     * Writes the buckets of a device, or of several devices together.
     *
     * @param device whose buckets they are, where the form tells several devices apart; else null
     */
    void series(@Nullable DeviceId device, BucketSeries series) throws IOException;

    /** Completes the text; the caller still has to flush it. */
    void end() throws IOException;
}
