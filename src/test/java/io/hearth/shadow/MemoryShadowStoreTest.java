package io.hearth.shadow;

import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.time.InstantSource;

class MemoryShadowStoreTest extends ShadowStoreContract {
    @Override
    Table openTable(InstantSource clock) {
        return new MemoryTable(clock);
    }
}
