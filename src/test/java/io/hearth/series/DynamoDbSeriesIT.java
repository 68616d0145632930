package io.hearth.series;

import io.hearth.table.Table;
import io.hearth.table.dynamodb.TestDynamoDb;

class DynamoDbSeriesIT extends SeriesContract {
    @Override
    Table openTable(SeriesFixture clock) {
        return TestDynamoDb.get().open(clock);
    }

    /** A request takes a millisecond, so that the full volume would take minutes. */
    @Override
    int volume(int count) {
        return Math.max(4, count / 20);
    }
}
