package io.hearth.series.item;

import io.hearth.series.aggregate.Every;

/**
 * One resolution that aggregates are kept at.
 *
 * @param every how wide a stretch of time is that is summed up
 * @param keptSeconds how long it is kept after its end; zero for ever
 */
public record RollupLevel(Every every, long keptSeconds) {
    /** What tells levels apart where they are stored. */
    public record Id(long widthMicros, long keptSeconds) {
        /** Whether what ended then is kept no more. */
        public boolean hasExpired(long endMicros, long nowMicros) {
            return keptSeconds != 0 && endMicros <= nowMicros - keptSeconds * 1_000_000;
        }
    }

    public Id id() {
        return new Id(every.meanMicros(), keptSeconds);
    }
}
