package io.hearth.table.rocksdb;

import io.hearth.table.CommitListener;
import io.hearth.table.Table;
import io.hearth.table.TableContract;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.io.TempDir;

final class RocksDbTableTest extends TableContract {
    @TempDir
    private Path directory;

    @Override
    protected Table open(InstantSource clock) {
        return RocksDbTable.open(RocksDbSettings.of(directory.resolve("table")), clock, CommitListener.NONE);
    }
}
