package io.hearth.series.read;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.PointBuffer;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.LatestReadings;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The latest value of each metric of the devices that were asked for: loaded from the table once, and kept exact by every
 * commit from then on. Safe for several threads.
 *
 * <p>An entry is put in place before the table is read, so that it gets every commit that the reading may miss. Until the
 * entry is loaded, these commits are kept apart from what the table answers. Then both compete by device time and write
 * stamp, as they do in the table. Where that depends on a stamp that is not known exactly, the entry is dropped, and the
 * next load decides.
 */
public final class LatestCache {
    /** The most devices whose latest values are kept. */
    public static final int CACHED_DEVICES = 100_000;

    private final RegionId region;
    private final boolean isShared;
    private final Cache<DeviceId, Entry> entries =
            Caffeine.newBuilder().maximumSize(CACHED_DEVICES).build();

    /** Devices with a write that failed and may still become durable, which nobody would report; by number of the failure. */
    private final Map<DeviceId, Long> uncertain = new ConcurrentHashMap<>();

    private final AtomicLong failures = new AtomicLong();

    /**
     * A cache for a table.
     *
     * @param region that local commits are stamped with
     * @param isShared whether other processes write to the table, too: then nothing is kept, as nobody tells of their commits
     */
    public LatestCache(RegionId region, boolean isShared) {
        this.region = region;
        this.isShared = isShared;
    }

    /** Whether latest values are kept at all. */
    public boolean isKept() {
        return !isShared;
    }

    /** What is kept of one device. Guarded by itself, but never while the table is read: commits must not wait for that. */
    private static final class Entry {
        /** Null until the entry is loaded. */
        private @Nullable LatestValues loaded;

        /** What has been committed while the entry was not loaded. */
        private LatestValues arrived = new LatestValues();

        /** What is loaded, as an answer; null if something has changed since it was made. */
        private @Nullable LatestReadings answer;

        synchronized boolean isLoaded() {
            return loaded != null;
        }

        /** The answer; null if the entry is not loaded, or something in it has expired. */
        synchronized @Nullable LatestReadings answerAt(DeviceId device, long nowMicros) {
            LatestValues values = loaded;
            return values == null || nowMicros >= values.validUntilMicros() ? null : answerOf(device, values);
        }

        /**
         * Completes the load, unless another thread has done so already.
         *
         * @param found what the table holds; the entry's own afterwards, unless the answer is null
         * @return the answer; null if only the table can decide which values are the latest
         */
        synchronized @Nullable LatestReadings complete(DeviceId device, LatestValues found) {
            LatestValues values = loaded;
            if (values == null) {
                if (!found.addCommitted(arrived)) {
                    return null;
                }
                values = found;
                loaded = found;
                arrived = new LatestValues();
            }
            return answerOf(device, values);
        }

        private LatestReadings answerOf(DeviceId device, LatestValues values) {
            LatestReadings known = answer;
            if (known == null) {
                known = values.readings(device);
                answer = known;
            }
            return known;
        }

        /** Where to add what has been committed. */
        private LatestValues target() {
            answer = null;
            LatestValues values = loaded;
            return values == null ? arrived : values;
        }

        synchronized boolean addCommitted(ReadingBlock block, WriteStamp stamp, long keptMicros) {
            return target().addCommitted(block, stamp, keptMicros);
        }

        synchronized boolean addCommitted(
                AppendBatch.DeviceReadings readings, PointBuffer points, RegionId region, long keptMicros) {
            LatestValues target = target();
            boolean isSure = true;
            int i = 0;
            for (int run = 0; run < readings.runs(); run++) {
                WriteStamp stamp = new WriteStamp(new HybridTime(readings.runTime(run)), region);
                for (; i < readings.runEnd(run); i++) {
                    int reading = readings.reading(i);
                    int end = points.firstPoint(reading + 1);
                    for (int point = points.firstPoint(reading); point < end; point++) {
                        isSure &= target.addCommitted(
                                points.metric(point),
                                valueOf(points, point),
                                points.timeMicros(reading),
                                stamp,
                                keptMicros);
                    }
                }
            }
            return isSure;
        }
    }

    /**
     * The latest readings of a device.
     *
     * @param loader adds what the table holds; called when nothing is known or something has expired
     */
    public LatestReadings latest(DeviceId device, long nowMicros, Consumer<LatestValues> loader) {
        if (isShared || uncertain.containsKey(device)) {
            return uncached(device, loader);
        }
        Entry entry = entries.get(device, id -> new Entry());
        LatestReadings answer = entry.answerAt(device, nowMicros);
        if (answer != null) {
            return answer;
        }
        if (entry.isLoaded()) {
            // A value has expired, and an earlier one that is kept longer may be the latest now.
            entries.asMap().remove(device, entry);
            entry = entries.get(device, id -> new Entry());
        }
        LatestValues found = new LatestValues();
        loader.accept(found);
        answer = entry.complete(device, found);
        if (answer == null || uncertain.containsKey(device)) {
            entries.asMap().remove(device, entry);
        }
        // What the table answered is right by itself: it was read after the question.
        return answer == null ? found.readings(device) : answer;
    }

    /** The latest readings of a device as the table has them; nothing is kept. */
    private static LatestReadings uncached(DeviceId device, Consumer<LatestValues> loader) {
        LatestValues found = new LatestValues();
        loader.accept(found);
        return found.readings(device);
    }

    /**
     * Takes in what has just become durable, if the device has been asked for.
     *
     * @param keptMicros how long the readings are kept after their device time; {@link Long#MAX_VALUE} for ever
     */
    public void committed(AppendBatch.DeviceReadings readings, PointBuffer points, long keptMicros) {
        DeviceId device = readings.device();
        Entry entry = entries.getIfPresent(device);
        if (entry != null && !entry.addCommitted(readings, points, region, keptMicros)) {
            entries.asMap().remove(device, entry);
        }
    }

    /** Takes in what another region wrote and has just become durable, if the device has been asked for. */
    public void committed(DeviceId device, Supplier<ReadingBlock> written, WriteStamp stamp, long keptMicros) {
        Entry entry = entries.getIfPresent(device);
        if (entry != null && !entry.addCommitted(written.get(), stamp, keptMicros)) {
            entries.asMap().remove(device, entry);
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
    public void forget(DeviceId device) {
        entries.invalidate(device);
    }

    /** How many writes have failed without a known outcome, to be told to {@link #settled} by a write that begins now. */
    public long failures() {
        return failures.get();
    }

    /** Keeps nothing of a device, of which a write has failed and may still become durable, until that is {@link #settled}. */
    public void failed(DeviceId device) {
        uncertain.put(device, failures.incrementAndGet());
        entries.invalidate(device);
    }

    /**
     * A write has become durable: what failed before it began has become durable, too, or never will.
     *
     * @param failuresBefore what {@link #failures} answered when that write began
     */
    public void settled(long failuresBefore) {
        if (!uncertain.isEmpty()) {
            uncertain.forEach((device, failure) -> {
                if (failure <= failuresBefore && uncertain.remove(device, failure)) {
                    entries.invalidate(device);
                }
            });
        }
    }
}
