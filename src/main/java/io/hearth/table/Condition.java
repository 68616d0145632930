package io.hearth.table;

/**
 * What must hold for a conditional write to happen. An expired item counts as none.
 *
 * @param expectedVersion the version that the stored item must have; {@link #ABSENT} expects no item
 */
public record Condition(long expectedVersion) {
    private static final long ABSENT = -1;

    public Condition {
        if (expectedVersion < ABSENT) {
            throw new IllegalArgumentException("negative version: " + expectedVersion);
        }
    }

    /** Holds if the key has no item. */
    public static Condition absent() {
        return new Condition(ABSENT);
    }

    /** Holds if the key has an item of exactly this version. */
    public static Condition version(long version) {
        if (version < 0) {
            throw new IllegalArgumentException("negative version: " + version);
        }
        return new Condition(version);
    }

    public boolean expectsAbsence() {
        return expectedVersion == ABSENT;
    }
}
