package io.hearth.shadow;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.shadow.document.ShadowId;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * What happened to shadows, but for the last change of each, which lies with its document.
 *
 * <p>A change moves here while the next one is written, and that may take longer than an erasure of the device. So an erasure
 * leaves a beginning of the history, for as long as anything from before could turn up: what is older is in no answer. Its
 * item, under its own sort key: {@code [1] format, 1 | [8] hybrid time}.
 */
final class ShadowHistory {
    private static final int BEGINNING_FORMAT = 1;
    private static final HybridTime EVER = new HybridTime(0);
    private static final int ATTEMPTS = 5;
    private static final int PAGE_ITEMS = 100;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(2);
    private static final Duration LONGEST_PAUSE = Duration.ofMillis(100);
    private static final Logger LOG = Logger.getLogger(ShadowHistory.class);

    private final Table table;
    private final ShadowItems items;
    private final InstantSource clock;
    private final Duration kept;
    private final Duration keptAfterDelete;

    /**
     * @param kept how long changes are kept; zero for not at all
     * @param keptAfterDelete how long deleted shadows are remembered
     */
    ShadowHistory(Table table, InstantSource clock, Duration kept, Duration keptAfterDelete) {
        this.table = table;
        this.items = new ShadowItems(table);
        this.clock = clock;
        this.kept = kept;
        this.keptAfterDelete = keptAfterDelete;
    }

    boolean isKept(ShadowChange change) {
        return expiryOf(change) > clock.instant().getEpochSecond();
    }

    private long expiryOf(ShadowChange change) {
        return change.time().physicalMillis() / 1000 + kept.toSeconds();
    }

    /** Stores a change; completes also if the table does not take it, of which the log tells. */
    Uni<Void> add(ShadowId id, ShadowChange change) {
        Item item = StoredShadow.historyItem(id, change, expiryOf(change));
        return table.write(List.of(new Write.Put(item)))
                .onFailure()
                .retry()
                .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
                .atMost(ATTEMPTS)
                .onFailure()
                .recoverWithUni(failure -> {
                    // The update is what was asked for, and it does not fail for this.
                    LOG.warn("a shadow's history lacks a change", failure);
                    return Uni.createFrom().voidItem();
                });
    }

    /**
     * A page of the history, the latest change first.
     *
     * @param last the change that lies with the document; null if there is none
     * @param before where an earlier page ended; null for the first
     */
    Uni<HistoryPage> page(ShadowId id, @Nullable ShadowChange last, @Nullable String before, int limit) {
        return beginning(id)
                .chain(beginning -> items.collect(
                                ShadowItems.query(
                                        id.thing(),
                                        ShadowKeys.historyBefore(id, before),
                                        Direction.DESCENDING,
                                        limit + 2),
                                limit + 2,
                                StoredShadow::historyOf,
                                change -> change.time().compareTo(beginning) >= 0)
                        .map(changes -> page(changes, last, before, limit)));
    }

    private HistoryPage page(
            List<ShadowChange> moved, @Nullable ShadowChange last, @Nullable String before, int limit) {
        List<ShadowChange> all = new ArrayList<>(limit + 2);
        if (last != null && (before == null || ShadowKeys.placeOf(last).compareTo(before) < 0) && isKept(last)) {
            all.add(last);
        }
        moved.stream()
                .filter(change -> last == null || change.id() != last.id())
                .forEach(all::add);
        all.sort((one, other) -> ShadowKeys.placeOf(other).compareTo(ShadowKeys.placeOf(one)));
        return all.size() <= limit
                ? new HistoryPage(all, null)
                : new HistoryPage(all.subList(0, limit), ShadowKeys.placeOf(all.get(limit - 1)));
    }

    /** From when on the history of a shadow is told; 0 if it was never erased, or long ago. */
    Uni<HybridTime> beginning(ShadowId id) {
        return table.get(ShadowKeys.beginning(id), Consistency.STRONG)
                .map(found -> found.map(ShadowHistory::beginningOf).orElse(EVER));
    }

    /** Lets a history begin at a time, unless it begins later anyway. */
    Uni<Void> beginAt(ShadowId id, HybridTime time) {
        return Uni.createFrom()
                .deferred(() -> table.get(ShadowKeys.beginning(id), Consistency.STRONG))
                .chain(found -> beginAt(id, time, found))
                .onFailure(ConditionFailedException.class)
                .retry()
                .withBackOff(FIRST_PAUSE, LONGEST_PAUSE)
                .indefinitely();
    }

    private Uni<Void> beginAt(ShadowId id, HybridTime time, Optional<Item> found) {
        if (found.isPresent() && beginningOf(found.get()).compareTo(time) >= 0) {
            return Uni.createFrom().voidItem();
        }
        Duration longer = kept.compareTo(keptAfterDelete) > 0 ? kept : keptAfterDelete;
        long fromSeconds = Math.max(clock.millis(), time.physicalMillis()) / 1000 + 1;
        ByteWriter body = new ByteWriter(9);
        body.writeByte(BEGINNING_FORMAT);
        body.writeLong(time.packed());
        Item item = new Item(
                ShadowKeys.beginning(id),
                Bytes.wrap(body.toByteArray()),
                fromSeconds + longer.toSeconds(),
                found.map(Item::version).orElse(0L) + 1,
                null);
        return table.put(
                item,
                found.isEmpty()
                        ? Condition.absent()
                        : Condition.version(found.get().version()));
    }

    static HybridTime beginningOf(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), BEGINNING_FORMAT, "the beginning of a history");
        return new HybridTime(in.readLong());
    }

    /**
     * Removes what happened to the shadows of a thing before a time, and from what happened later the writes that lost and are
     * from before.
     */
    Uni<Void> erase(DeviceId thing, HybridTime before) {
        return items.forEachPage(
                        ShadowItems.query(thing, ShadowKeys.histories(), Direction.ASCENDING, PAGE_ITEMS),
                        page -> erase(page, before))
                .replaceWithVoid();
    }

    private Uni<Integer> erase(List<Item> page, HybridTime before) {
        List<Write> writes = new ArrayList<>();
        for (Item item : page) {
            ShadowChange change;
            try {
                change = StoredShadow.historyOf(item);
            } catch (CorruptItemException | UnsupportedFormatException e) {
                writes.add(new Write.Delete(item.key()));
                continue;
            }
            ShadowChange left = change.withoutLostBefore(before);
            if (change.time().compareTo(before) < 0) {
                writes.add(new Write.Delete(item.key()));
            } else if (!left.equals(change)) {
                writes.add(new Write.Put(StoredShadow.historyItem(item, left)));
            }
        }
        return (writes.isEmpty() ? Uni.createFrom().voidItem() : table.write(writes)).replaceWith(writes.size());
    }
}
