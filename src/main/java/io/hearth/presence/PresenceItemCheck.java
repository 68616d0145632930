package io.hearth.presence;

import io.hearth.layout.Partitions;
import io.hearth.table.Item;

/** Reads any item that this room stores, all of it, to find those that are not what was written. */
public final class PresenceItemCheck {
    private PresenceItemCheck() {}

    /**
     * Reads an item.
     *
     * @return whether it is of a kind that this room stores
     * @throws RuntimeException if it is damaged, or a later build has written it
     */
    public static boolean check(Item item) {
        if (item.key().partitionKey().equals(Partitions.PROCESSES)) {
            Processes.check(item);
            return true;
        }
        if (StoredPresence.isPresence(item.key())) {
            StoredPresence.of(item);
            return true;
        }
        return false;
    }
}
