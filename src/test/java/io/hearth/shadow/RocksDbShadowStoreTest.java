package io.hearth.shadow;

import io.hearth.table.CommitListener;
import io.hearth.table.Table;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.io.TempDir;

class RocksDbShadowStoreTest extends ShadowStoreContract {
    @TempDir
    Path directory;

    @Override
    Table openTable(InstantSource clock) {
        return RocksDbTable.open(RocksDbSettings.of(directory), clock, CommitListener.NONE);
    }
}
