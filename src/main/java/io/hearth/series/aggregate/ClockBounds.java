package io.hearth.series.aggregate;

import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import java.time.Instant;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;

/**
 * Bounds of buckets whose fixed width divides 24 h: they lie where the clock of the zone shows a multiple of the width. Where
 * the clock is changed,
 *
 * <ul>
 *   <li>forward past a multiple, a bucket begins at the change (by an hour: an hourly bucket is missing, and the six hours
 *       from 00:00 last five);
 *   <li>back by at least the width, buckets begin anew at the change (an hourly bucket comes twice);
 *   <li>back by less, the bucket at hand goes on until the clock shows the next multiple for the first time (the six hours
 *       from 00:00 last seven).
 * </ul>
 */
final class ClockBounds {
    /** Longer than two buckets and a change of the clock by a day, so a walk that begins so early has settled. */
    private static final long LEAD_MICROS = 4 * Every.Fixed.DAY_MICROS;

    private ClockBounds() {}

    static long offsetMicros(long micros, ZoneId zone) {
        return zone.getRules().getOffset(EpochMicros.toInstant(micros)).getTotalSeconds() * 1_000_000L;
    }

    private static long instantMicros(ZoneOffsetTransition change) {
        return change.toEpochSecond() * 1_000_000L;
    }

    /** Whether no change of the clock around the range disturbs buckets of that width. */
    static boolean areEven(TimeRange range, long width, ZoneId zone) {
        ZoneRules rules = zone.getRules();
        Instant end = EpochMicros.toInstant(range.endMicros() + LEAD_MICROS);
        ZoneOffsetTransition change = rules.nextTransition(EpochMicros.toInstant(range.startMicros() - LEAD_MICROS));
        while (change != null && change.getInstant().isBefore(end)) {
            long after = change.getOffsetAfter().getTotalSeconds() * 1_000_000L;
            long shift = change.getDuration().toSeconds() * 1_000_000L;
            if (shift % width != 0 || (instantMicros(change) + after) % width != 0) {
                return false;
            }
            change = rules.nextTransition(change.getInstant());
        }
        return true;
    }

    static void collect(BoundsCollector collector, TimeRange range, long width, ZoneId zone) {
        ZoneRules rules = zone.getRules();
        long from = range.startMicros() - LEAD_MICROS;
        long offset = offsetMicros(from, zone);
        long leastClock = Long.MIN_VALUE;
        ZoneOffsetTransition change = rules.nextTransition(EpochMicros.toInstant(from));
        while (true) {
            long until = change == null ? Long.MAX_VALUE : instantMicros(change);
            long clock = Math.max(Math.floorDiv(from + offset + width - 1, width) * width, leastClock);
            collector.addEvenly(clock - offset, width, until);
            if (collector.isDone() || change == null) {
                return;
            }
            long offsetAfter = change.getOffsetAfter().getTotalSeconds() * 1_000_000L;
            long multipleBefore = Math.floorDiv(until - 1 + offset, width) * width;
            long multipleAfter = Math.floorDiv(until + offsetAfter, width) * width;
            boolean skipsMultiple = offsetAfter > offset && multipleAfter != multipleBefore;
            boolean repeatsBuckets = offset - offsetAfter >= width;
            if (skipsMultiple || repeatsBuckets) {
                collector.add(until);
            }
            boolean goesOn = offsetAfter < offset && !repeatsBuckets;
            leastClock = goesOn ? multipleBefore + width : Long.MIN_VALUE;
            from = until;
            offset = offsetAfter;
            change = rules.nextTransition(change.getInstant());
        }
    }
}
