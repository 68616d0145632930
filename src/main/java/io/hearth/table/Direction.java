package io.hearth.table;

/** In which order of the sort key a query answers. */
public enum Direction {
    ASCENDING,
    DESCENDING
}
