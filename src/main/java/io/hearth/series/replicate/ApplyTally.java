package io.hearth.series.replicate;

import org.jspecify.annotations.Nullable;

/** Counts what becomes of runs or a chunk that came in. */
final class ApplyTally {
    int readings;
    int known;
    int erased;
    int expired;
    int conflicts;
    int refused;
    private @Nullable String reason;

    void refuse(String what, RuntimeException why) {
        refused++;
        reason = reason == null ? what + ": " + why.getMessage() : reason;
    }

    ApplyResult result() {
        return new ApplyResult(readings, known, erased, expired, conflicts, refused, reason);
    }
}
