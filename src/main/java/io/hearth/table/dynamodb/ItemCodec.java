package io.hearth.table.dynamodb;

import io.hearth.bytes.CorruptItemException;
import io.hearth.table.Bytes;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Key;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Items as attributes. Names are short, as they are paid for; what has its default is left out.
 *
 * <pre>
 *   pk      S  partition key                 gsi1pk  S  partition key of the index
 *   sk      B  sort key                      gsi1sk  B  sort key of the index
 *   v       B  body
 *   exp     N  expiry, epoch s: the attribute of the table's time to live
 *   ver     N  version
 *   w       B  token of the conditional write that stored it, so that one sent again recognises itself
 *   r       BOOL  it reorganises what others held, so the change feed leaves it out
 * </pre>
 */
final class ItemCodec {
    static final String PARTITION_KEY = "pk";
    static final String SORT_KEY = "sk";
    static final String BODY = "v";
    static final String EXPIRES = "exp";
    static final String VERSION = "ver";
    static final String TOKEN = "w";
    static final String REPLACEMENT = "r";
    static final String INDEX = "gsi1";
    static final String INDEX_PARTITION_KEY = "gsi1pk";
    static final String INDEX_SORT_KEY = "gsi1sk";

    /** The attributes that an item of a known partition is made of. */
    static final String PROJECTION =
            String.join(",", SORT_KEY, BODY, EXPIRES, VERSION, INDEX_PARTITION_KEY, INDEX_SORT_KEY);

    private ItemCodec() {}

    /** @throws IllegalArgumentException if a partition key cannot be stored */
    static Map<String, AttributeValue> encode(Item item) {
        Map<String, AttributeValue> attributes = encode(item.key());
        attributes.put(BODY, binary(item.body()));
        if (item.expiresAtSeconds() != 0) {
            attributes.put(EXPIRES, number(item.expiresAtSeconds()));
        }
        if (item.version() != 0) {
            attributes.put(VERSION, number(item.version()));
        }
        IndexKey index = item.index();
        if (index != null) {
            attributes.put(INDEX_PARTITION_KEY, partition(index.partitionKey()));
            attributes.put(INDEX_SORT_KEY, binary(index.sortKey()));
        }
        return attributes;
    }

    /** @throws IllegalArgumentException if the partition key cannot be stored */
    static Map<String, AttributeValue> encode(Key key) {
        Map<String, AttributeValue> attributes = new HashMap<>();
        attributes.put(PARTITION_KEY, partition(key.partitionKey()));
        attributes.put(SORT_KEY, binary(key.sortKey()));
        return attributes;
    }

    static Item decode(Map<String, AttributeValue> attributes) {
        return decode(text(attributes, PARTITION_KEY), attributes);
    }

    /** An item whose attributes lack the partition key, as it was asked for. */
    static Item decode(String partitionKey, Map<String, AttributeValue> attributes) {
        return new Item(
                new Key(partitionKey, bytes(attributes, SORT_KEY)),
                bytes(attributes, BODY),
                integer(attributes, EXPIRES),
                integer(attributes, VERSION),
                indexKey(attributes));
    }

    static Key key(Map<String, AttributeValue> attributes) {
        return new Key(text(attributes, PARTITION_KEY), bytes(attributes, SORT_KEY));
    }

    static @Nullable IndexKey indexKey(Map<String, AttributeValue> attributes) {
        return attributes.containsKey(INDEX_PARTITION_KEY)
                ? new IndexKey(text(attributes, INDEX_PARTITION_KEY), bytes(attributes, INDEX_SORT_KEY))
                : null;
    }

    static AttributeValue partition(String partitionKey) {
        Key.encodePartitionKey(partitionKey);
        return AttributeValue.fromS(partitionKey);
    }

    static AttributeValue binary(Bytes bytes) {
        return AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(bytes.array()));
    }

    static AttributeValue number(long number) {
        return AttributeValue.fromN(Long.toString(number));
    }

    private static String text(Map<String, AttributeValue> attributes, String name) {
        return require(attributes, name).s();
    }

    private static Bytes bytes(Map<String, AttributeValue> attributes, String name) {
        return Bytes.wrap(require(attributes, name).b().asByteArrayUnsafe());
    }

    private static long integer(Map<String, AttributeValue> attributes, String name) {
        AttributeValue value = attributes.get(name);
        return value == null ? 0 : Long.parseLong(value.n());
    }

    private static AttributeValue require(Map<String, AttributeValue> attributes, String name) {
        AttributeValue value = attributes.get(name);
        if (value == null) {
            throw new CorruptItemException("a stored item has no attribute " + name);
        }
        return value;
    }
}
