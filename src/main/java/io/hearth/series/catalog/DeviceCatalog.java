package io.hearth.series.catalog;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.CacheLoader;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import io.hearth.model.RegionId;
import io.hearth.series.item.DeviceIds;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which devices there are, which metrics each has sent, and which regions have written its readings. A record is written when
 * any of that is new, before the readings are, so the catalog is never behind them.
 */
public final class DeviceCatalog {
    /** The most metrics a device may have, over all of its readings, so that its record fits an item. */
    static final int MAX_METRICS = 2048;

    /** All names of a device's metrics together, so that its record fits an item. */
    private static final int MAX_METRIC_BYTES = 350_000;

    /** How much of the records is kept in memory where nothing else is said. */
    public static final long CACHED_BYTES = 40L << 20;

    private static final int DEVICE_BYTES = 200;
    private static final int NAME_BYTES = 96;

    /** How many records of a table that others write to are read at the start. */
    private static final int CACHED_DEVICES = 200_000;

    /** About 100 bytes each. */
    private static final int LISTED_DEVICES = 500_000;

    private static final int PAGE_DEVICES = 1000;

    /** On a table that others write to: until then a device that another process has erased may be taken for known. */
    static final Duration REFRESHED_AFTER = Duration.ofMinutes(10);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(5);
    private static final Duration LAST_PAUSE = Duration.ofMillis(200);
    private static final int MERGE_ATTEMPTS = 20;
    private static final int MERGES_AT_ONCE = 32;

    private final Table table;
    private final RegionId region;
    private final ToLongFunction<DeviceId> erasedUntilMicros;
    private final long maxCachedBytes;
    private final Cache<DeviceId, Known> cache;

    /** Held from when a record is made until the table has taken it. */
    private final Object writeOrder = new Object();

    private final Function<DeviceId, Known> loader = this::load;
    private final DeviceIds ids = new DeviceIds(LISTED_DEVICES);

    /**
     * @param region whose readings {@link #knows} and {@link #recordWith} are about
     * @param erasedUntilMicros {@link Erasure#behindMicros} of the last erasure of the whole device, 0 if there was none: an
     *     earlier record is going to be removed, so the next reading has to bring a new one
     * @param maxCachedBytes memory for records, by {@link #bytesOf}; those that are used least are read from the table again
     */
    public DeviceCatalog(
            Table table,
            RegionId region,
            ToLongFunction<DeviceId> erasedUntilMicros,
            long maxCachedBytes,
            Ticker ticker) {
        this.table = table;
        this.region = region;
        this.erasedUntilMicros = erasedUntilMicros;
        this.maxCachedBytes = maxCachedBytes;
        Caffeine<DeviceId, Known> builder = Caffeine.newBuilder()
                .ticker(ticker)
                .maximumWeight(this.maxCachedBytes)
                .weigher((DeviceId device, Known known) -> bytesOf(device, known));
        cache = table.isShared() ? builder.refreshAfterWrite(REFRESHED_AFTER).build(new Refresh()) : builder.build();
    }

    /** Looks from time to time whether another process has erased a device. */
    private final class Refresh implements CacheLoader<DeviceId, Known> {
        @Override
        public Known load(DeviceId device) {
            return DeviceCatalog.this.load(device);
        }

        @Override
        public CompletableFuture<Known> asyncReload(DeviceId device, Known known, Executor executor) {
            if (!known.stored) {
                return CompletableFuture.completedFuture(known);
            }
            return table.get(SeriesKeys.device(device), Consistency.STRONG)
                    .map(DeviceCatalog.this::known)
                    .subscribeAsCompletionStage();
        }
    }

    /**
     * What is known of a device; immutable.
     *
     * @param firstSeenMicros 0 if it has never been seen
     * @param regions that have written its readings; empty if nobody knows, as an earlier build has kept the record
     * @param stored whether exactly this is durable
     */
    private record Known(long firstSeenMicros, Set<String> metrics, Set<RegionId> regions, boolean stored) {
        private static final Known NOTHING = new Known(0, Set.of(), Set.of(), false);

        boolean isSomething() {
            return firstSeenMicros != 0 || !metrics.isEmpty() || !regions.isEmpty();
        }

        /** Whether all that a record says is durable. */
        boolean covers(DeviceSummary record) {
            return stored
                    && firstSeenMicros <= record.firstSeenMicros()
                    && regions.containsAll(record.regions())
                    && metrics.containsAll(record.metrics());
        }
    }

