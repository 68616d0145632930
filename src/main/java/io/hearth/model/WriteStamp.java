package io.hearth.model;

import java.util.Comparator;

/**
 * Decides which of two writes of the same key is the later one, alike in every region: by hybrid time, ties by region.
 */
public record WriteStamp(HybridTime time, RegionId region) implements Comparable<WriteStamp> {
    private static final Comparator<WriteStamp> ORDER =
            Comparator.comparing(WriteStamp::time).thenComparing(WriteStamp::region);

    @Override
    public int compareTo(WriteStamp other) {
        return ORDER.compare(this, other);
    }
}
