package io.hearth.series.read;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.MetricSummary;
import io.hearth.series.chunk.Span;
import io.hearth.series.item.Segment;
import io.hearth.series.value.LatestPoint;
import io.hearth.series.value.LatestReadings;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The latest value of each metric among those that were added, in any order: the one with the greatest device time, and of
 * several at one time the one with the latest write stamp. Not safe for several threads.
 */
public final class LatestValues {
    private final Map<String, Point> points = new HashMap<>();
    private long validUntilMicros = Long.MAX_VALUE;

    /**
     * A value with what it competes by.
     *
     * @param stamp of its write; no earlier than that if it is not exact
     */
    private record Point(Value value, long deviceTimeMicros, WriteStamp stamp, boolean isExact) {
        boolean isLaterThan(Point other) {
            return deviceTimeMicros == other.deviceTimeMicros
                    ? stamp.compareTo(other.stamp) >= 0
                    : deviceTimeMicros > other.deviceTimeMicros;
        }

        /** Whether {@link #isLaterThan} is certain, or makes no difference, where the stamp here is exact. */
        boolean isComparableWith(Point other) {
            return other.isExact
                    || deviceTimeMicros != other.deviceTimeMicros
                    || stamp.compareTo(other.stamp) > 0
                    || value.equals(other.value);
        }
    }

    /** Adds the last value of each metric that a merged block has, of which nothing has expired. */
    public void add(Segment.Open segment, long keptMicros) {
        ReadingBlock block = segment.block();
        for (int i = 0; i < block.columns().size(); i++) {
            Column column = block.columns().get(i);
            int row = lastRow(block, column);
            Value value = row < 0 ? null : column.valueAt(row);
            if (value != null) {
                add(
                        column.metric(),
                        new Point(value, block.timesMicros()[row], segment.stampOfLast(i, row), true),
                        keptMicros);
            }
        }
    }

    /**
     * Adds the last value of each metric that a chunk has, of which nothing has expired.
     *
     * @param keptMicros how long the shortest-lived reading is kept after its device time; {@link Long#MAX_VALUE} for ever
     */
    public void add(Chunk chunk, long keptMicros) {
        List<Span> spans = chunk.spans();
        WriteStamp last = spans.get(spans.size() - 1).stamp();
        WriteStamp latest = last;
        for (Span span : spans) {
            latest = span.stamp().compareTo(latest) > 0 ? span.stamp() : latest;
        }
        for (MetricSummary summary : chunk.metrics()) {
            // The span of any other reading is known only to the times, which are not decoded here.
            boolean isOfLast = summary.lastMicros() == chunk.lastMicros();
            Point point = new Point(summary.last(), summary.lastMicros(), isOfLast ? last : latest, isOfLast);
            add(summary.metric(), point, keptMicros);
        }
    }

    /**
     * Adds a value whose write has exactly this stamp.
     *
     * @return false if it depends on a stamp that is not known exactly whether it is the latest one; nothing was added
     */
    boolean addCommitted(String metric, Value value, long deviceTimeMicros, WriteStamp stamp, long keptMicros) {
        Point point = new Point(value, deviceTimeMicros, stamp, true);
        Point known = points.get(metric);
        if (known != null && !point.isComparableWith(known)) {
            return false;
        }
        add(metric, point, keptMicros);
        return true;
    }

    /** Adds the last value of each metric of a block that one write brought; answers as for a single value. */
    boolean addCommitted(ReadingBlock block, WriteStamp stamp, long keptMicros) {
        boolean isSure = true;
        for (Column column : block.columns()) {
            int row = lastRow(block, column);
            Value value = row < 0 ? null : column.valueAt(row);
            if (value != null) {
                isSure &= addCommitted(column.metric(), value, block.timesMicros()[row], stamp, keptMicros);
            }
        }
        return isSure;
    }

    /**
     * Adds what was committed.
     *
     * @return false if one of the values depends on a stamp that is not known exactly; nothing was added
     */
    boolean addCommitted(LatestValues committed) {
        for (Map.Entry<String, Point> entry : committed.points.entrySet()) {
            Point known = points.get(entry.getKey());
            if (known != null && !entry.getValue().isComparableWith(known)) {
                return false;
            }
        }
        committed.points.forEach((metric, point) -> add(metric, point, Long.MAX_VALUE));
        validUntilMicros = Math.min(validUntilMicros, committed.validUntilMicros);
        return true;
    }

    /** Whether there is a value of each of these metrics. */
    public boolean haveAll(Set<String> metrics) {
        return points.size() >= metrics.size() && points.keySet().containsAll(metrics);
    }

    /** From when on one of the values may have expired. */
    long validUntilMicros() {
        return validUntilMicros;
    }

    LatestReadings readings(DeviceId device) {
        TreeMap<String, LatestPoint> latest = new TreeMap<>();
        points.forEach((metric, point) -> latest.put(metric, new LatestPoint(point.value, point.deviceTimeMicros)));
        return new LatestReadings(device, Collections.unmodifiableSortedMap(latest));
    }

    private void add(String metric, Point point, long keptMicros) {
        Point known = points.get(metric);
        if (known == null || point.isLaterThan(known)) {
            points.put(metric, point);
            long until = point.deviceTimeMicros + keptMicros;
            boolean isForEver = keptMicros == Long.MAX_VALUE || until < point.deviceTimeMicros;
            validUntilMicros = isForEver ? validUntilMicros : Math.min(validUntilMicros, until);
        }
    }

    private static int lastRow(ReadingBlock block, Column column) {
        int row = block.size() - 1;
        while (row >= 0 && column.kindAt(row) == Column.ABSENT) {
            row--;
        }
        return row;
    }
}