    /**
     * What a record takes in memory, about: two bytes a character, and what a device and a name cost beside them. Nothing while it
     * holds what is not durable yet, so that it is not evicted: the next record would lack that.
     */
    private static int bytesOf(DeviceId device, Known known) {
        if (!known.stored && known.isSomething()) {
            return 0;
        }
        int bytes = DEVICE_BYTES + 2 * device.value().length();
        for (String metric : known.metrics) {
            bytes += NAME_BYTES + 2 * metric.length();
        }
        return bytes;
    }

    /** Whether the catalog holds, durably, the device with every metric of a reading of this region. */
    public boolean knows(DeviceId device, PointBuffer points, int reading) {
        Known known = cache.get(device, loader);
        if (!known.stored || !known.regions.contains(region)) {
            return false;
        }
        int end = points.firstPoint(reading + 1);
        for (int point = points.firstPoint(reading); point < end; point++) {
            if (!known.metrics.contains(points.metric(point))) {
                return false;
            }
        }
        return true;
    }

    /**
     * Takes note of the metrics of a reading that is going to be stored.
     *
     * @return false if the device would have too many of them; nothing was noted
     */
    public boolean learn(DeviceId device, PointBuffer points, int reading) {
        Set<String> metrics = new HashSet<>();
        int end = points.firstPoint(reading + 1);
        for (int point = points.firstPoint(reading); point < end; point++) {
            metrics.add(points.metric(point));
        }
        Set<String> all = new HashSet<>(cache.get(device, loader).metrics);
        all.addAll(metrics);
        if (all.size() > MAX_METRICS) {
            return false;
        }
        grow(device, metrics, Set.of(), 0);
        return true;
    }

    /** The record to {@link #store} before readings that have these metrics; until it is durable, with each batch. */
    public Item recordWith(DeviceId device, Set<String> metrics, long nowMicros) {
        return encode(device, grow(device, metrics, Set.of(region), nowMicros));
    }

    /** The record to store before readings that a region wrote; empty if what is durable covers them. */
    public Optional<Item> recordFor(
            DeviceId device, Collection<String> metrics, RegionId writer, long firstSeenMicros) {
        Known known = cache.get(device, loader);
        if (known.stored && known.regions.contains(writer) && known.metrics.containsAll(metrics)) {
            return Optional.empty();
        }
        requireItem(device, known, metrics);
        return Optional.of(encode(device, grow(device, metrics, Set.of(writer), firstSeenMicros)));
    }

    /**
     * Other regions may have filled up a device's metrics with others. Beyond what a record can hold the first ones count; from
     * then on this would fail whenever the device sends anything, so nothing of it is noted.
     */
    private static void requireItem(DeviceId device, Known known, Collection<String> metrics) {
        long bytes = 0;
        Set<String> all = new HashSet<>(known.metrics);
        all.addAll(metrics);
        for (String metric : all) {
            bytes += 2 + metric.getBytes(StandardCharsets.UTF_8).length;
        }
        if (bytes > MAX_METRIC_BYTES) {
            throw new IllegalArgumentException(
                    "device " + device + " has more metrics than its record can hold: " + all.size());
        }
    }

    /** The record to store so that everything another region knows of a device is known here; empty if it is. */
    public Optional<Item> recordMergedWith(DeviceSummary other) {
        Known known = cache.get(other.id(), loader);
        if (known.covers(other)) {
            return Optional.empty();
        }
        requireItem(other.id(), known, other.metrics());
        return Optional.of(grownBy(other));
    }

    /** Whether no other region has written readings of a device, as far as is known here; also if nobody has. */
    public boolean isWrittenOnlyBy(DeviceId device, RegionId writer) {
        Known known = cache.get(device, loader);
        return (known.firstSeenMicros == 0 && known.metrics.isEmpty()) || known.regions.equals(Set.of(writer));
    }

    private Item grownBy(DeviceSummary record) {
        return encode(record.id(), grow(record.id(), record.metrics(), record.regions(), record.firstSeenMicros()));
    }

    /** @param seenMicros when the device was seen, at the latest; 0 if that says nothing */
    private Known grow(DeviceId device, Collection<String> metrics, Set<RegionId> regions, long seenMicros) {
        return cache.asMap().compute(device, (id, current) -> {
            Known base = current == null ? load(id) : current;
            Set<String> all = new HashSet<>(base.metrics);
            all.addAll(metrics);
            Set<RegionId> writers = new HashSet<>(base.regions);
            writers.addAll(regions);
            return new Known(firstSeen(device, base.firstSeenMicros, seenMicros), all, writers, false);
        });
    }

