package io.hearth.table.rocksdb.database;

import io.hearth.table.TableException;
import java.util.ArrayList;
import java.util.List;

/** What has memory or files of RocksDB's own, closed in reverse of the order in which it was made. */
public final class NativeResources implements AutoCloseable {
    private final List<AutoCloseable> resources = new ArrayList<>();

    /** Takes a resource over, and answers it. */
    public <T extends AutoCloseable> T own(T resource) {
        resources.add(resource);
        return resource;
    }

    /** Closes all, once. */
    @Override
    public void close() {
        for (int i = resources.size() - 1; i >= 0; i--) {
            try {
                resources.get(i).close();
            } catch (Exception e) {
                throw new TableException("RocksDB cannot be closed", e);
            }
        }
        resources.clear();
    }
}
