package io.hearth.series;

import io.hearth.table.Table;
import io.hearth.table.dynamodb.DynamoDbLocal;

class DynamoDbSeriesIT extends SeriesContract {
    @Override
    Table openTable(SeriesFixture clock) {
        return DynamoDbLocal.get().open(clock);
    }

    /** DynamoDB Local takes milliseconds for each request. */
    @Override
    int volume(int count) {
        return Math.max(4, count / 20);
    }
}
