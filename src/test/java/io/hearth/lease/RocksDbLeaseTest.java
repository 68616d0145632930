package io.hearth.lease;

import io.hearth.table.CommitListener;
import io.hearth.table.FakeClock;
import io.hearth.table.Table;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RocksDbLeaseTest extends LeaseContract {
    @TempDir
    Path directory;

    @Override
    Table open(FakeClock clock) {
        return RocksDbTable.open(RocksDbSettings.of(directory), clock, CommitListener.NONE);
    }
}
