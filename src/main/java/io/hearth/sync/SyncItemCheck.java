package io.hearth.sync;

import io.hearth.bytes.CorruptItemException;
import io.hearth.layout.Partitions;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import io.hearth.table.Key;
import java.nio.charset.StandardCharsets;

/** Reads any item that this room stores, all of it, to find those that are not what was written. */
public final class SyncItemCheck {
    /** Where it is kept how far peers were followed: a partition, and what sort keys begin with. */
    public static final Key PLACES_OF_PEERS =
            new Key(Partitions.SYNC, Bytes.wrap(SyncItems.CHECKPOINT.getBytes(StandardCharsets.US_ASCII)));

    private SyncItemCheck() {}

    /**
     * Reads an item.
     *
     * @return whether it is of the partition that this room has
     * @throws RuntimeException if it is damaged, or a later build has written it
     */
    public static boolean check(Item item) {
        if (!item.key().partitionKey().equals(Partitions.SYNC)) {
            return false;
        }
        byte[] body = item.body().array();
        String name = new String(item.key().sortKey().array(), StandardCharsets.ISO_8859_1);
        if (name.startsWith(SyncItems.PEER)) {
            Peer.decode(body);
        } else if (name.startsWith(SyncItems.CHECKPOINT)) {
            Checkpoint.decode(body);
        } else if (name.startsWith(SyncItems.CONTACT)) {
            Contact.decode(body);
        } else if (name.startsWith(PutAsideItems.ASIDE)) {
            PutAsideItems.checkPart(item);
        } else if (!name.startsWith(PutAsideItems.UNKNOWN)) {
            throw new CorruptItemException("no kind of item of sync has such a key");
        }
        return true;
    }
}
