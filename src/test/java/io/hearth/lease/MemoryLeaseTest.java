package io.hearth.lease;

import io.hearth.table.FakeClock;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;

class MemoryLeaseTest extends LeaseContract {
    @Override
    Table open(FakeClock clock) {
        return new MemoryTable(clock);
    }
}
