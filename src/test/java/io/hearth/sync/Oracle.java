package io.hearth.sync;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.SeriesFixture;
import io.hearth.series.item.StoredRun;
import io.hearth.series.value.Erasure;
import io.hearth.sync.wire.SyncPage;
import io.hearth.sync.wire.SyncRecord;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Every write and erasure that any region committed by itself, and what they come to by the rules, in the plainest way. Stamps
 * come from the feeds of the regions, read by code of its own; that they say the truth is checked by the simulation, which knows
 * what it wrote, and in which order.
 */
@SuppressWarnings("NullAway")
final class Oracle {
    private final List<PointWrite> writes = new ArrayList<>();
    private final List<Erasure> erasures = new ArrayList<>();

    /**
     * One point as a region wrote it.
     *
     * @param retentionSeconds 0 for ever
     */
    record PointWrite(
            DeviceId device, long timeMicros, String metric, Object value, WriteStamp stamp, long retentionSeconds) {
        boolean isOfTheSamePoint(PointWrite other) {
            return device.equals(other.device) && timeMicros == other.timeMicros && metric.equals(other.metric);
        }
    }

    /** What a region has committed by itself. */
    record Committed(List<PointWrite> writes, List<Erasure> erasures) {
        /** The earliest stamp of it; null if it is nothing. */
        @Nullable
        WriteStamp earliest() {
            WriteStamp earliest = null;
            for (PointWrite write : writes) {
                earliest = earliest == null || write.stamp.compareTo(earliest) < 0 ? write.stamp : earliest;
            }
            for (Erasure erasure : erasures) {
                earliest = earliest == null || erasure.stamp().compareTo(earliest) < 0 ? erasure.stamp() : earliest;
            }
            return earliest;
        }

        long latest() {
            long latest = 0;
            for (PointWrite write : writes) {
                latest = Math.max(latest, write.stamp.time().packed());
            }
            for (Erasure erasure : erasures) {
                latest = Math.max(latest, erasure.stamp().time().packed());
            }
            return latest;
        }
    }

    /** Takes note of what a region has committed since. */
    Committed observe(SimulatedSite site) {
        SyncSource.Wanted own = new SyncSource.Wanted(Set.of(), Set.of(), SyncSource.Origin.OWN, null);
        SyncPage page = new SyncSource(site.table, site.id).changes(site.observed, Integer.MAX_VALUE, own);
        site.observed = page.next();
        Committed committed = new Committed(new ArrayList<>(), new ArrayList<>());
        for (SyncRecord record : page.records()) {
            if (record instanceof SyncRecord.Run run) {
                committed.writes.addAll(
                        pointsOf(Item.of(run.run().key(), run.run().body())));
            } else if (record instanceof SyncRecord.Erased erased && !erasures.contains(erased.erasure())) {
                committed.erasures.add(erased.erasure());
            }
        }
        writes.addAll(committed.writes);
        erasures.addAll(committed.erasures);
        return committed;
    }

    private static List<PointWrite> pointsOf(Item run) {
        WriteStamp stamp = stampOf(run.key().sortKey());
        long retentionSeconds = retentionOf(run.body());
        ReadingBlock block = StoredRun.readings(run);
        List<PointWrite> points = new ArrayList<>();
        for (Column column : block.columns()) {
            for (int row = 0; row < block.size(); row++) {
                Value value = column.valueAt(row);
                if (value != null) {
                    points.add(new PointWrite(
                            new DeviceId(run.key().partitionKey()),
                            block.timesMicros()[row],
                            column.metric(),
                            SeriesFixture.plain(value),
                            stamp,
                            retentionSeconds));
                }
            }
        }
        return points;
    }

    /** The key of a run ends with [8] hybrid time and the region. */
    private static WriteStamp stampOf(Bytes runKey) {
        byte[] key = runKey.array();
        return new WriteStamp(
                new HybridTime(ByteBuffer.wrap(key).getLong(9)),
                new RegionId(new String(key, 17, key.length - 17, StandardCharsets.US_ASCII)));
    }

