package io.hearth.rest.format;

import io.hearth.model.DeviceId;
import io.hearth.series.aggregate.BucketSeries;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Buckets as NDJSON, a line each: {@code {"device":…,"ts":…,"temperature":{"avg":…}}}, with the device where there are several. */
public final class NdjsonBuckets implements BucketsWriter {
    private final TextOutput out;
    private final BucketRows rows;

    public NdjsonBuckets(TimeForm timeForm, TextOutput out) {
        this.out = out;
        this.rows = new BucketRows(timeForm, out);
    }

    @Override
    public void begin() {}

    @Override
    public void series(@Nullable DeviceId device, BucketSeries series) throws IOException {
        byte[][] keys = rows.keys(series);
        for (int row = 0; row < series.rows(); row++) {
            out.ascii('{');
            if (device != null) {
                out.ascii("\"device\":");
                out.jsonString(device.value());
                out.ascii(',');
            }
            rows.members(series, row, keys);
            out.ascii("}\n");
        }
    }

    @Override
    public void end() {}
}
