package io.hearth.table;

import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

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

    /**
     * The UTF-8 of a partition key, for engines to store.
     *
     * @throws IllegalArgumentException if it is longer than {@link #MAX_PARTITION_KEY_BYTES}, or no valid Unicode: with
     *     replacement characters two different keys would become one
     */
    public static byte[] encodePartitionKey(String partitionKey) {
        byte[] utf8 = partitionKey.getBytes(StandardCharsets.UTF_8);
        if (utf8.length == 0 || utf8.length > MAX_PARTITION_KEY_BYTES) {
            throw new IllegalArgumentException("a partition key has 1 to 255 bytes: " + utf8.length);
        }
        for (int i = 0; i < partitionKey.length(); i++) {
            if (Character.isSurrogate(partitionKey.charAt(i))) {
                requireUnicode(partitionKey);
                break;
            }
        }
        return utf8;
    }

    private static void requireUnicode(String partitionKey) {
        try {
            StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(partitionKey));
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("a partition key is valid Unicode, without lone surrogates", e);
        }
    }
}