    /** The body of a run begins with [1] format, a varint of its readings, and one of its retention in seconds. */
    private static long retentionOf(Bytes runBody) {
        ByteBuffer in = ByteBuffer.wrap(runBody.array());
        in.get();
        varint(in);
        return varint(in);
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = in.get();
            value |= (next & 0x7FL) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    /** The latest stamp that a region learns of from a record; 0 if none. */
    static long latestStamp(SyncRecord record) {
        if (record instanceof SyncRecord.Run run) {
            return ByteBuffer.wrap(run.run().key().sortKey().array()).getLong(9);
        }
        if (record instanceof SyncRecord.Erased erased) {
            return erased.erasure().stamp().time().packed();
        }
        return 0;
    }

    /**
     * What a point may be.
     *
     * @param value what it is by the rules; null for absent
     * @param others what else it may be, if it may be absent, too
     */
    record Expected(@Nullable Object value, @Nullable Set<Object> others) {
        static final Expected ABSENT = new Expected(null, null);

        boolean allows(@Nullable Object found) {
            return Objects.equals(found, value) || (others != null && (found == null || others.contains(found)));
        }

        boolean isCertain() {
            return others == null;
        }
    }

    private static boolean isExpired(PointWrite write, long nowMicros) {
        return write.retentionSeconds != 0 && write.timeMicros <= nowMicros - write.retentionSeconds * 1_000_000;
    }

    boolean hasErasuresOf(DeviceId device) {
        return erasures.stream().anyMatch(erasure -> erasure.device().equals(device));
    }

    private boolean isErased(PointWrite write) {
        return erasures.stream()
                .anyMatch(erasure -> erasure.device().equals(write.device)
                        && erasure.range().contains(write.timeMicros)
                        && write.stamp.compareTo(erasure.stamp()) < 0);
    }

    /**
     * What the points of a device come to, by time and metric. Where some of what was written at one time has expired and some has
     * not, as regions keep readings for different times, a region may show either: values of one reading are kept in a chunk for as
     * long as the longest of them, so one that has expired, or was replaced by one that has, is seen there until all have.
     */
    Map<Long, Map<String, Expected>> points(DeviceId device, long nowMicros) {
        Map<Long, Map<String, List<PointWrite>>> left = new TreeMap<>();
        for (PointWrite write : writes) {
            if (write.device.equals(device) && !isErased(write)) {
                left.computeIfAbsent(write.timeMicros, time -> new TreeMap<>())
                        .computeIfAbsent(write.metric, metric -> new ArrayList<>())
                        .add(write);
            }
        }
        Map<Long, Map<String, Expected>> points = new TreeMap<>();
        left.forEach((time, metrics) -> {
            Set<Boolean> expiries = new HashSet<>();
            metrics.values().forEach(all -> all.forEach(write -> expiries.add(isExpired(write, nowMicros))));
            boolean isMixed = expiries.size() == 2;
            Map<String, Expected> expected = new TreeMap<>();
            metrics.forEach((metric, all) -> {
                PointWrite alive = latest(all.stream()
                        .filter(write -> !isExpired(write, nowMicros))
                        .toList());
                Set<Object> written = all.stream().map(PointWrite::value).collect(Collectors.toSet());
                expected.put(metric, new Expected(alive == null ? null : alive.value, isMixed ? written : null));
            });
            points.put(time, expected);
        });
        return points;
    }

    private static @Nullable PointWrite latest(List<PointWrite> writes) {
        return writes.stream()
                .reduce((one, other) -> one.stamp.compareTo(other.stamp) >= 0 ? one : other)
                .orElse(null);
    }

    /** Every value that was ever written to a point. */
    Map<Long, Map<String, Set<Object>>> everWritten(DeviceId device) {
        Map<Long, Map<String, Set<Object>>> values = new HashMap<>();
        for (PointWrite write : writes) {
            if (write.device.equals(device)) {
                values.computeIfAbsent(write.timeMicros, time -> new HashMap<>())
                        .computeIfAbsent(write.metric, metric -> new HashSet<>())
                        .add(write.value);
            }
        }
        return values;
    }

    /**
     * The points of a device about which no two clocks can disagree: they were written once, were erased by nobody, and have not
     * expired by the clock that was furthest ahead.
     */
    Map<Long, Map<String, Object>> undisputed(DeviceId device, long latestClockMicros) {
        Map<Long, Map<String, Object>> points = new TreeMap<>();
        for (PointWrite write : writes) {
            boolean isUndisputed = write.device.equals(device)
                    && !isExpired(write, latestClockMicros)
                    && erasures.stream()
                            .noneMatch(erasure -> erasure.device().equals(device)
                                    && erasure.range().contains(write.timeMicros))
                    && writes.stream().filter(write::isOfTheSamePoint).count() == 1;
            if (isUndisputed) {
                points.computeIfAbsent(write.timeMicros, time -> new TreeMap<>())
                        .put(write.metric, write.value);
            }
        }
        return points;
    }

    /** Forgets the readings of before a time, of which nothing is left anywhere. */
    void forgetBefore(long timeMicros) {
        writes.removeIf(write -> write.timeMicros < timeMicros);
    }
}
