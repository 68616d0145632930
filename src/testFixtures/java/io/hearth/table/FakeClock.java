package io.hearth.table;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that stands still until a test moves it. */
public final class FakeClock implements InstantSource {
    private volatile Instant now = Instant.parse("2026-11-22T10:00:00Z");
    private volatile long nanoTime;

    @Override
    public Instant instant() {
        return now;
    }

    public long seconds() {
        return now.getEpochSecond();
    }

    /** As {@link System#nanoTime}: how much time has passed, whatever the clock was set to. */
    public long nanoTime() {
        return nanoTime;
    }

    /** Time passes; by a negative duration, the clock is set back. */
    public synchronized void advance(Duration duration) {
        now = now.plus(duration);
        nanoTime += Math.max(0, duration.toNanos());
    }

    /** The clock is set to another time. */
    public synchronized void set(Instant time) {
        now = time;
    }
}
