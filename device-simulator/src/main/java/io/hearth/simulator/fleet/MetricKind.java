package io.hearth.simulator.fleet;

/** How a metric's value is held in a {@code long}, and so how it looks in JSON. */
public enum MetricKind {
    /** A number with one decimal, held in tenths: 215 is {@code 21.5}. */
    TENTHS,
    /** A whole number, held as itself. */
    INTEGER,
    /** A boolean, held as 0 or 1. */
    FLAG
}
