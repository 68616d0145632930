package io.hearth.series.write;

import io.hearth.model.Column;
import io.hearth.model.PointBuffer;
import io.hearth.series.clock.HybridClock;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.item.RunWriter;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.AppendBatch;

/** Cuts the readings of batches into runs, each of one slot and small enough for an item, and stamps these. */
final class RunCutter {
    private final WriteClock clock;

    RunCutter(WriteClock clock) {
        this.clock = clock;
    }

    /**
     * Cuts the readings of a batch into runs and stamps these, later ones of a device with later stamps.
     *
     * @return the last stamp, with the greatest horizon
     */
    HybridClock.Tick stamp(AppendBatch batch) {
        PointBuffer points = batch.points();
        HybridClock.Tick tick = clock.next();
        long first = tick.hybridTime();
        long horizonMillis = tick.horizonMillis();
        for (AppendBatch.DeviceReadings readings : batch.devices()) {
            readings.sortByTime(points);
            readings.clearRuns();
            int from = 0;
            long bytes = 0;
            long slot = SeriesKeys.slotStart(points.timeMicros(readings.reading(0)));
            for (int i = 0; i < readings.size(); i++) {
                int reading = readings.reading(i);
                long size = sizeOf(points, reading);
                // They ascend, so the difference is not negative, unless it is beyond the range.
                long intoSlot = points.timeMicros(reading) - slot;
                boolean otherSlot = intoSlot < 0 || intoSlot >= SeriesKeys.SLOT_MICROS;
                if (otherSlot || (i > from && bytes + size > RunWriter.MAX_RUN_BYTES)) {
                    readings.addRun(i, tick.hybridTime());
                    if (!otherSlot) {
                        // What follows may begin at the same time; another stamp keeps the keys apart.
                        tick = clock.next();
                        horizonMillis = Math.max(horizonMillis, tick.horizonMillis());
                    }
                    from = i;
                    bytes = 0;
                    slot = SeriesKeys.slotStart(points.timeMicros(reading));
                }
                bytes += size;
            }
            readings.addRun(readings.size(), tick.hybridTime());
        }
        batch.stamped(first, tick.hybridTime());
        return new HybridClock.Tick(tick.hybridTime(), horizonMillis);
    }

    /** At most what the reading adds to a run, roughly. */
    private static long sizeOf(PointBuffer points, int reading) {
        long size = 16;
        for (int point = points.firstPoint(reading); point < points.firstPoint(reading + 1); point++) {
            size += 16 + 3L * points.metric(point).length();
            if (points.kind(point) == Column.TEXT) {
                size += 3L * points.text(point).length();
            }
        }
        return size;
    }
}
