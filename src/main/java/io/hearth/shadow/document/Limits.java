package io.hearth.shadow.document;

/**
 * How large a shadow may become.
 *
 * @param maxStateBytes the most bytes of desired and reported together, as compact JSON; at most 30 KiB
 * @param maxLevels how many objects and arrays may be nested in a section, the section's own object included
 */
public record Limits(int maxStateBytes, int maxLevels) {
    /** A request body may have white space and what it removes beside the state, so more than the state's limit. */
    public static final int MAX_REQUEST_BYTES = 128 * 1024;

    public static final int MOST_STATE_BYTES = 30 * 1024;
    public static final int MOST_LEVELS = 32;
    public static final Limits DEFAULT = new Limits(8 * 1024, 6);

    /** @throws IllegalArgumentException if a limit is not within what the stored format is made for */
    public Limits {
        if (maxStateBytes < 1 || maxStateBytes > MOST_STATE_BYTES) {
            throw new IllegalArgumentException("a shadow's state has 1 B to 30 KiB: " + maxStateBytes);
        }
        if (maxLevels < 1 || maxLevels > MOST_LEVELS) {
            throw new IllegalArgumentException("a shadow's state has 1 to 32 levels: " + maxLevels);
        }
    }
}
