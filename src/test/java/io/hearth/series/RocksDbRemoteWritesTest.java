package io.hearth.series;

import io.hearth.table.CommitListener;
import io.hearth.table.Table;
import io.hearth.table.rocksdb.RocksDbSettings;
import io.hearth.table.rocksdb.RocksDbTable;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class RocksDbRemoteWritesTest extends RemoteWritesContract {
    @TempDir
    Path directory;

    @Override
    Table openTable(SeriesFixture clock) {
        return RocksDbTable.open(RocksDbSettings.of(directory), clock, CommitListener.NONE);
    }
}
