package io.hearth.table.rocksdb.row;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.TableException;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.database.Database;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/** Holds the batches that we write and read ourselves against those of RocksDB. */
final class BatchFormatTest {
    @BeforeEach
    void loadLibrary() {
        RocksDB.loadLibrary();
    }

    @Test
    void records_ofItems_areRocksDbsOwnBytes() throws RocksDBException {
        byte[] longValue = new byte[300]; // its length takes two bytes
        ByteWriter ours = batch();
        BatchFormat.putItem(ours);
        BatchFormat.slice(bytes("key"), ours);
        BatchFormat.slice(longValue, ours);
        BatchFormat.deleteItem(bytes("gone"), ours);
        BatchFormat.deleteItems(bytes("from"), bytes("to"), ours);
        BatchFormat.sweepMark(ours);

        try (WriteBatch theirs = new WriteBatch()) {
            theirs.put(bytes("key"), longValue);
            theirs.delete(bytes("gone"));
            theirs.deleteRange(bytes("from"), bytes("to"));
            theirs.putLogData(BatchFormat.SWEEP_MARK);

            assertThat(finished(ours, 3)).isEqualTo(theirs.data());
        }
    }

    @Test
    void records_ofIndexEntries_areRocksDbsOwnBytes(@TempDir Path directory) throws RocksDBException {
        ByteWriter ours = batch();
        BatchFormat.putIndexEntry(bytes("entry"), ours);
        BatchFormat.deleteIndexEntry(bytes("gone"), ours);

        try (Database database = Database.open(RocksDbSettings.of(directory).database());
                WriteBatch theirs = new WriteBatch()) {
            theirs.put(database.index(), bytes("entry"), new byte[0]);
            theirs.delete(database.index(), bytes("gone"));

            assertThat(finished(ours, 2)).isEqualTo(theirs.data());
        }
    }

    @Test
    void timeMark_ofACommit_isRocksDbsAnnotationAndReadBack() throws RocksDBException {
        long micros = 1_790_000_000_123_456L;
        ByteWriter ours = batch();
        BatchFormat.timeMark(micros, ours);

        try (WriteBatch theirs = new WriteBatch()) {
            theirs.putLogData(
                    ByteBuffer.allocate(9).put((byte) 't').putLong(micros).array());

            assertThat(finished(ours, 0)).isEqualTo(theirs.data());
        }
        BatchFormat.Reader reader = new BatchFormat.Reader(ours.array(), BatchFormat.HEADER_BYTES, ours.length());
        assertThat(reader.next()).isTrue();
        assertThat(reader.isTimeMark()).isTrue();
        assertThat(reader.timeMarkMicros()).isEqualTo(micros);
    }

    @Test
    void durableMark_ofACommit_isRocksDbsAnnotationAndReadBack() throws RocksDBException {
        ByteWriter ours = batch();
        BatchFormat.durableMark(0x0102_0304L, ours);

        try (WriteBatch theirs = new WriteBatch()) {
            theirs.putLogData(
                    ByteBuffer.allocate(9).put((byte) 'd').putLong(0x0102_0304L).array());

            assertThat(finished(ours, 0)).isEqualTo(theirs.data());
        }
        BatchFormat.Reader reader = new BatchFormat.Reader(ours.array(), BatchFormat.HEADER_BYTES, ours.length());
        assertThat(reader.next()).isTrue();
        assertThat(reader.isTimeMark()).isFalse();
        assertThat(reader.isDurableMark()).isTrue();
        assertThat(reader.durableMark()).isEqualTo(0x0102_0304L);
    }

    @Test
    void reader_records_areWhatWasWritten() {
        ByteWriter sink = batch();
        BatchFormat.sweepMark(sink);
        BatchFormat.putItem(sink);
        BatchFormat.slice(bytes("key"), sink);
        BatchFormat.slice(bytes("value"), sink);
        BatchFormat.deleteItems(bytes("from"), bytes("to"), sink);
        BatchFormat.deleteIndexEntry(bytes("gone"), sink);

        BatchFormat.Reader reader = new BatchFormat.Reader(sink.array(), BatchFormat.HEADER_BYTES, sink.length());

        assertThat(reader.next()).isTrue();
        assertThat(reader.isSweepMark()).isTrue();
        assertThat(reader.next()).isTrue();
        assertThat(reader.isSweepMark()).isFalse();
        assertThat(reader.kind).isEqualTo(BatchFormat.Kind.PUT);
        assertThat(reader.columnFamily).isEqualTo(BatchFormat.ITEMS);
        assertThat(reader.key()).isEqualTo(bytes("key"));
        assertThat(reader.value()).isEqualTo(bytes("value"));
        assertThat(reader.next()).isTrue();
        assertThat(reader.kind).isEqualTo(BatchFormat.Kind.DELETE_RANGE);
        assertThat(reader.next()).isTrue();
        assertThat(reader.kind).isEqualTo(BatchFormat.Kind.DELETE);
        assertThat(reader.columnFamily).isEqualTo(BatchFormat.INDEX);
        assertThat(reader.key()).isEqualTo(bytes("gone"));
        assertThat(reader.next()).isFalse();
    }

    @Test
    void reader_damagedRecords_areRefused() {
        for (int[] damaged : new int[][] {{0x42}, {0x01}, {0x01, 5, 1}, {0x01, 1, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}}) {
            byte[] bytes = new byte[damaged.length];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte) damaged[i];
            }
            assertThatThrownBy(() -> new BatchFormat.Reader(bytes, 0, bytes.length).next())
                    .as(Arrays.toString(damaged))
                    .isInstanceOf(TableException.class);
        }
    }

    private static ByteWriter batch() {
        ByteWriter sink = new ByteWriter(16);
        sink.writeBytes(new byte[BatchFormat.HEADER_BYTES]);
        return sink;
    }

    private static byte[] finished(ByteWriter sink, int count) {
        byte[] batch = sink.toByteArray();
        BatchFormat.writeCount(batch, count);
        return batch;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
