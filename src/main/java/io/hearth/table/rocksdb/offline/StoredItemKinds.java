package io.hearth.table.rocksdb.offline;

import io.hearth.table.Item;
import io.hearth.table.Key;

/** What the users of a table store in it: the table itself knows bodies as bytes only. */
public interface StoredItemKinds {
    /**
     * Reads an item, all of it.
     *
     * @throws RuntimeException if it is not what was written; the message says what is wrong
     */
    void check(Item item);

    /** What a person calls the item with a key. */
    String name(Key key);

    /**
     * Where it is kept how far other tables were followed, as a partition and what sort keys begin with: a table that has lost
     * something forgets it, so that the others bring it again.
     */
    Key placesOfOthers();
}
