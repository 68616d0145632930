package io.hearth.series.chunk;

import io.hearth.model.WriteStamp;

/**
 * Consecutive readings of a chunk that share a write.
 *
 * @param readings how many, at least one
 * @param stamp decides against another write of the same device time
 * @param retentionSeconds how long after its device time each reading expires; 0 if it never does
 */
public record Span(int readings, WriteStamp stamp, long retentionSeconds) {
    public Span {
        if (readings < 1) {
            throw new IllegalArgumentException("a span has at least one reading, not " + readings);
        }
    }

    /** The longer of two retentions, of which 0 is for ever. */
    public static long longerRetention(long oneSeconds, long otherSeconds) {
        return oneSeconds == 0 || otherSeconds == 0 ? 0 : Math.max(oneSeconds, otherSeconds);
    }
}
