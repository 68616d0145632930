package io.hearth.table;

/**
 * One committed change of the table. Expiry is no change: whoever follows the feed knows the {@code expiresAtSeconds} of
 * what it holds and lets it expire by itself.
 */
public sealed interface Change {
    Key key();

    /** The item as it was stored. */
    record Stored(Item item) implements Change {
        @Override
        public Key key() {
            return item.key();
        }
    }

    /** The key holds nothing any more. */
    record Removed(Key key) implements Change {}
}
