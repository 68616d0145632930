package io.hearth.sync;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.Erasure;
import io.hearth.series.StoredRun;
import io.hearth.table.Item;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Every write and erasure that any region committed by itself, and what they come to by the rules, in the plainest way. */
@SuppressWarnings("NullAway")
final class Oracle {
    private final List<PointWrite> writes = new ArrayList<>();
    private final List<Erasure> erasures = new ArrayList<>();

    private record PointWrite(DeviceId device, long timeMicros, String metric, Object value, WriteStamp stamp) {}

    /** Takes note of what a region has committed since. */
    void observe(SimulatedRegion region) {
        SyncSource.Wanted own = new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.OWN, null);
        SyncPage page = region.source.changes(region.observed, Integer.MAX_VALUE, own);
        region.observed = page.next();
        for (SyncRecord record : page.records()) {
            if (record instanceof SyncRecord.Run run) {
                add(Item.of(run.run().key(), run.run().body()));
            } else if (record instanceof SyncRecord.Erased erased) {
                erasures.add(erased.erasure());
            }
        }
    }

    private void add(Item run) {
        WriteStamp stamp = StoredRun.stamp(run.key());
        ReadingBlock block = StoredRun.readings(run);
        for (Column column : block.columns()) {
            for (int row = 0; row < block.size(); row++) {
                if (column.valueAt(row) instanceof Value.Num number) {
                    writes.add(new PointWrite(
                            new DeviceId(run.key().partitionKey()),
                            block.timesMicros()[row],
                            column.metric(),
                            number.number(),
                            stamp));
                }
            }
        }
    }

    /** The readings of a device, by time. */
    Map<Long, Map<String, Object>> readings(DeviceId device, long nowMicros) {
        Map<Long, Map<String, PointWrite>> latest = new TreeMap<>();
        for (PointWrite write : writes) {
            boolean erased = erasures.stream()
                    .anyMatch(erasure -> erasure.device().equals(write.device)
                            && erasure.range().contains(write.timeMicros)
                            && write.stamp.compareTo(erasure.stamp()) < 0);
            boolean expired = write.timeMicros <= nowMicros - SimulatedRegion.RETENTION.toNanos() / 1000;
            if (write.device.equals(device) && !erased && !expired) {
                latest.computeIfAbsent(write.timeMicros, time -> new TreeMap<>())
                        .merge(
                                write.metric,
                                write,
                                (one, other) -> one.stamp.compareTo(other.stamp) >= 0 ? one : other);
            }
        }
        Map<Long, Map<String, Object>> readings = new TreeMap<>();
        latest.forEach((time, points) -> {
            Map<String, Object> values = new TreeMap<>();
            points.forEach((metric, write) -> values.put(metric, write.value));
            readings.put(time, values);
        });
        return readings;
    }
}
