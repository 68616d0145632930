package io.hearth.cli;

import io.hearth.bytes.CorruptItemException;
import io.hearth.ingest.DeadLetters;
import io.hearth.layout.Partitions;
import io.hearth.lease.Lease;
import io.hearth.mqtt.endpoint.RetainedMessages;
import io.hearth.presence.PresenceItemCheck;
import io.hearth.series.SeriesItems;
import io.hearth.shadow.ShadowItemCheck;
import io.hearth.sync.SyncItemCheck;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.rocksdb.offline.StoredItemKinds;
import java.util.HexFormat;

/** Every kind of item that Hearth stores. */
final class KnownItems implements StoredItemKinds {
    @Override
    public void check(Item item) {
        switch (item.key().partitionKey()) {
            case Partitions.DEAD_LETTERS -> DeadLetters.check(item);
            case Partitions.LEASES -> Lease.check(item);
            case Partitions.RETAINED -> RetainedMessages.check(item);
            default -> {
                boolean known = SyncItemCheck.check(item)
                        || PresenceItemCheck.check(item)
                        || SeriesItems.check(item)
                        || ShadowItemCheck.check(item);
                if (!known) {
                    throw new CorruptItemException("this build stores no item with such a key");
                }
            }
        }
    }

    @Override
    public String name(Key key) {
        String kind = SeriesItems.name(key);
        return (kind == null ? "the item" : kind) + " of " + key.partitionKey() + " (key "
                + HexFormat.of().formatHex(key.sortKey().array()) + ")";
    }

    @Override
    public Key placesOfOthers() {
        return SyncItemCheck.PLACES_OF_PEERS;
    }
}
