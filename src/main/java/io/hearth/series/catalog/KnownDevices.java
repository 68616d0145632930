package io.hearth.series.catalog;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.CacheLoader;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.table.Blocking;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.Table;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What is known of devices, in memory: what their records say, and what is to become durable. Of those that are used least it is read
 * from the table again. Safe for several threads.
 */
final class KnownDevices {
    /** On a table that others write to: until then a device that another process has erased may be taken for known. */
    static final Duration REFRESHED_AFTER = Duration.ofMinutes(10);

    private static final int DEVICE_BYTES = 200;
    private static final int NAME_BYTES = 96;

    private final Table table;
    private final ToLongFunction<DeviceId> erasedUntilMicros;
    private final Cache<DeviceId, KnownDevice> cache;
    private final Function<DeviceId, KnownDevice> loader = this::load;

    /**
     * @param erasedUntilMicros {@link Erasure#behindMicros} of the last erasure of the whole device, 0 if there was none: an
     *     earlier record is going to be removed, so the next reading has to bring a new one
     * @param maxBytes by {@link #bytesOf}
     */
    KnownDevices(Table table, ToLongFunction<DeviceId> erasedUntilMicros, long maxBytes, Ticker ticker) {
        this.table = table;
        this.erasedUntilMicros = erasedUntilMicros;
        Caffeine<DeviceId, KnownDevice> builder = Caffeine.newBuilder()
                .ticker(ticker)
                .maximumWeight(maxBytes)
                .weigher((DeviceId device, KnownDevice known) -> bytesOf(device, known));
        cache = table.isShared() ? builder.refreshAfterWrite(REFRESHED_AFTER).build(new Refresh()) : builder.build();
    }

    /** Looks from time to time whether another process has erased a device. */
    private final class Refresh implements CacheLoader<DeviceId, KnownDevice> {
        @Override
        public KnownDevice load(DeviceId device) {
            return KnownDevices.this.load(device);
        }

        @Override
        public CompletableFuture<KnownDevice> asyncReload(DeviceId device, KnownDevice known, Executor executor) {
            if (!known.isStored()) {
                return CompletableFuture.completedFuture(known);
            }
            return table.get(SeriesKeys.device(device), Consistency.STRONG)
                    .map(KnownDevices.this::of)
                    .subscribeAsCompletionStage();
        }
    }

    /**
     * What a record takes in memory, about: two bytes a character, and what a device and a name cost beside them. Nothing while it
     * holds what is not durable yet, so that it is not evicted: the next record would lack that.
     */
    private static int bytesOf(DeviceId device, KnownDevice known) {
        if (!known.isStored() && known.isSomething()) {
            return 0;
        }
        int bytes = DEVICE_BYTES + 2 * device.value().length();
        for (String metric : known.metrics()) {
            bytes += NAME_BYTES + 2 * metric.length();
        }
        return bytes;
    }

    /** What is known of a device; blocks while it is read. */
    KnownDevice get(DeviceId device) {
        return cache.get(device, loader);
    }

    /** What is known of a device without the table; null if it is not in memory. */
    @Nullable
    KnownDevice inMemory(DeviceId device) {
        return cache.getIfPresent(device);
    }

    /**
     * Knows more of a device from now on, which is not durable yet.
     *
     * @param seenMicros when the device was seen, at the latest; 0 if that says nothing
     */
    KnownDevice grow(DeviceId device, Collection<String> metrics, Set<RegionId> regions, long seenMicros) {
        return cache.asMap().compute(device, (id, current) -> {
            KnownDevice base = current == null ? load(id) : current;
            Set<String> all = new HashSet<>(base.metrics());
            all.addAll(metrics);
            Set<RegionId> writers = new HashSet<>(base.regions());
            writers.addAll(regions);
            return new KnownDevice(firstSeen(device, base.firstSeenMicros(), seenMicros), all, writers, false);
        });
    }

    /** The same with all that a record says. */
    KnownDevice grow(DeviceSummary record) {
        return grow(record.id(), record.metrics(), record.regions(), record.firstSeenMicros());
    }

    /**
     * Of two times at which a device was seen, of which 0 says nothing, the first; none is before an erasure of the device. A record of
     * before that may lack when the device was seen since, so it counts from the erasure on: a later time would have to be taken
     * back, which other regions do not follow.
     *
     * @param one of the record
     */
    long firstSeen(DeviceId device, long one, long other) {
        long erasedUntil = erasedUntilMicros.applyAsLong(device);
        long first = one == 0 ? 0 : Math.max(one, erasedUntil);
        if (first == 0 || other == 0) {
            first = Math.max(first, other);
        } else {
            first = Math.min(first, other);
        }
        return first == 0 ? 0 : Math.max(first, erasedUntil);
    }

    /** Tells that a record has become durable. */
    void stored(DeviceSummary record) {
        cache.asMap()
                .computeIfPresent(record.id(), (id, current) -> current.isCoveredBy(record) ? of(record) : current);
    }

    /** Takes in what a record says, unless something is known of its device. */
    void putIfAbsent(DeviceSummary record) {
        cache.asMap().putIfAbsent(record.id(), of(record));
    }

    /** Has the record of a device read anew. */
    void forget(DeviceId device) {
        cache.invalidate(device);
    }

    /** Memory that all take, about, by {@link #bytesOf}. */
    long bytes() {
        cache.cleanUp();
        return cache.policy().eviction().orElseThrow().weightedSize().orElseThrow();
    }

    private KnownDevice load(DeviceId device) {
        return of(Blocking.await(table.get(SeriesKeys.device(device), Consistency.STRONG)));
    }

    /** What a record says that was found in the table. */
    KnownDevice of(Optional<Item> record) {
        return record.map(found -> of(StoredDevice.of(found))).orElse(KnownDevice.NOTHING);
    }

    private KnownDevice of(DeviceSummary record) {
        boolean isOfBefore = record.firstSeenMicros() < erasedUntilMicros.applyAsLong(record.id());
        return new KnownDevice(record.firstSeenMicros(), record.metrics(), record.regions(), !isOfBefore);
    }
}
