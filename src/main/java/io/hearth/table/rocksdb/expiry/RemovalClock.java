package io.hearth.table.rocksdb.expiry;

import io.hearth.table.rocksdb.commit.Committer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The time by which expired items are removed from disk: the wall clock, as far as it is trusted. Answers follow the wall clock at
 * once; what is removed does not come back when the clock is set right.
 *
 * <p>The time goes on with the running time of the process, and over restarts from where it was. A wall clock that is ahead of it,
 * because it was set or because the machine was off, is followed once it has been so far ahead, steadily, for
 * {@link #PROBATION} of running time: nobody has to confirm that a machine was off for months, and whoever sees that a clock
 * is wrong has so long to set it right. The time never goes back. RATIONALE.md of the engine has the reasons.
 */
public final class RemovalClock {
    /** Running time for which the wall clock must have been ahead until that is believed. */
    static final Duration PROBATION = Duration.ofDays(7);

    /** So far ahead, somebody should look at the clock. */
    static final Duration ALARMING = Duration.ofDays(1);

    private static final long PROBATION_SAMPLES = 28;

    /** What is measured within such a stretch of running time is kept as one sample. */
    private static final long SAMPLE_MICROS = PROBATION.toMillis() * 1000 / PROBATION_SAMPLES;

    /** The wall clock counts as steady if it went on like the running time, give or take this much. */
    private static final long STEADY_MICROS = 60_000_000;

    private static final Logger LOG = Logger.getLogger(RemovalClock.class);

    private final InstantSource wall;
    private final LongSupplier nanoTime;
    private final long startNanos;
    private final long runningBeforeMicros;

    /** By stretch of running time, the least that the wall clock was ahead of it, in microseconds. */
    private final NavigableMap<Long, Long> samples;

    private long offsetMicros;
    private @Nullable Long lastOffsetMicros;
    private boolean alarmed;

    /**
     * What is kept over restarts.
     *
     * @param runningMicros the running time of all processes so far
     * @param offsetMicros what the trusted time is ahead of the running time
     * @param samples by stretch of running time, the least that the wall clock was ahead of it
     */
    public record State(long runningMicros, long offsetMicros, NavigableMap<Long, Long> samples) {
        /** Of a table that was used last at a time, and is new if that is now. */
        static State of(Instant lastUsed) {
            return new State(0, Committer.micros(lastUsed), new TreeMap<>());
        }
    }

    /** @param nanoTime goes on steadily, as {@link System#nanoTime} */
    public RemovalClock(InstantSource wall, LongSupplier nanoTime, State state) {
        this.wall = wall;
        this.nanoTime = nanoTime;
        startNanos = nanoTime.getAsLong();
        runningBeforeMicros = state.runningMicros;
        offsetMicros = state.offsetMicros;
        samples = new TreeMap<>(state.samples);
    }

    /** What has expired by this time may be removed; never later than the wall clock says. */
    public synchronized Instant now() {
        long trusted = runningMicros() + offsetMicros;
        return instant(Math.min(trusted, Committer.micros(wall.instant())));
    }

    /** How much the wall clock is ahead of what is trusted. */
    public synchronized Duration behind() {
        return Duration.between(now(), wall.instant());
    }

    /** Looks at the wall clock, which is to happen every few minutes. */
    synchronized void observe() {
        long running = runningMicros();
        long offset = Committer.micros(wall.instant()) - running;
        boolean steady = lastOffsetMicros != null && Math.abs(offset - lastOffsetMicros) <= STEADY_MICROS;
        lastOffsetMicros = offset;
        if (steady) {
            long stretch = Math.floorDiv(running, SAMPLE_MICROS);
            samples.merge(stretch, offset, Math::min);
            samples.headMap(stretch - PROBATION_SAMPLES).clear();
            follow(stretch);
        }
        warn();
    }

    /** Follows what the wall clock has shown for all of the probation. */
    private void follow(long stretch) {
        if (samples.firstKey() > stretch - PROBATION_SAMPLES) {
            return;
        }
        long least = Collections.min(samples.values());
        if (least > offsetMicros) {
            offsetMicros = least;
        }
    }

    private void warn() {
        Duration behind = behind();
        boolean alarming = behind.compareTo(ALARMING) > 0;
        if (alarming && !alarmed) {
            LOG.warnf(
                    "The wall clock says %s, which is %s later than this table has seen pass. If it is wrong, set it right:"
                            + " only what had expired by %s is removed from disk until it has gone on like this for %s of"
                            + " running time. If the machine was off for so long, nothing needs to be done.",
                    wall.instant(), behind.truncatedTo(ChronoUnit.SECONDS), now(), PROBATION);
        } else if (alarmed && !alarming) {
            LOG.info("The wall clock is trusted again: what has expired is removed from disk");
        }
        alarmed = alarming;
    }

    /** What is to be kept for the next process. */
    synchronized State state() {
        return new State(runningMicros(), offsetMicros, new TreeMap<>(samples));
    }

    private long runningMicros() {
        return runningBeforeMicros + (nanoTime.getAsLong() - startNanos) / 1000;
    }

    private static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }
}
