package io.hearth.series.item;

import io.hearth.model.DeviceId;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.Span;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Predicate;

/**
 * Decides when readings expire, and when the items that hold them do. A reading expires when it has been kept for its retention
 * after its device time. An item stays until its last reading has expired, and longer where rollups are made of it: a reading that
 * comes late must be sealed together with the others of its window. Safe for several threads.
 */
public final class Expiry {
    /** A time at which no reading has expired, µs. */
    public static final long BEFORE_EXPIRY = Long.MIN_VALUE;

    /** How much longer than their readings runs and chunks stay in the table where rollups are made of them. */
    public static final Duration GRACE = Duration.ofDays(2);

    /** Expiry where no rollups are made. */
    public static final Expiry WITHOUT_ROLLUPS = new Expiry(device -> false, InstantSource.system());

    private final Predicate<DeviceId> hasRollups;
    private final InstantSource wallClock;

    /** @param hasRollups whether rollups are made of the readings of a device */
    public Expiry(Predicate<DeviceId> hasRollups, InstantSource wallClock) {
        this.hasRollups = hasRollups;
        this.wallClock = wallClock;
    }

    /** How long after their device time readings are kept, µs; {@link Long#MAX_VALUE} for ever. */
    public static long keptMicros(long retentionSeconds) {
        return retentionSeconds == 0 ? Long.MAX_VALUE : retentionSeconds * 1_000_000;
    }

    /** The device time up to which readings that are kept so long have expired, µs. */
    public static long expiredUpTo(long keptMicros, long nowMicros) {
        return keptMicros == Long.MAX_VALUE || nowMicros == BEFORE_EXPIRY ? Long.MIN_VALUE : nowMicros - keptMicros;
    }

    /**
     * When the last of some readings expires, epoch seconds; 0 never. Rounded up: the item must not vanish before its last
     * reading, which reads judge by the microsecond.
     */
    public static long ofReadings(long lastTimeMicros, long retentionSeconds) {
        return retentionSeconds == 0
                ? 0
                : Math.max(1, Math.floorDiv(lastTimeMicros, 1_000_000L) + 1 + retentionSeconds);
    }

    /**
     * When a run expires, epoch seconds; 0 never. What comes so late that it expires soon stays until it has been sealed where
     * that makes rollups.
     */
    public long ofRun(DeviceId device, long lastTimeMicros, long retentionSeconds) {
        long expiresAt = ofReadings(lastTimeMicros, retentionSeconds);
        if (expiresAt == 0) {
            return 0;
        }
        long sealedBy = wallClock.instant().getEpochSecond() + GRACE.toSeconds();
        return expiresAt < sealedBy && hasRollups.test(device) ? sealedBy : expiresAt;
    }

    /**
     * When a chunk expires, epoch seconds; 0 never. It goes with the reading that is kept longest; reads judge each reading by
     * itself. Where rollups are made, it stays as long as a reading of the same window can still come late.
     *
     * @param window the start of its window, µs
     */
    public long ofChunk(DeviceId device, long window, Chunk chunk) {
        long retentionSeconds = 0;
        for (Span span : chunk.spans()) {
            if (span.retentionSeconds() == 0) {
                return 0;
            }
            retentionSeconds = Math.max(retentionSeconds, span.retentionSeconds());
        }
        long lastSeconds = hasRollups.test(device)
                ? (window + SeriesKeys.WINDOW_MICROS) / 1_000_000 + GRACE.toSeconds()
                : Math.floorDiv(chunk.lastMicros(), 1_000_000L);
        return Math.max(1, lastSeconds + 1 + retentionSeconds);
    }

    /** Whether an item that expires at a time has expired now. */
    public boolean hasPassed(long expiresAtSeconds) {
        return expiresAtSeconds != 0 && expiresAtSeconds <= wallClock.instant().getEpochSecond();
    }
}
