package io.hearth.rest.format;

import io.hearth.model.Column;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.aggregate.Function;
import java.io.IOException;

/** The values of buckets as text. */
final class BucketValues {
    private BucketValues() {}

    /** As a JSON value, null where there is none. */
    static void json(BucketSeries series, int row, int metric, Function function, TextOutput out) throws IOException {
        switch (series.kindAt(row, metric, function)) {
            case Column.NUMBER -> out.number(series.valueAt(row, metric, function));
            case Column.BOOL -> out.ascii(series.valueAt(row, metric, function) != 0 ? "true" : "false");
            case Column.TEXT -> out.jsonString(series.textAt(row, metric, function));
            default -> out.ascii("null");
        }
    }

    /** As a field of CSV, empty where there is none. */
    static void csv(BucketSeries series, int row, int metric, Function function, TextOutput out) throws IOException {
        switch (series.kindAt(row, metric, function)) {
            case Column.NUMBER -> out.number(series.valueAt(row, metric, function));
            case Column.BOOL -> out.ascii(series.valueAt(row, metric, function) != 0 ? "true" : "false");
            case Column.TEXT -> out.csvField(series.textAt(row, metric, function));
            default -> {}
        }
    }
}
