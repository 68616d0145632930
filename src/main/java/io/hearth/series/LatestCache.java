package io.hearth.series;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import io.hearth.model.ReadingBlock;
import io.hearth.model.Value;
import io.hearth.series.chunk.MetricSummary;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The latest value of each metric of the devices that somebody asked for: loaded from the table once, and kept exact by
 * every commit from then on. An entry is put in place before it is loaded, so that a commit that happens meanwhile updates
 * it; as the later of two values wins whichever comes first, nothing is missed.
 */
final class LatestCache {
    /** The most devices whose latest values are kept. */
    static final int CACHED_DEVICES = 100_000;

    private final Cache<DeviceId, Entry> entries =
            Caffeine.newBuilder().maximumSize(CACHED_DEVICES).build();

    /** What is known of one device. Guarded by itself, but never while the table is read: commits must not wait for that. */
    static final class Entry {
        private final Map<String, Point> points = new HashMap<>();
        private boolean loaded;

        /** What is known as an answer; null when something has changed since it was made. */
        private @Nullable LatestReadings answer;

        /** From when on a point may have expired, so that the entry must be loaded again. */
        private long validUntilMicros = Long.MAX_VALUE;

        private record Point(Value value, long deviceTimeMicros, long hybridTime) {}

        /**
         * Takes in every last value of a block.
         *
         * @param keptMicros how long the shortest-lived reading of the block is kept after its device time
         */
        synchronized void offer(ReadingBlock block, long keptMicros) {
            for (Column column : block.columns()) {
                for (int row = block.size() - 1; row >= 0; row--) {
                    Value value = column.valueAt(row);
                    if (value != null) {
                        offer(column.metric(), value, block.timesMicros()[row], 0, keptMicros);
                        break;
                    }
                }
            }
        }

        /**
         * Takes in the last values that a chunk has, of which nothing has expired.
         *
         * @param keptMicros how long the shortest-lived reading of the chunk is kept after its device time
         */
        synchronized void offer(List<MetricSummary> summaries, long keptMicros) {
            for (MetricSummary summary : summaries) {
                offer(summary.metric(), summary.last(), summary.lastMicros(), 0, keptMicros);
            }
        }

        /**
         * Takes in the last values of a block as far as they are later than what is known by their device times.
         *
         * @return false if one is of the same device time: which of the two wins, only the table knows
         */
        private boolean offerLater(ReadingBlock block, long hybridTime, long keptMicros) {
            boolean isSure = true;
            for (Column column : block.columns()) {
                int row = block.size() - 1;
                while (row >= 0 && column.kindAt(row) == Column.ABSENT) {
                    row--;
                }
                Value value = row < 0 ? null : column.valueAt(row);
                if (value != null) {
                    Point known = points.get(column.metric());
                    isSure &= known == null || known.deviceTimeMicros != block.timesMicros()[row];
                    offer(column.metric(), value, block.timesMicros()[row], hybridTime, keptMicros);
                }
            }
            return isSure;
        }

        synchronized int metrics() {
            return points.size();
        }

        private synchronized boolean isStale(long nowMicros) {
            return loaded && nowMicros >= validUntilMicros;
        }

        /** The answer, if there is one and nothing in it has expired. */
        private synchronized @Nullable LatestReadings answerAt(long nowMicros) {
            return loaded && nowMicros < validUntilMicros ? answer : null;
        }

        private synchronized boolean isLoaded() {
            return loaded;
        }

        private synchronized LatestReadings snapshot(DeviceId device) {
            loaded = true;
            LatestReadings known = answer;
            if (known == null) {
                TreeMap<String, LatestPoint> latest = new TreeMap<>();
                points.forEach(
                        (metric, point) -> latest.put(metric, new LatestPoint(point.value, point.deviceTimeMicros)));
                known = new LatestReadings(device, Collections.unmodifiableSortedMap(latest));
                answer = known;
            }
            return known;
        }

        private void offer(String metric, Value value, long timeMicros, long hybridTime, long keptMicros) {
            Point known = points.get(metric);
            if (known == null
                    || timeMicros > known.deviceTimeMicros
                    || timeMicros == known.deviceTimeMicros && hybridTime >= known.hybridTime) {
                points.put(metric, new Point(value, timeMicros, hybridTime));
                answer = null;
                validUntilMicros = Math.min(validUntilMicros, saturatedSum(timeMicros, keptMicros));
            }
        }

        private static long saturatedSum(long timeMicros, long keptMicros) {
            return keptMicros == Long.MAX_VALUE ? Long.MAX_VALUE : timeMicros + keptMicros;
        }
    }

    /**
     * The latest readings of a device.
     *
     * @param loader offers an entry what the table holds; may be called when nothing is known or something has expired
     */
    LatestReadings latest(DeviceId device, long nowMicros, Consumer<Entry> loader) {
        Entry entry = entries.get(device, id -> new Entry());
        LatestReadings answer = entry.answerAt(nowMicros);
        if (answer != null) {
            return answer;
        }
        if (entry.isStale(nowMicros)) {
            entries.asMap().remove(device, entry);
            entry = entries.get(device, id -> new Entry());
        }
        if (!entry.isLoaded()) {
            loader.accept(entry);
        }
        return entry.snapshot(device);
    }

    /** The latest readings of a device as the table has them; nothing is kept. */
    static LatestReadings uncached(DeviceId device, Consumer<Entry> loader) {
        Entry entry = new Entry();
        loader.accept(entry);
        return entry.snapshot(device);
    }

    /** Takes in what has just become durable, if anybody has asked for the device. */
    void committed(AppendBatch.DeviceReadings readings, PointBuffer points, long hybridTime, long keptMicros) {
        Entry entry = entries.getIfPresent(readings.device());
        if (entry == null) {
            return;
        }
        synchronized (entry) {
            for (int i = 0; i < readings.size(); i++) {
                int reading = readings.reading(i);
                int end = points.firstPoint(reading + 1);
                for (int point = points.firstPoint(reading); point < end; point++) {
                    entry.offer(
                            points.metric(point),
                            valueOf(points, point),
                            points.timeMicros(reading),
                            hybridTime,
                            keptMicros);
                }
            }
        }
    }

    /** Takes in what another region wrote and has just become durable, if anybody has asked for the device. */
    void committed(DeviceId device, Supplier<ReadingBlock> written, long hybridTime, long keptMicros) {
        Entry entry = entries.getIfPresent(device);
        if (entry == null) {
            return;
        }
        boolean isSure;
        ReadingBlock block = written.get();
        synchronized (entry) {
            isSure = entry.offerLater(block, hybridTime, keptMicros);
        }
        if (!isSure) {
            forget(device);
        }
    }

    private static Value valueOf(PointBuffer points, int point) {
        return switch (points.kind(point)) {
            case Column.NUMBER -> new Value.Num(points.number(point));
            case Column.BOOL -> new Value.Bool(points.number(point) != 0);
            default -> new Value.Text(points.text(point));
        };
    }

    /** Forgets a device, so that the table is asked again. */
    void forget(DeviceId device) {
        entries.invalidate(device);
    }
}
