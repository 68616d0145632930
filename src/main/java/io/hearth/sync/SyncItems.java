package io.hearth.sync;

import io.hearth.layout.Partitions;
import io.hearth.model.RegionId;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What sync keeps in the table for itself, in the partition {@code !sync}: sort keys {@code peer/<region>},
 * {@code checkpoint/<region>}, {@code contact/<region>} and {@code unknown/…}. None of it is sent to other regions. Blocks until
 * the table answers.
 */
final class SyncItems {

    static final String PEER = "peer/";
    static final String CHECKPOINT = "checkpoint/";
    static final String CONTACT = "contact/";

    private final Table table;

    SyncItems(Table table) {
        this.table = table;
    }

    Optional<Checkpoint> checkpoint(RegionId peer) {
        return Blocking.await(table.get(key(CHECKPOINT, peer), Consistency.STRONG))
                .map(item -> Checkpoint.decode(item.body().array()));
    }

    void save(RegionId peer, Checkpoint checkpoint) {
        write(new Write.Put(Item.of(key(CHECKPOINT, peer), Bytes.wrap(checkpoint.encode()))));
    }

    void save(RegionId peer, Contact contact) {
        write(new Write.Put(contactItem(peer, contact)));
    }

    /** Both in one write. */
    void save(RegionId peer, Checkpoint checkpoint, Contact contact) {
        write(
                new Write.Put(Item.of(key(CHECKPOINT, peer), Bytes.wrap(checkpoint.encode()))),
                new Write.Put(contactItem(peer, contact)));
    }

    private static Item contactItem(RegionId peer, Contact contact) {
        long expiresAtSeconds = contact.caughtUpMillis() / 1000 + Contact.LONGEST_UNSETTLED.toSeconds();
        return new Item(key(CONTACT, peer), Bytes.wrap(contact.encode()), expiresAtSeconds, 0, null);
    }

    /** The last contact with a peer; {@link Contact#NEVER} if there was none within two days. */
    Contact contact(RegionId peer) {
        return Blocking.await(table.get(key(CONTACT, peer), Consistency.STRONG))
                .map(item -> Contact.decode(item.body().array()))
                .orElse(Contact.NEVER);
    }

    /** The last contacts within two days, with whatever regions. */
    Map<RegionId, Contact> contacts() {
        Map<RegionId, Contact> contacts = new TreeMap<>();
        for (Item item : all(table, CONTACT)) {
            String sortKey = new String(item.key().sortKey().array(), StandardCharsets.US_ASCII);
            contacts.put(
                    new RegionId(sortKey.substring(CONTACT.length())),
                    Contact.decode(item.body().array()));
        }
        return contacts;
    }

    /** The peers that were added at run time. */
    List<Peer> peers() {
        return all(table, PEER).stream()
                .map(item -> Peer.decode(item.body().array()))
                .toList();
    }

    void save(Peer peer) {
        write(new Write.Put(Item.of(key(PEER, peer.id()), Bytes.wrap(peer.encode()))));
    }

    /** Forgets a peer and how far it has been taken in. */
    void forget(RegionId peer) {
        write(
                new Write.Delete(key(PEER, peer)),
                new Write.Delete(key(CHECKPOINT, peer)),
                new Write.Delete(key(CONTACT, peer)));
    }

    /** Forgets how far all peers have been taken in; peers that were added stay. */
    void forgetPlaces() {
        for (String prefix : List.of(CHECKPOINT, CONTACT)) {
            for (Item item : all(table, prefix)) {
                write(new Write.Delete(item.key()));
            }
        }
    }

    private void write(Write... writes) {
        Blocking.await(table.write(List.of(writes)));
    }

    private static Key key(String prefix, RegionId peer) {
        return new Key(Partitions.SYNC, Bytes.wrap((prefix + peer.value()).getBytes(StandardCharsets.US_ASCII)));
    }

    static List<Item> all(Table table, String prefix) {
        SortRange range = SortRange.prefix(Bytes.wrap(prefix.getBytes(StandardCharsets.US_ASCII)));
        Query query = new Query(Partitions.SYNC, range, Direction.ASCENDING, 1000, null, Consistency.STRONG);
        List<Item> items = new ArrayList<>();
        new ItemWalk(table, query).forEachRemaining(items::add);
        return items;
    }
}
