package io.hearth.sync;

import io.hearth.model.RegionId;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What sync keeps in the table for itself, in the partition {@code !sync}: sort keys {@code peer/<region>},
 * {@code checkpoint/<region>} and {@code unknown/…}. None of it is told to other regions. Blocks until the table answers.
 */
final class SyncItems {
    static final String PARTITION = "!sync";

    private static final String PEER = "peer/";
    private static final String CHECKPOINT = "checkpoint/";

    private final Table table;

    SyncItems(Table table) {
        this.table = table;
    }

    Optional<Checkpoint> checkpoint(RegionId peer) {
        return table.get(key(CHECKPOINT, peer), Consistency.STRONG)
                .await()
                .indefinitely()
                .map(item -> Checkpoint.decode(item.body().array()));
    }

    void save(RegionId peer, Checkpoint checkpoint) {
        put(key(CHECKPOINT, peer), checkpoint.encode());
    }

    /** The peers that were added at run time. */
    List<Peer> peers() {
        return all(table, PEER).stream()
                .map(item -> Peer.decode(item.body().array()))
                .toList();
    }

    void save(Peer peer) {
        put(key(PEER, peer.id()), peer.encode());
    }

    /** Forgets a peer and how far it has been taken in. */
    void forget(RegionId peer) {
        table.write(List.of(new Write.Delete(key(PEER, peer)), new Write.Delete(key(CHECKPOINT, peer))))
                .await()
                .indefinitely();
    }

    private void put(Key key, byte[] body) {
        table.write(List.of(new Write.Put(Item.of(key, Bytes.wrap(body)))))
                .await()
                .indefinitely();
    }

    private static Key key(String prefix, RegionId peer) {
        return new Key(PARTITION, Bytes.wrap((prefix + peer.value()).getBytes(StandardCharsets.US_ASCII)));
    }

    static List<Item> all(Table table, String prefix) {
        SortRange range = SortRange.prefix(Bytes.wrap(prefix.getBytes(StandardCharsets.US_ASCII)));
        Query query = new Query(PARTITION, range, Direction.ASCENDING, 1000, null, Consistency.STRONG);
        List<Item> items = new ArrayList<>();
        while (true) {
            Page page = table.query(query).await().indefinitely();
            items.addAll(page.items());
            Cursor next = page.next();
            if (next == null) {
                return items;
            }
            query = query.from(next);
        }
    }
}
