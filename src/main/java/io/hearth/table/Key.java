package io.hearth.table;

/**
 * Where an item is.
 *
 * @param partitionKey names the partition; 1 to 255 bytes of UTF-8
 * @param sortKey orders the items of a partition as unsigned bytes; 1 to 1,024 bytes
 */
public record Key(String partitionKey, Bytes sortKey) {
    /** The most bytes of UTF-8 a partition key may have. */
    public static final int MAX_PARTITION_KEY_BYTES = 255;

    /** The most bytes a sort key may have, as in DynamoDB. */
    public static final int MAX_SORT_KEY_BYTES = 1024;

    public Key {
        // Cheap checks only: an engine counts the UTF-8 bytes when it encodes the key, and refuses a longer one there.
        if (partitionKey.isEmpty() || partitionKey.length() > MAX_PARTITION_KEY_BYTES) {
            throw new IllegalArgumentException("a partition key has 1 to 255 bytes: " + partitionKey.length());
        }
        if (sortKey.length() == 0 || sortKey.length() > MAX_SORT_KEY_BYTES) {
            throw new IllegalArgumentException("a sort key has 1 to 1024 bytes: " + sortKey.length());
        }
    }
}
