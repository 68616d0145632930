package io.hearth.series.replicate;

import org.jspecify.annotations.Nullable;

/**
 * What became of runs or a chunk that came in.
 *
 * @param readings that were stored
 * @param known runs or chunks that brought nothing new
 * @param erased runs or chunks of which nothing is left after erasures
 * @param expired runs or chunks that have expired
 * @param conflicts points that two regions had written differently
 * @param refused runs or chunks that are damaged
 * @param reason why the first one was refused
 */
public record ApplyResult(
        int readings,
        int known,
        int erased,
        int expired,
        int conflicts,
        int refused,
        @Nullable String reason) {
    public ApplyResult plus(ApplyResult other) {
        return new ApplyResult(
                readings + other.readings,
                known + other.known,
                erased + other.erased,
                expired + other.expired,
                conflicts + other.conflicts,
                refused + other.refused,
                reason == null ? other.reason : reason);
    }

    public static final ApplyResult NOTHING = new ApplyResult(0, 0, 0, 0, 0, 0, null);
}
