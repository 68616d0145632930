package io.hearth.table.rocksdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.bytes.ByteWriter;
import io.hearth.table.rocksdb.row.BatchFormat;
import org.junit.jupiter.api.Test;

class LogRecordTest {
    @Test
    void time_ofACommit_isThatOfItsMark() {
        ByteWriter batch = new ByteWriter(64);
        batch.writeBytes(new byte[BatchFormat.HEADER_BYTES]);
        BatchFormat.timeMark(1_790_000_000_123_456L, batch);

        assertThat(LogRecord.of(1, 1, batch.toByteArray()).commitMicros()).isEqualTo(1_790_000_000_123_456L);
    }

    @Test
    void time_ofHousekeeping_isNone() {
        ByteWriter batch = new ByteWriter(64);
        BatchFormat.beginHousekeeping(0, batch);

        assertThat(LogRecord.of(1, 1, batch.toByteArray()).commitMicros()).isEqualTo(LogRecord.NO_TIME);
    }
}
