package io.hearth.series;

import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;

class MemoryReplicasTest extends ReplicasContract {
    @Override
    Table openTable(SeriesFixture clock) {
        return new MemoryTable(clock);
    }
}
