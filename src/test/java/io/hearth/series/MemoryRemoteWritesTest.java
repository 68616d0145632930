package io.hearth.series;

import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;

class MemoryRemoteWritesTest extends RemoteWritesContract {
    @Override
    Table openTable(SeriesFixture clock) {
        return new MemoryTable(clock);
    }
}
