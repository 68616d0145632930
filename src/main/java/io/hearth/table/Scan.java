package io.hearth.table;

import org.jspecify.annotations.Nullable;

/**
 * Asks for every item of one segment of the table. The segments {@code 0 .. segments-1} together hold every item once,
 * and a partition lies in one segment as a whole; its items come together and in the order of their sort keys.
 *
 * @param limit the most items of the page, at least 1; a page may have fewer and still not be the last
 * @param cursor where an earlier page of the same scan ended; null begins
 */
public record Scan(
        int segment, int segments, int limit, @Nullable Cursor cursor) {
    /** The most segments a scan can be cut into. */
    public static final int MAX_SEGMENTS = 4096;

    public Scan {
        if (segments < 1 || segments > MAX_SEGMENTS || segment < 0 || segment >= segments || limit < 1) {
            throw new IllegalArgumentException("segment " + segment + " of " + segments + ", limit " + limit);
        }
    }

    /** The same scan from {@code next} on. */
    public Scan from(Cursor next) {
        return new Scan(segment, segments, limit, next);
    }
}
