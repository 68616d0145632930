package io.hearth.lease;

import io.hearth.table.FakeClock;
import io.hearth.table.Table;
import io.hearth.table.dynamodb.TestDynamoDb;

class DynamoDbLeaseIT extends LeaseContract {
    @Override
    Table open(FakeClock clock) {
        return TestDynamoDb.get().open(clock);
    }
}
