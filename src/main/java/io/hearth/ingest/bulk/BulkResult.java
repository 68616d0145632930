package io.hearth.ingest.bulk;

import io.hearth.ingest.Rejection;
import io.hearth.ingest.RejectionReason;
import java.util.List;

/**
 * What became of a stream or file of readings.
 *
 * @param stored how many readings are durable
 * @param rejected those that are not, by index ascending: the first {@value #MAX_LISTED}
 * @param rejectedTotal how many are not
 */
public record BulkResult(long stored, List<Rejected> rejected, long rejectedTotal) {
    /** How many rejections are listed; all are counted. */
    public static final int MAX_LISTED = 1_000;

    public BulkResult {
        rejected = List.copyOf(rejected);
    }

    /**
     * A reading that was not stored.
     *
     * @param index its line or row in the whole stream, from 0
     * @param detail what is wrong with it, for its sender
     */
    public record Rejected(long index, RejectionReason reason, String detail) {
        /** @param firstIndex the place in the stream where the numbering of {@code rejection} begins */
        static Rejected of(Rejection rejection, long firstIndex) {
            return new Rejected(firstIndex + rejection.index(), rejection.reason(), rejection.detail());
        }
    }
}
