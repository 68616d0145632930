package io.hearth.table.rocksdb.commit;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.IndexKey;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.database.Database;
import io.hearth.table.rocksdb.row.BatchFormat;
import io.hearth.table.rocksdb.row.IndexRow;
import io.hearth.table.rocksdb.row.ItemValue;
import io.hearth.table.rocksdb.row.RowKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;

/**
 * One commit in the making: the records of many writers in the order they came. What depends on stored items sees the
 * database with the writers before it in the same commit on top. Those are looked into only once such a writer comes:
 * most commits are puts alone and are never parsed.
 */
final class CommitBuilder {
    /** Stands for a key that an earlier writer of this commit removed; no value is empty. */
    private static final byte[] REMOVED = new byte[0];

    private final Database database;
    private final long nowMicros;
    private final long durable;
    private final long nowSeconds;
    private final List<byte[]> chunks = new ArrayList<>();
    private final List<Integer> chunkLengths = new ArrayList<>();
    private final ItemValue value = new ItemValue();
    private final ItemValue oldValue = new ItemValue();
    private @Nullable Map<Bytes, byte[]> overlay;
    private int bytes;
    private int records;

    /**
     * @param nowMicros when the commit begins: what has expired then is absent, and the log keeps it
     * @param durable up to which sequence number the log is durable, which the log keeps; 0 if commits are not synced
     */
    CommitBuilder(Database database, long nowMicros, long durable) {
        this.database = database;
        this.nowMicros = nowMicros;
        this.durable = durable;
        nowSeconds = Math.floorDiv(nowMicros, 1_000_000L);
    }

    /** How many records the commit has; with none there is nothing to write. */
    int records() {
        return records;
    }

    void add(PendingWrite.Encoded write) {
        append(write.records, write.length, write.writes());
        if (overlay != null) {
            look(write.records, write.length, overlay);
        }
    }

    /** Adds the writes, or fails the writer alone if its condition does not hold or what it depends on cannot be read. */
    void add(PendingWrite.Dependent write) {
        Map<Bytes, byte[]> known = overlay();
        ByteWriter sink = new ByteWriter(256);
        int count = 0;
        Map<Bytes, byte[]> changed = new HashMap<>();
        try {
            for (PendingWrite.Step step : write.steps) {
                Bytes key = Bytes.wrap(step.rowKey());
                byte[] stored = changed.containsKey(key) ? changed.get(key) : stored(key, known);
                require(step.condition(), stored);
                count += apply(step, stored, sink);
                changed.put(key, step.value() == null ? REMOVED : step.value());
            }
        } catch (TableException e) {
            write.fail(e);
            return;
        } catch (RocksDBException e) {
            write.fail(Database.unreadable(e));
            return;
        }
        known.putAll(changed);
        append(sink.array(), sink.length(), count);
    }

    /** The whole commit in RocksDB's format. */
    byte[] toBatch() {
        ByteWriter head = new ByteWriter(BatchFormat.HEADER_BYTES + 32);
        head.writeBytes(new byte[BatchFormat.HEADER_BYTES]);
        BatchFormat.timeMark(nowMicros, head);
        BatchFormat.durableMark(durable, head);
        byte[] batch = Arrays.copyOf(head.array(), head.length() + bytes);
        BatchFormat.writeCount(batch, records);
        int position = head.length();
        for (int i = 0; i < chunks.size(); i++) {
            System.arraycopy(chunks.get(i), 0, batch, position, chunkLengths.get(i));
            position += chunkLengths.get(i);
        }
        return batch;
    }

    private void append(byte[] chunk, int length, int count) {
        chunks.add(chunk);
        chunkLengths.add(length);
        bytes += length;
        records += count;
    }

    private Map<Bytes, byte[]> overlay() {
        if (overlay == null) {
            overlay = new HashMap<>();
            for (int i = 0; i < chunks.size(); i++) {
                look(chunks.get(i), chunkLengths.get(i), overlay);
            }
        }
        return overlay;
    }

    private static void look(byte[] chunk, int length, Map<Bytes, byte[]> overlay) {
        BatchFormat.Reader reader = new BatchFormat.Reader(chunk, 0, length);
        while (reader.next()) {
            overlay.put(Bytes.wrap(reader.key()), reader.value());
        }
    }

    private byte @Nullable [] stored(Bytes key, Map<Bytes, byte[]> known) throws RocksDBException {
        byte[] seen = known.get(key);
        return seen != null ? seen : database.db().get(key.array());
    }

    private void require(@Nullable Condition condition, byte @Nullable [] stored) {
        if (condition == null) {
            return;
        }
        boolean present = stored != null
                && stored != REMOVED
                && !value.read(stored, stored.length).isExpiredAt(nowSeconds);
        long version = present ? value.readVersion() : 0;
        boolean holds = condition.expectsAbsence() ? !present : present && version == condition.expectedVersion();
        if (!holds) {
            throw new ConditionFailedException(
                    "the stored item is not the expected one: " + (present ? "version " + version : "none"), null);
        }
    }

    /** Appends what the step changes, its index entries included; answers the number of records. */
    private int apply(PendingWrite.Step step, byte @Nullable [] stored, ByteWriter sink) {
        int count = 1;
        if (step.value() == null) {
            BatchFormat.deleteItem(step.rowKey(), sink);
        } else {
            BatchFormat.putItem(sink);
            BatchFormat.slice(step.rowKey(), sink);
            BatchFormat.slice(step.value(), sink);
        }
        byte[] oldIndexRow = indexRow(step.rowKey(), stored);
        if (oldIndexRow != null && !Arrays.equals(oldIndexRow, step.indexRow())) {
            BatchFormat.deleteIndexEntry(oldIndexRow, sink);
            count++;
        }
        if (step.indexRow() != null) {
            BatchFormat.putIndexEntry(step.indexRow(), sink);
            count++;
        }
        return count;
    }

    private byte @Nullable [] indexRow(byte[] rowKey, byte @Nullable [] stored) {
        if (stored == null || stored == REMOVED) {
            return null;
        }
        oldValue.read(stored, stored.length).readVersion();
        IndexKey index = oldValue.readIndex();
        return index == null ? null : IndexRow.encode(index, RowKey.decode(rowKey, rowKey.length));
    }
}
