package io.hearth.rest.format;

import io.hearth.model.DeviceId;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.aggregate.Function;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Buckets as CSV (RFC 4180): a header {@code ts,temperature.avg,temperature.max,…}, then a row per bucket with empty fields where there is
 * no value. Where there are several devices, {@code device} is the first column.
 */
public final class CsvBuckets implements BucketsWriter {
    private static final String LINE_END = "\r\n";

    private final List<String> metrics;
    private final List<Function> functions;
    private final boolean withDevice;
    private final TimeForm timeForm;
    private final TextOutput out;

    /** @param metrics the metrics of the columns, in this order; others are left out */
    public CsvBuckets(
            List<String> metrics, List<Function> functions, boolean withDevice, TimeForm timeForm, TextOutput out) {
        this.metrics = List.copyOf(metrics);
        this.functions = List.copyOf(functions);
        this.withDevice = withDevice;
        this.timeForm = timeForm;
        this.out = out;
    }

    @Override
    public void begin() throws IOException {
        out.ascii(withDevice ? "device,ts" : "ts");
        for (String metric : metrics) {
            for (Function function : functions) {
                out.ascii(',');
                out.csvField(BucketName.of(metric) + '.' + function.text());
            }
        }
        out.ascii(LINE_END);
    }

    @Override
    public void series(@Nullable DeviceId device, BucketSeries series) throws IOException {
        int[] places = metrics.stream().mapToInt(series.metrics()::indexOf).toArray();
        for (int row = 0; row < series.rows(); row++) {
            if (withDevice && device != null) {
                out.ascii(device.value());
                out.ascii(',');
            }
            timeForm.plain(series.startMicros(row), out);
            for (int place : places) {
                for (int f = 0; f < functions.size(); f++) {
                    out.ascii(',');
                    if (place >= 0) {
                        BucketValues.csv(series, row, place, functions.get(f), out);
                    }
                }
            }
            out.ascii(LINE_END);
        }
    }

    @Override
    public void end() {}
}
