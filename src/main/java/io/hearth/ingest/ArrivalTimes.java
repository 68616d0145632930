package io.hearth.ingest;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesStore;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import java.time.Duration;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Gives readings that have no time of their own that of their arrival. No two of a device share one, or the later would
 * overwrite the earlier: so each gets a microsecond that none got before. Of several processes on one table each has
 * microseconds of its own.
 *
 * <p>Times ascend, and are even. A reading that arrived long before the last one, because it waited or because the wall clock
 * has been set back, still gets the time of its arrival: an odd one, as the even one may have been given to a reading that
 * is not stored yet, and only one that the table does not have. The table is asked once for the stretch up to the next reading
 * of the device, as the clock may have been years ahead.
 */
final class ArrivalTimes {
    private static final long SHORTEST_STEP_MICROS = 1_000_000;

    /** More than send a reading within a millisecond. */
    private static final int MAX_DEVICES_AT_ONCE = 10_000;

    /** Far longer than a reading waits between getting its time and being stored. */
    private static final Duration REMEMBERED = Duration.ofHours(1);

    private static final int MAX_REMEMBERED = 1_000_000;

    private final SeriesStore series;
    private final long stepMicros;
    private final AtomicLong last = new AtomicLong(Long.MIN_VALUE / 2);

    /** By device where there are several processes, as each then has few of the microseconds. */
    private final Cache<DeviceId, Sequence> sequences =
            Caffeine.newBuilder().maximumSize(MAX_DEVICES_AT_ONCE).build();

    private final AtomicLong highestOfSequences;

    /**
     * The last times that a device got.
     *
     * @param last of readings that had not waited
     * @param past of readings that had
     */
    private record Sequence(long last, long past) {}

    /** Odd times that were given and may not be stored yet. */
    private final Cache<Given, Boolean> given = Caffeine.newBuilder()
            .expireAfterWrite(REMEMBERED)
            .maximumSize(MAX_REMEMBERED)
            .build();

    private record Given(DeviceId device, long micros) {}

    /** By device: a stretch of time of which the table has no reading, but for those that were given a time before it. */
    private final Cache<DeviceId, Stretch> free =
            Caffeine.newBuilder().maximumSize(MAX_DEVICES_AT_ONCE).build();

    private record Stretch(long fromMicros, long untilMicros) {
        boolean contains(long micros) {
            return micros >= fromMicros && micros < untilMicros;
        }
    }

    /** @param clockAheadMicros how far ahead of the wall clock a time may be; half of it is no step but many readings */
    ArrivalTimes(SeriesStore series, long clockAheadMicros) {
        this.series = series;
        highestOfSequences = new AtomicLong(series.stampedUntilMicros());
        stepMicros = Math.max(clockAheadMicros / 2, SHORTEST_STEP_MICROS);
    }

    /**
     * The time of a reading that arrives now, or has waited since it arrived.
     *
     * @param arrivalMicros by the wall clock, which may have been set back since
     * @param nowMicros of the wall clock
     */
    long next(DeviceId device, long arrivalMicros, long nowMicros) {
        long fromMicros = Math.min(arrivalMicros, nowMicros);
        int process = series.processNumber();
        if (process >= 0) {
            return nextOfProcess(device, process, fromMicros, nowMicros);
        }
        if (fromMicros < last.get() - stepMicros) {
            return past(device, fromMicros);
        }
        long micros = last.updateAndGet(before -> Math.max(before + 2, fromMicros + (fromMicros & 1)));
        // Readings of the process before had no later times than its writes.
        return micros > series.stampedUntilMicros() ? micros : past(device, fromMicros);
    }

    private long past(DeviceId device, long arrivalMicros) {
        long micros = arrivalMicros | 1;
        while (given.asMap().putIfAbsent(new Given(device, micros), true) != null || isTaken(device, micros)) {
            micros += 2;
        }
        return micros;
    }

    private long nextOfProcess(DeviceId device, int process, long fromMicros, long nowMicros) {
        Sequence before = sequences.getIfPresent(device);
        if (before != null && before.last <= nowMicros + stepMicros && fromMicros < before.last - stepMicros) {
            return pastOfProcess(device, process, fromMicros);
        }
        long micros = free(device, process, fromMicros, nowMicros);
        // Each device has a sequence of its own, so they do not ascend together.
        while (micros <= highestOfSequences.get() - stepMicros && isTaken(device, micros)) {
            micros = free(device, process, micros + 1, nowMicros);
        }
        highestOfSequences.accumulateAndGet(micros, Math::max);
        return micros;
    }

    private long free(DeviceId device, int process, long fromMicros, long nowMicros) {
        return sequences
                .asMap()
                .compute(device, (id, before) -> {
                    if (before == null || before.last > nowMicros + stepMicros) {
                        // The wall clock has been set back.
                        return new Sequence(ofProcess(process, fromMicros), Long.MIN_VALUE);
                    }
                    long micros = ofProcess(process, Math.max(before.last + 1, fromMicros));
                    // What was given before a long silence may still be waiting to be stored.
                    return new Sequence(micros, micros - before.last > stepMicros ? before.last : before.past);
                })
                .last;
    }

    private long pastOfProcess(DeviceId device, int process, long fromMicros) {
        long micros;
        long from = fromMicros;
        do {
            long least = from;
            micros = sequences
                    .asMap()
                    .compute(device, (id, before) -> {
                        Sequence its = before == null ? new Sequence(least, Long.MIN_VALUE) : before;
                        boolean goesOn = its.past >= least && its.past <= least + stepMicros;
                        return new Sequence(its.last, ofProcess(process, goesOn ? its.past + 1 : least));
                    })
                    .past;
            from = micros + 1;
        } while (isTaken(device, micros));
        return micros;
    }

    /** The first microsecond from one on that is of a process. */
    private static long ofProcess(int process, long micros) {
        return micros + Math.floorMod(process - micros, SeriesStore.MAX_PROCESSES);
    }

    private boolean isTaken(DeviceId device, long micros) {
        Stretch known = free.getIfPresent(device);
        if (known == null || !known.contains(micros)) {
            TimeRange rest = new TimeRange(micros, Long.MAX_VALUE);
            Iterator<ReadingBlock> readings =
                    series.scan(device, rest, Set.of(), Direction.ASCENDING, Consistency.STRONG);
            known = new Stretch(micros, readings.hasNext() ? readings.next().timesMicros()[0] : Long.MAX_VALUE);
        }
        // What is given out now is taken, should the clock be set back once more.
        free.put(device, new Stretch(micros + 1, known.untilMicros));
        return !known.contains(micros);
    }
}
