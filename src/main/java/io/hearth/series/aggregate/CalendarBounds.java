package io.hearth.series.aggregate;

import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import java.time.LocalDate;
import java.time.ZoneId;

/**
 * Bounds of buckets of whole days or months. A day begins at its first instant: at midnight, at the first of two midnights,
 * or where the clock jumps over midnight to. A day that the zone skipped (2011-12-30 in Samoa) has no bucket.
 */
final class CalendarBounds {
    private CalendarBounds() {}

    static void collect(BoundsCollector collector, TimeRange range, Every every, ZoneId zone) {
        LocalDate date = LocalDate.ofInstant(EpochMicros.toInstant(range.startMicros()), zone);
        LocalDate first = every instanceof Every.Days days
                ? days.firstDayOfBucket(date)
                : ((Every.Months) every).firstDayOfBucket(date);
        while (!collector.isDone()) {
            collector.add(first.atStartOfDay(zone).toEpochSecond() * 1_000_000L);
            first = every instanceof Every.Days days
                    ? first.plusDays(days.days())
                    : first.plusMonths(((Every.Months) every).months());
        }
    }
}
