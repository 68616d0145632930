package io.hearth.ingest;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hearth.model.DeviceId;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesStore;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Gives readings that have no time of their own that of their arrival. No two of a device share one, or the later would
 * overwrite the earlier: so each gets a microsecond that none got before. Of several processes on one table each has
 * microseconds of its own.
 *
 * <p>When the wall clock has been set back, they follow it, as times ahead of it are refused. It then goes once more through
 * times that readings may have; until it is past them, each time is looked for in the table first.
 */
final class ArrivalTimes {
    private static final long SHORTEST_STEP_MICROS = 1_000_000;

    /** More than send a reading within a millisecond. */
    private static final int MAX_DEVICES_AT_ONCE = 10_000;

    private final SeriesStore series;
    private final long stepMicros;
    private final AtomicLong last = new AtomicLong(Long.MIN_VALUE);
    private final AtomicLong highest;

    /** By device where there are several processes, as each then has few of the microseconds. */
    private final Cache<DeviceId, Long> lastOfDevice =
            Caffeine.newBuilder().maximumSize(MAX_DEVICES_AT_ONCE).build();

    /** @param clockAheadMicros how far ahead of the wall clock a time may be; half of it is no step but many readings */
    ArrivalTimes(SeriesStore series, long clockAheadMicros) {
        this.series = series;
        // Also over a restart: readings of the process before had no later times than its writes.
        highest = new AtomicLong(series.stampedUntilMicros());
        stepMicros = Math.max(clockAheadMicros / 2, SHORTEST_STEP_MICROS);
    }

    /** @param arrivalMicros by the wall clock */
    long next(DeviceId device, long arrivalMicros) {
        int process = series.processNumber();
        long micros = free(device, process, arrivalMicros);
        // Where each device has a sequence of its own, they do not ascend together.
        long slackMicros = process < 0 ? 0 : stepMicros;
        while (micros <= highest.get() - slackMicros && isTaken(device, micros)) {
            micros = free(device, process, micros + 1);
        }
        highest.accumulateAndGet(micros, Math::max);
        return micros;
    }

    private long free(DeviceId device, int process, long arrivalMicros) {
        if (process < 0) {
            return last.updateAndGet(before -> behind(before, arrivalMicros));
        }
        return lastOfDevice
                .asMap()
                .compute(
                        device,
                        (its, before) ->
                                ofProcess(process, before == null ? arrivalMicros : behind(before, arrivalMicros)));
    }

    private long behind(long before, long arrivalMicros) {
        return before > arrivalMicros + stepMicros ? arrivalMicros : Math.max(before + 1, arrivalMicros);
    }

    /** The first microsecond from one on that is of a process. */
    private static long ofProcess(int process, long micros) {
        return micros + Math.floorMod(process - micros, SeriesStore.MAX_PROCESSES);
    }

    private boolean isTaken(DeviceId device, long micros) {
        TimeRange instant = new TimeRange(micros, micros + 1);
        return series.scan(device, instant, Set.of(), Direction.ASCENDING, Consistency.STRONG)
                .hasNext();
    }
}