    /**
     * Of two times at which a device was seen, of which 0 says nothing, the first; none is before an erasure of the device. A record of
     * before that may lack when the device was seen since, so it counts from the erasure on: a later time would have to be taken
     * back, which other regions do not follow.
     *
     * @param one of the record
     */
    private long firstSeen(DeviceId device, long one, long other) {
        long erasedUntil = erasedUntilMicros.applyAsLong(device);
        long first = one == 0 ? 0 : Math.max(one, erasedUntil);
        if (first == 0 || other == 0) {
            first = Math.max(first, other);
        } else {
            first = Math.min(first, other);
        }
        return first == 0 ? 0 : Math.max(first, erasedUntil);
    }

    /** Tells that a record of {@link #recordWith} has become durable. */
    private void stored(Item record) {
        DeviceSummary summary = StoredDevice.of(record);
        ids.added(summary.id());
        cache.asMap()
                .computeIfPresent(
                        summary.id(),
                        (id, current) -> summary.metrics().containsAll(current.metrics)
                                        && summary.regions().containsAll(current.regions)
                                        && summary.firstSeenMicros() <= current.firstSeenMicros
                                ? known(summary)
                                : current);
    }

    /**
     * Stores records of {@link #recordWith}, together with what has become known of their devices since they were made; where other
     * processes write to the table, too, with what they have put into them.
     *
     * @return completes when all are durable; fails as the table does, and may then be subscribed to again
     */
    public Uni<Void> store(List<Item> records) {
        return Uni.createFrom().deferred(() -> table.isShared() ? merge(records) : write(records));
    }

    /**
     * A write that is tried again may come behind a later one of the same device, so what is known now is stored. The table keeps the
     * order in which writes are handed to it, and one at a time is: no record replaces one that says more.
     */
    private Uni<Void> write(List<Item> records) {
        List<Item> grown;
        CompletableFuture<Void> written;
        synchronized (writeOrder) {
            grown = records.stream()
                    .map(record -> grownBy(StoredDevice.of(record)))
                    .toList();
            written = table.write(grown.stream().<Write>map(Write.Put::new).toList())
                    .subscribeAsCompletionStage();
        }
        return Uni.createFrom().completionStage(written).invoke(() -> grown.forEach(this::stored));
    }

    private Uni<Void> merge(List<Item> records) {
        // When it is tried again, what was done stays done.
        List<Uni<Void>> merges = records.stream()
                .filter(record -> !isStored(record))
                .map(this::merge)
                .toList();
        return merges.isEmpty()
                ? Uni.createFrom().voidItem()
                : Uni.join()
                        .all(merges)
                        .usingConcurrencyOf(MERGES_AT_ONCE)
                        .andCollectFailures()
                        .onFailure(CompositeException.class)
                        .transform(failures -> failures.getCauses().get(0))
                        .replaceWithVoid();
    }

    private boolean isStored(Item record) {
        DeviceSummary summary = StoredDevice.of(record);
        Known known = cache.getIfPresent(summary.id());
        return known != null && known.covers(summary);
    }

    private Uni<Void> merge(Item record) {
        DeviceSummary ours = StoredDevice.of(record);
        return table.get(record.key(), Consistency.STRONG)
                .chain(found -> {
                    Known stored = known(found);
                    Set<String> all = new TreeSet<>(stored.metrics);
                    // Each process keeps to the limit; what they know together may exceed it, and is cut.
                    ours.metrics().stream()
                            .filter(metric -> all.size() < MAX_METRICS)
                            .forEach(all::add);
                    Set<RegionId> regions = new TreeSet<>(stored.regions);
                    regions.addAll(ours.regions());
                    long firstSeen = firstSeen(ours.id(), stored.firstSeenMicros, ours.firstSeenMicros());
                    boolean covered = stored.stored
                            && all.size() == stored.metrics.size()
                            && regions.size() == stored.regions.size()
                            && firstSeen == stored.firstSeenMicros;
                    if (covered) {
                        return Uni.createFrom().item(found.orElseThrow());
                    }
                    Item merged = encode(ours.id(), new Known(firstSeen, all, regions, true));
                    long version = found.map(Item::version).orElse(0L);
                    Condition condition = found.isPresent() ? Condition.version(version) : Condition.absent();
                    Item next = new Item(merged.key(), merged.body(), 0, version + 1, merged.index());
                    return table.put(next, condition).replaceWith(next);
                })
                .onFailure(ConditionFailedException.class)
                .retry()
                .withBackOff(FIRST_PAUSE, LAST_PAUSE)
                .atMost(MERGE_ATTEMPTS)
                .onFailure(ConditionFailedException.class)
                .transform(failure -> new ThrottledException(
                        "the record of device " + ours.id() + " is being changed by many at once", failure))
                .invoke(this::stored)
                .replaceWithVoid();
    }

