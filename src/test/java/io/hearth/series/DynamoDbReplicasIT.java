package io.hearth.series;

import io.hearth.table.Table;
import io.hearth.table.dynamodb.TestDynamoDb;

class DynamoDbReplicasIT extends ReplicasContract {
    @Override
    Table openTable(SeriesFixture clock) {
        return TestDynamoDb.get().open(clock);
    }
}
