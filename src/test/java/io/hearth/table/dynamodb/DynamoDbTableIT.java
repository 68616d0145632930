package io.hearth.table.dynamodb;

import io.hearth.table.Table;
import io.hearth.table.TableContract;
import java.time.InstantSource;

final class DynamoDbTableIT extends TableContract {
    @Override
    protected Table open(InstantSource clock) {
        return TestDynamoDb.get().open(clock);
    }
}
