package io.hearth.rest.format;

/** What the column of a metric is called where the times are a column named {@code ts} beside it. */
final class ColumnName {
    static final String TIMES = "ts";

    private ColumnName() {}

    static String of(String metric) {
        return metric.equals(TIMES) ? "values." + TIMES : metric;
    }
}
