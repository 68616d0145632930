package io.hearth.promql;

import java.util.Locale;

/** How series become fewer. */
public enum AggregateOperator {
    SUM,
    AVG,
    MIN,
    MAX,
    COUNT,
    GROUP,
    STDDEV,
    STDVAR,
    TOPK,
    BOTTOMK;

    String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether it takes a number before the vector, and answers series as they are. */
    boolean picksSeries() {
        return this == TOPK || this == BOTTOMK;
    }
}
