package io.hearth.series.erase;

import io.hearth.bytes.CorruptItemException;
import io.hearth.layout.Partitions;
import io.hearth.series.value.Erasure;
import io.hearth.table.Item;
import io.hearth.table.Key;

/** Reads erasures where they turn up outside of the store. */
public final class StoredErasure {
    private StoredErasure() {}

    /** Whether a key of the table is that of an erasure. */
    public static boolean isErasure(Key key) {
        return key.partitionKey().equals(Partitions.ERASURES);
    }

    /** @throws CorruptItemException it is none, or damaged */
    public static Erasure of(Item item) {
        return Erasures.decode(item);
    }
}
