package io.hearth.table.rocksdb.commit;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.IndexKey;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.IndexRow;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Encodes writes on their callers' threads, so that the committer, of which there is one, has only to copy. */
public final class WriteEncoder {
    private static final int RECORD_OVERHEAD_BYTES = 40;

    private WriteEncoder() {}

    /**
     * Unconditional writes of one batch.
     *
     * @throws IllegalArgumentException if a key is longer in UTF-8 than the table takes
     */
    public static PendingWrite encode(List<Write> writes, UniEmitter<? super Void> writer) {
        return writes.stream().allMatch(WriteEncoder::isBlind) ? blind(writes, writer) : dependent(writes, writer);
    }

    /** One conditional write; a null {@code item} deletes. */
    public static PendingWrite encode(
            Key key, @Nullable Item item, Condition condition, UniEmitter<? super Void> writer) {
        return new PendingWrite.Dependent(writer, List.of(step(key, item, condition)));
    }

    private static boolean isBlind(Write write) {
        return write instanceof Write.Put put && put.item().index() == null;
    }

    /** Items without index keys that hold what others of the partition held, whose sort keys ascend. */
    public static PendingWrite encode(
            String partitionKey, List<Item> items, List<Bytes> superseded, UniEmitter<? super Void> writer) {
        List<Write> puts = items.stream().<Write>map(Write.Put::new).toList();
        if (!puts.stream().allMatch(WriteEncoder::isBlind)) {
            throw new IllegalArgumentException("an item that replaces others has no index key");
        }
        List<byte[]> rows = superseded.stream()
                .map(sortKey -> RowKey.encode(new Key(partitionKey, sortKey)))
                .toList();
        return new PendingWrite.Replacement(writer, puts.size(), records(puts), rows);
    }

    private static PendingWrite blind(List<Write> writes, UniEmitter<? super Void> writer) {
        return new PendingWrite.Encoded(writer, writes.size(), records(writes));
    }

    private static ByteWriter records(List<Write> writes) {
        int expectedBytes = 0;
        for (Write write : writes) {
            Item item = ((Write.Put) write).item();
            expectedBytes += RECORD_OVERHEAD_BYTES
                    + item.key().partitionKey().length()
                    + item.key().sortKey().length()
                    + item.body().length();
        }
        ByteWriter records = new ByteWriter(expectedBytes);
        String partition = "";
        byte[] prefix = new byte[0];
        for (Write write : writes) {
            Item item = ((Write.Put) write).item();
            if (!item.key().partitionKey().equals(partition)) {
                partition = item.key().partitionKey();
                prefix = RowKey.prefix(Key.encodePartitionKey(partition));
            }
            byte[] sort = item.key().sortKey().array();
            BatchFormat.putItem(records);
            records.writeVarint(prefix.length + sort.length);
            records.writeBytes(prefix);
            records.writeBytes(sort);
            records.writeVarint(ItemValue.encodedBytes(item, null));
            ItemValue.encode(item, null, records);
        }
        return records;
    }

    private static PendingWrite dependent(List<Write> writes, UniEmitter<? super Void> writer) {
        List<PendingWrite.Step> steps = new ArrayList<>(writes.size());
        for (Write write : writes) {
            steps.add(step(write.key(), write instanceof Write.Put put ? put.item() : null, null));
        }
        return new PendingWrite.Dependent(writer, steps);
    }

    private static PendingWrite.Step step(Key key, @Nullable Item item, @Nullable Condition condition) {
        byte[] rowKey = RowKey.encode(key);
        if (item == null) {
            return new PendingWrite.Step(rowKey, null, null, condition);
        }
        IndexKey index = item.index();
        byte[] indexPartition = index == null ? null : Key.encodePartitionKey(index.partitionKey());
        ByteWriter value = new ByteWriter(ItemValue.encodedBytes(item, indexPartition));
        ItemValue.encode(item, indexPartition, value);
        byte[] indexRow = index == null ? null : IndexRow.encode(index, key);
        return new PendingWrite.Step(rowKey, value.toByteArray(), indexRow, condition);
    }
}
