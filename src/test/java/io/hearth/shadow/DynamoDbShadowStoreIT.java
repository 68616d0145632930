package io.hearth.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.RegionId;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.table.Table;
import io.hearth.table.dynamodb.DynamoDbSettings;
import io.hearth.table.dynamodb.DynamoDbTable;
import io.hearth.table.dynamodb.RequestListener;
import io.hearth.table.dynamodb.TestDynamoDb;
import io.hearth.table.rocksdb.ChildProcess;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DynamoDbShadowStoreIT extends ShadowStoreContract {
    private static final int PROCESSES = 3;
    private static final int UPDATES = 15;

    @Override
    Table openTable(InstantSource clock) {
        return TestDynamoDb.get().open(clock);
    }

    @Test
    void update_byWritersOfSeveralProcesses_losesNone() throws Exception {
        TestDynamoDb dynamoDb = TestDynamoDb.get();
        DynamoDbSettings.Location location = dynamoDb.newLocation();
        try (DynamoDbTable table = open(dynamoDb.endpoint(), location, true)) {
            List<ChildProcess> writers = new ArrayList<>();
            for (int i = 0; i < PROCESSES; i++) {
                writers.add(new ChildProcess(
                        List.of(), Writer.class, dynamoDb.endpoint().toString(), location.table(), "writer" + i));
            }
            for (ChildProcess writer : writers) {
                assertThat(writer.exitCode()).isZero();
                writer.close();
            }

            ShadowStore store = store(table);
            ShadowDocument document = await(store.get(CLASSIC, bare()));
            assertThat(document.version()).isEqualTo(PROCESSES * UPDATES);
            for (int i = 0; i < PROCESSES; i++) {
                assertThat(json(document)).contains("'writer" + i + "':" + UPDATES);
            }
            assertThat(await(store.history(CLASSIC, null, 100)).changes()).hasSize(PROCESSES * UPDATES);
        }
    }

    private static ShadowStore store(Table table) {
        return new ShadowStore(
                table,
                new RegionId("here"),
                InstantSource.system(),
                new ShadowStore.Settings(Limits.DEFAULT, Duration.ofDays(2), Duration.ofDays(30)));
    }

    private static DynamoDbTable open(URI endpoint, DynamoDbSettings.Location location, boolean create) {
        DynamoDbSettings settings = new DynamoDbSettings(
                endpoint,
                location,
                create ? DynamoDbSettings.Creation.ON_DEMAND : null,
                Duration.ofSeconds(20),
                Duration.ofSeconds(60),
                64 << 20,
                16);
        return DynamoDbTable.open(settings, InstantSource.system(), RequestListener.NONE);
    }

    /** One of several processes that write to the same shadow. */
    static final class Writer {
        private Writer() {}

        /**
         * Counts in a shadow.
         *
         * @param arguments endpoint, table, and the field to count in
         */
        public static void main(String[] arguments) {
            System.setProperty("aws.accessKeyId", "test");
            System.setProperty("aws.secretAccessKey", "test");
            DynamoDbSettings.Location location = new DynamoDbSettings.Location(null, arguments[1]);
            try (DynamoDbTable table = open(URI.create(arguments[0]), location, false)) {
                ShadowStore store = store(table);
                for (int i = 1; i <= UPDATES; i++) {
                    await(store.update(
                            CLASSIC,
                            request("{'state':{'reported':{'" + arguments[2] + "':" + i + "}}}"),
                            arguments[2]));
                }
            }
            System.exit(0);
        }
    }
}
