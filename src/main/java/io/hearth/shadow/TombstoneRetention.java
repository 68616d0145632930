package io.hearth.shadow;

import io.hearth.shadow.document.ShadowDocument;
import java.time.Duration;
import java.time.InstantSource;

/** How long deleted shadows and the tombstones of removed fields are remembered. */
final class TombstoneRetention {
    private final InstantSource clock;
    private final Duration kept;

    TombstoneRetention(InstantSource clock, Duration kept) {
        this.clock = clock;
        this.kept = kept;
    }

    /** A document without the tombstones whose time is over. */
    ShadowDocument pruned(ShadowDocument document) {
        return document.withoutTombstonesBefore(clock.millis() - kept.toMillis());
    }

    /** Whether the time of a deleted document is over. */
    boolean isForgotten(ShadowDocument deleted) {
        return expiryOf(deleted) <= clock.instant().getEpochSecond();
    }

    /**
     * Until when to remember a deleted document, epoch seconds. Of a deletion that came when others had forgotten it already, as
     * long from now on.
     */
    long rememberedUntil(ShadowDocument deleted) {
        return isForgotten(deleted) ? clock.instant().plus(kept).getEpochSecond() : expiryOf(deleted);
    }

    /** From when on a deleted document is forgotten: the same in every region. */
    private long expiryOf(ShadowDocument deleted) {
        return deleted.lastWrittenMillis() / 1000 + kept.toSeconds();
    }
}
