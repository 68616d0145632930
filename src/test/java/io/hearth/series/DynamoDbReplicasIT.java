package io.hearth.series;

import io.hearth.table.Table;
import io.hearth.table.dynamodb.DynamoDbLocal;

class DynamoDbReplicasIT extends ReplicasContract {
    @Override
    Table openTable(SeriesFixture clock) {
        return DynamoDbLocal.get().open(clock);
    }
}
