package io.hearth.table;

/**
 * Where the secondary index lists an item: a partition of the index, and the order within it. Items may share an index
 * key; the index then lists each of them, in an order of the engine's own.
 *
 * @param partitionKey names the index partition; 1 to 255 bytes of UTF-8
 * @param sortKey orders the entries of an index partition as unsigned bytes; 1 to 1,024 bytes
 */
public record IndexKey(String partitionKey, Bytes sortKey) {
    public IndexKey {
        new Key(partitionKey, sortKey); // the same limits
    }
}
