package io.hearth.series.replicate;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.Span;
import io.hearth.series.item.IncomingRun;
import io.hearth.series.item.StampedPoints;
import io.hearth.series.window.RunPlacement;
import io.hearth.table.Item;
import io.hearth.table.Table;
import java.util.List;
import org.jboss.logging.Logger;

/** Compares what comes from another region with what is stored here, point by point. Blocks. */
final class Comparison {
    private static final Logger LOG = Logger.getLogger(Comparison.class);

    private final Table table;
    private final RegionId region;

    /** @param region the one that this process writes for */
    Comparison(Table table, RegionId region) {
        this.table = table;
        this.region = region;
    }

    /** What is stored of a stretch; nothing if it cannot be read, as the run or chunk is then stored beside it. */
    LocalReadings read(DeviceId device, long firstMicros, long lastMicros) {
        try {
            return LocalReadings.read(table, device, firstMicros, lastMicros);
        } catch (RuntimeException e) {
            if (RunPlacement.isOfTable(e)) {
                throw e;
            }
            LOG.errorf(
                    "What is stored of device %s cannot be compared with another region: %s", device, e.getMessage());
            return LocalReadings.UNREADABLE;
        }
    }

    /**
     * Whether a run has a point that no run has, and no chunk with as late a stamp.
     *
     * @param again takes points that win here by a later stamp than that of their write, to be stored once more with that stamp
     */
    boolean changesAnything(IncomingRun run, LocalReadings local, StampedPoints again, ApplyTally tally) {
        Item same = local.run(run.item().key().sortKey());
        RunPlacement.RunPoints ofSame = same == null ? null : RunPlacement.RunPoints.of(same);
        boolean brings = false;
        ReadingBlock block = run.block();
        for (Column column : block.columns()) {
            for (int row = 0; row < block.size(); row++) {
                Value value = column.valueAt(row);
                if (value != null) {
                    long time = block.timesMicros()[row];
                    LocalReadings.Point inRun = local.inRun(time, column.metric());
                    boolean isStored = ofSame != null && ofSame.has(time, column.metric());
                    isStored |= inRun != null
                            && inRun.stamp().compareTo(run.stamp()) >= 0
                            && inRun.value().equals(value);
                    brings |= beatsSealed(local, time, column.metric(), value, run.stamp(), again) && !isStored;
                    tally.conflicts += isConflict(local, time, column.metric(), value, run.stamp()) ? 1 : 0;
                }
            }
        }
        return brings;
    }

    /** Whether no chunk has the point with as late a stamp; if one wins with another value, that has to be said again. */
    private boolean beatsSealed(
            LocalReadings local, long time, String metric, Value value, WriteStamp stamp, StampedPoints again) {
        LocalReadings.Point sealed = local.sealed(time, metric);
        if (sealed == null || sealed.stamp().compareTo(stamp) < 0) {
            return true;
        }
        boolean differs = !sealed.value().equals(value);
        LocalReadings.Point latest = local.latest(time, metric);
        if (differs && latest != null && latest.equals(sealed)) {
            // Two regions may have sealed different values beside one later write, whose stamp both have now: the
            // greater one wins, in every region.
            boolean isTie = sealed.stamp().equals(stamp);
            again.add(
                    time,
                    metric,
                    isTie && Value.ORDER.compare(value, sealed.value()) > 0 ? value : sealed.value(),
                    StampedPoints.behind(sealed.stamp(), region),
                    sealed.retentionSeconds());
        }
        return false;
    }

    private static boolean isConflict(LocalReadings local, long time, String metric, Value value, WriteStamp stamp) {
        LocalReadings.Point latest = local.latest(time, metric);
        return latest != null
                && !latest.value().equals(value)
                && !latest.stamp().region().equals(stamp.region());
    }

    /**
     * Adds the points of a chunk that are not stored here with as late a stamp.
     *
     * @param missing takes the points
     * @param again as for {@link #changesAnything}
     */
    void addMissing(
            ReadingBlock block,
            List<Span> spans,
            LocalReadings local,
            StampedPoints missing,
            StampedPoints again,
            ApplyTally tally) {
        int row = 0;
        for (Span span : spans) {
            for (int end = row + span.readings(); row < end; row++) {
                long time = block.timesMicros()[row];
                boolean isMissing = false;
                for (Column column : block.columns()) {
                    Value value = column.valueAt(row);
                    if (value == null) {
                        continue;
                    }
                    LocalReadings.Point latest = local.latest(time, column.metric());
                    if (latest == null || latest.stamp().compareTo(span.stamp()) < 0) {
                        missing.add(time, column.metric(), value, span.stamp(), span.retentionSeconds());
                        isMissing = true;
                    } else {
                        beatsSealed(local, time, column.metric(), value, span.stamp(), again);
                    }
                    tally.conflicts += isConflict(local, time, column.metric(), value, span.stamp()) ? 1 : 0;
                }
                tally.readings += isMissing ? 1 : 0;
            }
        }
    }
}
