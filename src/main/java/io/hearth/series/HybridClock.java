package io.hearth.series;

import io.hearth.model.HybridTime;
import java.time.InstantSource;

/**
 * Gives out hybrid times: each greater than every one before, near wall time, also when the wall clock steps back.
 *
 * <p>Across restarts it stays monotone by a horizon that is stored ahead: whoever writes with a time stores, in the same
 * write, the horizon that comes with it, and a restart begins behind the greatest one stored.
 */
final class HybridClock {
    /** How far a new horizon runs ahead, so that one is stored about once in this time. */
    private static final long AHEAD_MILLIS = 2_000;

    private final InstantSource wallClock;
    private long last;
    private long horizonMillis;
    private long storedHorizonMillis;

    /** @param storedHorizonMillis the greatest horizon that was stored; 0 if there is none */
    HybridClock(InstantSource wallClock, long storedHorizonMillis) {
        this.wallClock = wallClock;
        this.horizonMillis = storedHorizonMillis;
        this.storedHorizonMillis = storedHorizonMillis;
        this.last = Math.max(0, storedHorizonMillis - 1) << HybridTime.COUNTER_BITS | HybridTime.MAX_COUNTER;
    }

    /**
     * A time, and the horizon that must be stored with it.
     *
     * @param hybridTime {@linkplain HybridTime#packed() packed}
     * @param horizonMillis to store in the same write; 0 if one that is stored already covers the time
     */
    record Tick(long hybridTime, long horizonMillis) {}

    synchronized Tick next() {
        // A counter that is full carries over into the milliseconds.
        last = Math.max(last + 1, wallClock.millis() << HybridTime.COUNTER_BITS);
        long millis = last >>> HybridTime.COUNTER_BITS;
        if (millis >= horizonMillis) {
            horizonMillis = millis + AHEAD_MILLIS;
        }
        return new Tick(last, millis < storedHorizonMillis ? 0 : horizonMillis);
    }

    /** Tells that a horizon has become durable. */
    synchronized void stored(long newHorizonMillis) {
        storedHorizonMillis = Math.max(storedHorizonMillis, newHorizonMillis);
    }
}
