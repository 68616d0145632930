package io.hearth.rest.format;

import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.aggregate.Fill;
import io.hearth.series.aggregate.Function;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Buckets as JSON members {@code "ts":…,"temperature":{"avg":…,"max":…}}. Without a fill what has no value is left out, with one it
 * is null.
 */
final class BucketRows {
    private final TimeForm timeForm;
    private final TextOutput out;
    private final Map<String, byte[]> metricKeys = new HashMap<>();
    private final byte[][] functionKeys = new byte[Function.values().length][];

    BucketRows(TimeForm timeForm, TextOutput out) {
        this.timeForm = timeForm;
        this.out = out;
        for (Function function : Function.values()) {
            functionKeys[function.ordinal()] = JsonValues.keyOf(function.text());
        }
    }

    /** The key of each metric of a series, for {@link #members}. */
    byte[][] keys(BucketSeries series) {
        List<String> metrics = series.metrics();
        byte[][] keys = new byte[metrics.size()][];
        for (int m = 0; m < keys.length; m++) {
            keys[m] = metricKeys.computeIfAbsent(metrics.get(m), name -> JsonValues.keyOf(BucketName.of(name)));
        }
        return keys;
    }

    /** The members of a bucket, without the braces around them. */
    void members(BucketSeries series, int row, byte[][] keys) throws IOException {
        out.ascii("\"ts\":");
        timeForm.json(series.startMicros(row), out);
        List<Function> functions = series.functions();
        boolean withNulls = series.fill() != Fill.NONE;
        for (int m = 0; m < keys.length; m++) {
            boolean begun = false;
            for (int f = 0; f < functions.size(); f++) {
                Function function = functions.get(f);
                if (!withNulls && !series.isPresent(row, m, function)) {
                    continue;
                }
                if (begun) {
                    out.ascii(',');
                } else {
                    out.ascii(',');
                    out.raw(keys[m]);
                    out.ascii('{');
                    begun = true;
                }
                out.raw(functionKeys[function.ordinal()]);
                BucketValues.json(series, row, m, function, out);
            }
            if (begun) {
                out.ascii('}');
            }
        }
    }
}
