package io.hearth.table;

import org.jspecify.annotations.Nullable;

/**
 * A half-open range of sort keys, {@code [start, end)}, in unsigned byte order.
 *
 * @param start the first key inside; null begins with the partition
 * @param end the first key behind; null ends with the partition
 */
public record SortRange(@Nullable Bytes start, @Nullable Bytes end) {
    /** Every sort key of a partition. */
    public static final SortRange ALL = new SortRange(null, null);

    /** Every sort key that begins with {@code prefix}, which must have a byte other than 0xFF. */
    public static SortRange prefix(Bytes prefix) {
        return new SortRange(prefix, prefix.prefixEnd());
    }

    public boolean contains(Bytes sortKey) {
        return (start == null || sortKey.compareTo(start) >= 0) && (end == null || sortKey.compareTo(end) < 0);
    }
}
