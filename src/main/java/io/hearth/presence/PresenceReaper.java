package io.hearth.presence;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.DeviceId;
import io.hearth.presence.Presence.Cause;
import io.hearth.presence.Processes.Ended;
import io.hearth.table.Blocking;
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
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Takes the devices offline that were online by connections to a process that has ended, so that the table and those who
 * follow its changes hear of it, and the item expires some day. The index lists them by process.
 */
final class PresenceReaper {
    private static final int PAGE_DEVICES = 200;
    private static final int AT_ONCE = 32;

    private final Table table;
    private final Duration kept;
    private final Set<Long> empty = new HashSet<>();

    PresenceReaper(Table table, Duration kept) {
        this.table = table;
        this.kept = kept;
    }

    /**
     * Takes all devices of a process offline that have not been heard of since. Blocks. May be called again, and by several
     * processes at once.
     *
     * @return whether no device is bound to the process any more
     * @throws io.hearth.table.TableException if the table cannot be asked; some devices may be offline by then
     */
    boolean reap(Ended ended) {
        boolean found = false;
        Cursor next = null;
        do {
            Page page = Blocking.await(table.queryIndex(new Query(
                    StoredPresence.indexOf(ended.process()),
                    SortRange.ALL,
                    Direction.ASCENDING,
                    PAGE_DEVICES,
                    next,
                    Consistency.STRONG)));
            if (!page.items().isEmpty()) {
                List<Uni<Boolean>> devices =
                        page.items().stream().map(item -> reap(item, ended)).toList();
                found |= Blocking.await(Uni.join()
                                .all(devices)
                                .usingConcurrencyOf(AT_ONCE)
                                .andFailFast())
                        .stream()
                        .anyMatch(bound -> bound);
            }
            next = page.next();
        } while (next != null);
        if (!table.isShared()) {
            return true;
        }
        // The index of an engine with replicas lags behind, so it must have been empty twice.
        if (found) {
            empty.remove(ended.process());
            return false;
        }
        return !empty.add(ended.process());
    }

    /** Whether the device was bound to the process. */
    private Uni<Boolean> reap(Item listed, Ended ended) {
        return table.get(listed.key(), Consistency.STRONG)
                .chain(found -> found.isEmpty() ? Uni.createFrom().item(false) : takeOffline(found.get(), ended))
                // What nobody can read is unknown until the device is heard of again.
                .onFailure(failure ->
                        failure instanceof CorruptItemException || failure instanceof UnsupportedFormatException)
                .recoverWithItem(false);
    }

    private Uni<Boolean> takeOffline(Item item, Ended ended) {
        StoredPresence stored = StoredPresence.of(item);
        if (stored.process() != ended.process() || !stored.presence().online()) {
            return Uni.createFrom().item(false);
        }
        StoredPresence offline = new StoredPresence(offline(stored.presence(), ended.endedMicros()), ended.process());
        return table.put(offline.item(kept), Condition.version(item.version()))
                // The device has been heard of just now.
                .onFailure(ConditionFailedException.class)
                .recoverWithNull()
                .replaceWith(true);
    }

    /** The presence of a device whose process ended. */
    static Presence offline(Presence online, long endedMicros) {
        DeviceId device = online.device();
        return new Presence(device, false, Math.max(endedMicros, online.sinceMicros()), Cause.RESTART);
    }
}
