package io.hearth.series;

import io.hearth.table.SharedTable;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;

/** The same on a table that other processes may use at the same time. */
class SharedRemoteWritesTest extends RemoteWritesContract {
    @Override
    Table openTable(SeriesFixture clock) {
        return new SharedTable(new MemoryTable(clock));
    }
}
