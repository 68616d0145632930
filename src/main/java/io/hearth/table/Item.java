package io.hearth.table;

import org.jspecify.annotations.Nullable;

/**
 * What the table stores under a key.
 *
 * @param body opaque to the table; with its keys under {@link #MAX_ITEM_BYTES}
 * @param expiresAtSeconds the first epoch second at which the item is in no answer any more; 0 means never
 * @param version what a {@link Condition} compares; writers that use conditions raise it by one, others leave it 0
 * @param index where the secondary index lists the item; null if it does not
 */
public record Item(
        Key key,
        Bytes body,
        long expiresAtSeconds,
        long version,
        @Nullable IndexKey index) {
    /** The most bytes that body and keys may have together, so that any engine can hold the item (DynamoDB: 400 KB). */
    public static final int MAX_ITEM_BYTES = 400_000;

    public Item {
        if (expiresAtSeconds < 0 || version < 0) {
            throw new IllegalArgumentException("negative expiry or version: " + expiresAtSeconds + ", " + version);
        }
        if (body.length() + key.sortKey().length() + key.partitionKey().length() > MAX_ITEM_BYTES) {
            throw new IllegalArgumentException("an item has at most 400000 bytes: " + body.length());
        }
    }

    /** An item that never expires, has no version and is in no index. */
    public static Item of(Key key, Bytes body) {
        return new Item(key, body, 0, 0, null);
    }

    /** Whether the item is in no answer at {@code epochSecond}. */
    public boolean isExpiredAt(long epochSecond) {
        return expiresAtSeconds != 0 && expiresAtSeconds <= epochSecond;
    }
}
