package io.hearth.table.rocksdb;

import io.hearth.table.Bytes;
import io.hearth.table.CommitListener;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/** Writes items one after the other and prints each time that one is acknowledged. */
final class SyncedWriter {
    static final int WRITES = 30;
    static final String ACKNOWLEDGED = "acknowledged";

    private SyncedWriter() {}

    /** @param arguments directory, and whether commits are synced */
    public static void main(String[] arguments) {
        try (RocksDbTable table = RocksDbTable.open(
                TestTables.settings(Path.of(arguments[0]), Boolean.parseBoolean(arguments[1])),
                InstantSource.system(),
                CommitListener.NONE)) {
            for (int i = 0; i < WRITES; i++) {
                Key key = new Key("p", Bytes.wrap(new byte[] {(byte) i}));
                TestTables.await(table.write(List.of(new Write.Put(new Item(key, Bytes.EMPTY, 0, 0, null)))));
                System.out.println(ACKNOWLEDGED + " " + i);
                System.out.flush();
            }
        }
    }
}
