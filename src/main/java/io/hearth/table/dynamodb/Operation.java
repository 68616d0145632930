package io.hearth.table.dynamodb;

import java.util.Locale;

/** What a request does for the table: metrics tell them apart. */
public enum Operation {
    WRITE(true),
    PUT(true),
    DELETE(true),
    REPLACE(true),
    GET(false),
    QUERY(false),
    INDEX(false),
    SCAN(false),
    CHANGES(false);

    private final boolean writes;

    Operation(boolean writes) {
        this.writes = writes;
    }

    /** Whether its capacity is counted in write units; else in read units. */
    public boolean writes() {
        return writes;
    }

    /** Its name in metrics. */
    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
