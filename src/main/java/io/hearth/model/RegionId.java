package io.hearth.model;

import java.util.regex.Pattern;

/**
 * One independently running installation that syncs with its peers.
 *
 * @param value {@code [a-zA-Z0-9_-]{1,32}}
 */
public record RegionId(String value) implements Comparable<RegionId> {
    private static final Pattern VALID = Pattern.compile("[a-zA-Z0-9_-]{1,32}");

    /** @throws IllegalArgumentException if {@code value} is not a region id */
    public RegionId {
        if (!VALID.matcher(value).matches()) {
            throw new IllegalArgumentException("a region id has 1 to 32 of a-z A-Z 0-9 _ -: '" + value + "'");
        }
    }

    @Override
    public int compareTo(RegionId other) {
        return value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
