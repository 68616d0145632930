package io.hearth.codec;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A reading of a well-formed payload that cannot be stored, or of which some values cannot.
 *
 * @param index its place in the payload, from 0
 * @param detail what is wrong, for its sender
 * @param refusedValues the places of the values that cannot be stored, counted over all of the reading, its time among them, in
 *     the order of the payload; null if none of it can be stored
 */
public record RejectedReading(
        int index, String detail, @Nullable BitSet refusedValues) {
    /** One of which nothing can be stored. */
    public RejectedReading(int index, String detail) {
        this(index, detail, null);
    }

    /** Whether nothing of it can be stored. */
    public boolean isWhole() {
        return refusedValues == null;
    }
}
