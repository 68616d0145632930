package io.hearth.table;

/** One unconditional change of a batch. */
public sealed interface Write {
    Key key();

    /** Stores the item, in place of whatever its key held. */
    record Put(Item item) implements Write {
        @Override
        public Key key() {
            return item.key();
        }
    }

    /** Removes the item, if there is one. */
    record Delete(Key key) implements Write {}
}
