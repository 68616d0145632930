package io.hearth.table;

import org.jspecify.annotations.Nullable;

/**
 * Asks for the items of one partition, or of one partition of the index, in the order of their sort keys.
 *
 * @param range which sort keys (for the index: which index sort keys)
 * @param limit the most items of the page, at least 1; a page may have fewer and still not be the last
 * @param cursor where an earlier page of the same query ended; null begins
 */
public record Query(
        String partitionKey,
        SortRange range,
        Direction direction,
        int limit,
        @Nullable Cursor cursor,
        Consistency consistency) {
    public Query {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: " + limit);
        }
    }

    /** The same query from {@code next} on. */
    public Query from(Cursor next) {
        return from(next, limit);
    }

    /** The same query from {@code next} on, in pages of at most {@code pageLimit} items. */
    public Query from(Cursor next, int pageLimit) {
        return new Query(partitionKey, range, direction, pageLimit, next, consistency);
    }
}
