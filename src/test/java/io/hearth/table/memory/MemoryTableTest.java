package io.hearth.table.memory;

import io.hearth.table.Table;
import io.hearth.table.TableContract;
import java.time.InstantSource;

final class MemoryTableTest extends TableContract {
    @Override
    protected Table open(InstantSource clock) {
        return new MemoryTable(clock);
    }
}
