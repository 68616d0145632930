package io.hearth.series.catalog;

import io.hearth.model.RegionId;
import io.hearth.series.value.DeviceSummary;
import io.hearth.table.Blocking;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.hearth.table.Write;
import io.smallrye.mutiny.CompositeException;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** Stores the records of devices, so that none replaces one that says more. Safe for several threads. */
final class DeviceRecords {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(5);
    private static final Duration LAST_PAUSE = Duration.ofMillis(200);
    private static final int MERGE_ATTEMPTS = 20;
    private static final int MERGES_AT_ONCE = 32;

    private final Table table;
    private final KnownDevices known;
    private final DeviceList list;
    private final int maxMetrics;

    /** Held from when a record is made until the table has taken it. */
    private final Object writeOrder = new Object();

    /**
     * @param known is told what has become durable, as is {@code list}
     * @param maxMetrics of a device, where several processes know more together
     */
    DeviceRecords(Table table, KnownDevices known, DeviceList list, int maxMetrics) {
        this.table = table;
        this.known = known;
        this.list = list;
        this.maxMetrics = maxMetrics;
    }

    /**
     * Stores records, together with what has become known of their devices since they were made; where other
     * processes write to the table, too, with what they have put into them.
     *
     * @return completes when all are durable; fails as the table does, and may then be subscribed to again
     */
    Uni<Void> store(List<Item> records) {
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
                    .map(record -> grow(StoredDevice.of(record)))
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
        KnownDevice device = known.inMemory(summary.id());
        return device != null && device.covers(summary);
    }

    private Uni<Void> merge(Item record) {
        DeviceSummary ours = StoredDevice.of(record);
        return table.get(record.key(), Consistency.STRONG)
                .chain(found -> {
                    KnownDevice stored = known.of(found);
                    Set<String> all = new TreeSet<>(stored.metrics());
                    // Each process keeps to the limit; what they know together may exceed it, and is cut.
                    ours.metrics().stream()
                            .filter(metric -> all.size() < maxMetrics)
                            .forEach(all::add);
                    Set<RegionId> regions = new TreeSet<>(stored.regions());
                    regions.addAll(ours.regions());
                    long firstSeen = known.firstSeen(ours.id(), stored.firstSeenMicros(), ours.firstSeenMicros());
                    boolean covered = stored.isStored()
                            && all.size() == stored.metrics().size()
                            && regions.size() == stored.regions().size()
                            && firstSeen == stored.firstSeenMicros();
                    if (covered) {
                        return Uni.createFrom().item(found.orElseThrow());
                    }
                    Item merged = new KnownDevice(firstSeen, all, regions, true).record(ours.id());
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

    /** Stores a record in place of another one; whether the condition held. */
    boolean put(Item record, Condition condition) {
        try {
            Blocking.await(table.put(record, condition));
        } catch (ConditionFailedException e) {
            return false;
        }
        DeviceSummary summary = StoredDevice.of(record);
        known.forget(summary.id());
        list.added(summary.id());
        return true;
    }

    private Item grow(DeviceSummary record) {
        return known.grow(record).record(record.id());
    }

    private void stored(Item record) {
        DeviceSummary summary = StoredDevice.of(record);
        list.added(summary.id());
        known.stored(summary);
    }
}
