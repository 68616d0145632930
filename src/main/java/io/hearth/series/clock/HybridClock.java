package io.hearth.series.clock;

import io.hearth.model.HybridTime;
import io.hearth.series.value.ClockAheadException;
import io.hearth.table.ThrottledException;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Gives out hybrid times: each greater than every one before, near wall time, also when the wall clock steps back.
 *
 * <p>Across restarts it stays monotone by a horizon that is stored ahead: whoever writes with a time stores, in the same
 * write, the horizon that comes with it, and a restart begins behind the greatest one stored. Whoever stores what another
 * region has written {@linkplain #observe observes} its time, and stores the horizon of the next tick with it.
 *
 * <p>Where several processes write to one table, {@link #shared}, no two may give out the same time. Each has a number of
 * its own, which is in the lowest bits of the counter, and gives out times only below a limit that its {@link StampLease}
 * has stored; whoever has the number later begins behind that limit.
 */
public final class HybridClock {
    /** How far a new horizon runs ahead, so that one is stored about once in this time. */
    private static final long AHEAD_MILLIS = 2_000;

    /** How many processes may have numbers at the same time: eight bits of the counter leave 256 times in a millisecond. */
    static final int NUMBERS = 256;

    private final InstantSource wallClock;
    private final boolean shared;
    private int number;
    private long limitMillis;
    private long last;
    private long horizonMillis;
    private long storedHorizonMillis;

    /** @param storedHorizonMillis the greatest horizon that was stored; 0 if there is none */
    HybridClock(InstantSource wallClock, long storedHorizonMillis) {
        this(wallClock, storedHorizonMillis, false);
    }

    private HybridClock(InstantSource wallClock, long storedHorizonMillis, boolean shared) {
        this.wallClock = wallClock;
        this.shared = shared;
        this.horizonMillis = storedHorizonMillis;
        this.storedHorizonMillis = storedHorizonMillis;
        this.last = Math.max(0, storedHorizonMillis - 1) << HybridTime.COUNTER_BITS | HybridTime.MAX_COUNTER;
    }

    /** One of several clocks; gives out no time until it is {@linkplain #grant granted} some. */
    static HybridClock shared(InstantSource wallClock) {
        return new HybridClock(wallClock, 0, true);
    }

    /**
     * A time, and the horizon that must be stored with it.
     *
     * @param hybridTime {@linkplain HybridTime#packed() packed}
     * @param horizonMillis to store in the same write; 0 if one that is stored already covers the time
     */
    public record Tick(long hybridTime, long horizonMillis) {}

    /** @throws ThrottledException if the next time is behind the limit of a shared clock; none is given out */
    synchronized Tick next() {
        // A counter that is full carries over into the milliseconds.
        long next = Math.max(last + 1, wallClock.millis() << HybridTime.COUNTER_BITS);
        if (shared) {
            // The next one that ends with this process's number.
            next += number - next & NUMBERS - 1;
            if (next >>> HybridTime.COUNTER_BITS >= limitMillis) {
                throw new ThrottledException("write stamps are used up until more are granted", null);
            }
            last = next;
            return new Tick(next, 0);
        }
        last = next;
        long millis = last >>> HybridTime.COUNTER_BITS;
        if (millis >= horizonMillis) {
            horizonMillis = millis + AHEAD_MILLIS;
        }
        return new Tick(last, millis < storedHorizonMillis ? 0 : horizonMillis);
    }

    /**
     * Takes note of a time that another region has given out, so that every later time of this clock is behind it.
     *
     * @param hybridTime {@linkplain HybridTime#packed() packed}
     * @throws ClockAheadException the time is more than {@code maxAhead} ahead of the wall clock here; nothing was noted,
     *     as a wrong clock would otherwise drag all others along
     */
    synchronized void observe(long hybridTime, Duration maxAhead) {
        long aheadMillis = (hybridTime >>> HybridTime.COUNTER_BITS) - wallClock.millis();
        if (aheadMillis > maxAhead.toMillis()) {
            throw new ClockAheadException(Duration.ofMillis(aheadMillis));
        }
        last = Math.max(last, hybridTime);
    }

    /**
     * Goes on behind a time that is stored here. Where the clock has come to it already nothing is dragged along, however far
     * behind the wall clock is.
     *
     * @throws ClockAheadException as above
     */
    synchronized void follow(long hybridTime, Duration maxAhead) {
        if (hybridTime > last) {
            observe(hybridTime, maxAhead);
        }
    }

    /** Tells that a horizon has become durable. */
    synchronized void stored(long newHorizonMillis) {
        storedHorizonMillis = Math.max(storedHorizonMillis, newHorizonMillis);
    }

    /**
     * Lets a shared clock give out the times of a number, from one millisecond on and before another. Nobody else ever gives
     * out any of these.
     */
    synchronized void grant(int ownNumber, long fromMillis, long untilMillis) {
        number = ownNumber;
        limitMillis = untilMillis;
        passed(fromMillis);
    }

    /** The number whose times a shared clock gives out. */
    synchronized int number() {
        return number;
    }

    /** Goes on behind a millisecond that another clock has reached. */
    synchronized void passed(long millis) {
        last = Math.max(last, (millis << HybridTime.COUNTER_BITS) - 1);
    }

    /** How long times are granted for from now on, ms; not positive if none is left. */
    synchronized long grantedMillis() {
        return limitMillis - reachedMillis();
    }

    /** The millisecond in which the next time will be, at least. */
    synchronized long reachedMillis() {
        return Math.max(last >>> HybridTime.COUNTER_BITS, wallClock.millis());
    }
}
