package io.hearth.promql;

import java.util.Locale;

/** A function of the samples of a window. */
public enum WindowFunction {
    AVG_OVER_TIME,
    MIN_OVER_TIME,
    MAX_OVER_TIME,
    SUM_OVER_TIME,
    COUNT_OVER_TIME,
    LAST_OVER_TIME,
    /** When the last sample was taken, epoch seconds. */
    TS_OF_LAST_OVER_TIME,
    STDDEV_OVER_TIME,
    STDVAR_OVER_TIME,
    QUANTILE_OVER_TIME,
    RATE,
    INCREASE,
    DELTA,
    IRATE,
    IDELTA;

    String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether the outcome is a value of the metric itself, so that the series keeps its name. */
    boolean keepsName() {
        return this == LAST_OVER_TIME;
    }
}
