package io.hearth.lease;

import io.hearth.table.FakeClock;
import io.hearth.table.Table;
import io.hearth.table.dynamodb.DynamoDbLocal;

class DynamoDbLeaseIT extends LeaseContract {
    @Override
    Table open(FakeClock clock) {
        return DynamoDbLocal.get().open(clock);
    }
}
