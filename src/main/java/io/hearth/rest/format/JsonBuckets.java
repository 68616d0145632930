package io.hearth.rest.format;

import io.hearth.model.DeviceId;
import io.hearth.series.aggregate.BucketGrid;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.aggregate.Function;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Buckets as one JSON document, in one of two layouts: an object per bucket, {@code "buckets":[{"ts":…,"temperature":{"avg":…}}]},
 * or an array per value, {@code "ts":[…],"temperature":{"avg":[…]}}.
 */
public final class JsonBuckets implements BucketsWriter {
    /** Of what the buckets are. */
    private enum Subject {
        DEVICE,
        ALL,
        GROUPS
    }

    private final BucketGrid grid;
    private final Subject subject;
    private final @Nullable DeviceId device;
    private final int devices;
    private final boolean columns;
    private final TimeForm timeForm;
    private final TextOutput out;
    private final BucketRows rows;
    private boolean firstGroup = true;

    private JsonBuckets(
            BucketGrid grid,
            Subject subject,
            @Nullable DeviceId device,
            int devices,
            boolean columns,
            TimeForm timeForm,
            TextOutput out) {
        this.grid = grid;
        this.subject = subject;
        this.device = device;
        this.devices = devices;
        this.columns = columns;
        this.timeForm = timeForm;
        this.out = out;
        this.rows = new BucketRows(timeForm, out);
    }

    /** {@code {"device":…,"every":…,"tz":…,…}}, of a single series. */
    public static JsonBuckets ofDevice(
            DeviceId device, BucketGrid grid, boolean columns, TimeForm timeForm, TextOutput out) {
        return new JsonBuckets(grid, Subject.DEVICE, device, 1, columns, timeForm, out);
    }

    /** {@code {"every":…,"tz":…,"devices":…,…}}, of a single series. */
    public static JsonBuckets ofAll(int devices, BucketGrid grid, boolean columns, TimeForm timeForm, TextOutput out) {
        return new JsonBuckets(grid, Subject.ALL, null, devices, columns, timeForm, out);
    }

    /** {@code {"every":…,"tz":…,"groups":[{"device":…,…}]}}, of any number of series. */
    public static JsonBuckets groups(BucketGrid grid, boolean columns, TimeForm timeForm, TextOutput out) {
        return new JsonBuckets(grid, Subject.GROUPS, null, 0, columns, timeForm, out);
    }

    @Override
    public void begin() throws IOException {
        out.ascii('{');
        if (device != null) {
            device(device);
        }
        out.ascii("\"every\":");
        out.jsonString(grid.every().text());
        out.ascii(",\"tz\":");
        out.jsonString(grid.zone().getId());
        if (subject == Subject.ALL) {
            out.ascii(",\"devices\":");
            out.integer(devices);
        } else if (subject == Subject.GROUPS) {
            out.ascii(",\"groups\":[");
        }
    }

    @Override
    public void series(@Nullable DeviceId groupOf, BucketSeries series) throws IOException {
        boolean grouped = subject == Subject.GROUPS;
        if (!grouped || !firstGroup) {
            out.ascii(',');
        }
        firstGroup = false;
        if (grouped) {
            out.ascii('{');
            if (groupOf != null) {
                device(groupOf);
            }
        }
        if (columns) {
            columns(series);
        } else {
            rows(series);
        }
        if (grouped) {
            out.ascii('}');
        }
    }

    @Override
    public void end() throws IOException {
        out.ascii(subject == Subject.GROUPS ? "]}" : "}");
    }

    private void device(DeviceId id) throws IOException {
        out.ascii("\"device\":");
        out.jsonString(id.value());
        out.ascii(',');
    }

    private void rows(BucketSeries series) throws IOException {
        out.ascii("\"buckets\":[");
        byte[][] keys = rows.keys(series);
        for (int row = 0; row < series.rows(); row++) {
            out.ascii(row == 0 ? "{" : ",{");
            rows.members(series, row, keys);
            out.ascii('}');
        }
        out.ascii(']');
    }

    private void columns(BucketSeries series) throws IOException {
        out.ascii("\"ts\":[");
        for (int row = 0; row < series.rows(); row++) {
            if (row > 0) {
                out.ascii(',');
            }
            timeForm.json(series.startMicros(row), out);
        }
        out.ascii(']');
        List<Function> functions = series.functions();
        for (int m = 0; m < series.metrics().size(); m++) {
            out.ascii(',');
            out.jsonString(BucketName.of(series.metrics().get(m)));
            out.ascii(":{");
            for (int f = 0; f < functions.size(); f++) {
                if (f > 0) {
                    out.ascii(',');
                }
                out.jsonString(functions.get(f).text());
                out.ascii(":[");
                for (int row = 0; row < series.rows(); row++) {
                    if (row > 0) {
                        out.ascii(',');
                    }
                    BucketValues.json(series, row, m, functions.get(f), out);
                }
                out.ascii(']');
            }
            out.ascii('}');
        }
    }
}