    /** Memory that records take, about. */
    public long cachedBytes() {
        cache.cleanUp();
        return cache.policy().eviction().orElseThrow().weightedSize().orElseThrow();
    }

    /** Whether a device has a record, as far as can be told without the table. */
    public boolean isKnown(DeviceId device) {
        Known known = cache.getIfPresent(device);
        return known == null ? ids.contains(device) : known.firstSeenMicros > 0;
    }

    /** Has the record of a device read anew, as it may have been removed. */
    public void forget(DeviceId device) {
        cache.invalidate(device);
    }

    /** Tells that the record of a device has been removed. */
    public void gone(DeviceId device) {
        cache.invalidate(device);
        ids.removed(device);
        if (item(device).isPresent()) {
            ids.added(device); // it has been written again meanwhile
        }
    }

    /** The record of a device as it is stored. */
    public Optional<Item> item(DeviceId device) {
        return Blocking.await(table.get(SeriesKeys.device(device), Consistency.STRONG));
    }

    /** Stores a record in place of another one; whether the condition held. */
    public boolean put(Item record, Condition condition) {
        try {
            Blocking.await(table.put(record, condition));
        } catch (ConditionFailedException e) {
            return false;
        }
        DeviceSummary summary = StoredDevice.of(record);
        cache.invalidate(summary.id());
        ids.added(summary.id());
        return true;
    }

    public Optional<DeviceSummary> find(DeviceId device) {
        return item(device).map(StoredDevice::of);
    }

    public DevicePage list(int limit, @Nullable Cursor cursor) {
        Page page = Blocking.await(table.queryIndex(
                new Query(Partitions.DEVICES, SortRange.ALL, Direction.ASCENDING, limit, cursor, Consistency.STRONG)));
        List<DeviceSummary> devices =
                page.items().stream().map(StoredDevice::of).toList();
        return new DevicePage(devices, page.next());
    }

    /**
     * Reads the ids of all devices, so that {@link #idsAfter} need not ask the table any more; on a table that others write to,
     * what is known of them, so that ingest need not ask for each one.
     */
    public void readIds() {
        if (table.isShared()) {
            all().limit(CACHED_DEVICES).forEach(found -> cache.asMap().putIfAbsent(found.id(), known(found)));
            return;
        }
        ids.fill(all().map(DeviceSummary::id).iterator());
    }

    /** Every device, by id; reads a page at a time while it is consumed. */
    public Stream<DeviceSummary> all() {
        return Stream.iterate(
                        list(PAGE_DEVICES, null),
                        Objects::nonNull,
                        page -> page.next() == null ? null : list(PAGE_DEVICES, page.next()))
                .flatMap(page -> page.devices().stream());
    }

    /** The ids of the first devices behind {@code after}, ascending. */
    public List<DeviceId> idsAfter(@Nullable DeviceId after, int limit) {
        List<DeviceId> known = ids.after(after, limit);
        if (known != null) {
            return known;
        }
        SortRange range = after == null ? SortRange.ALL : new SortRange(behind(after), null);
        List<DeviceId> found = new ArrayList<>();
        Cursor cursor = null;
        do {
            Page page = Blocking.await(table.queryIndex(new Query(
                    Partitions.DEVICES, range, Direction.ASCENDING, limit - found.size(), cursor, Consistency.STRONG)));
            page.items().forEach(item -> found.add(new DeviceId(item.key().partitionKey())));
            cursor = page.next();
        } while (cursor != null && found.size() < limit);
        return found;
    }

    /** The least index key behind a device's. */
    private static Bytes behind(DeviceId device) {
        return Bytes.wrap((device.value() + '\0').getBytes(StandardCharsets.US_ASCII));
    }

    private Known load(DeviceId device) {
        return known(item(device));
    }

    private Known known(Optional<Item> record) {
        return record.map(found -> known(StoredDevice.of(found))).orElse(Known.NOTHING);
    }

    private Known known(DeviceSummary record) {
        boolean isOfBefore = record.firstSeenMicros() < erasedUntilMicros.applyAsLong(record.id());
        return new Known(record.firstSeenMicros(), record.metrics(), record.regions(), !isOfBefore);
    }

    private static Item encode(DeviceId device, Known known) {
        return StoredDevice.item(device, known.firstSeenMicros, known.metrics, known.regions);
    }
}
