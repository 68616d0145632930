package io.hearth.table.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.hearth.table.Bytes;
import io.hearth.table.Change;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.FakeClock;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.TableException;
import io.hearth.table.UnsupportedTableException;
import io.hearth.table.Write;
import io.hearth.table.dynamodb.DynamoDbSettings.Capacity;
import io.hearth.table.dynamodb.DynamoDbSettings.Creation;
import io.hearth.table.dynamodb.DynamoDbSettings.Location;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.StreamViewType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

final class TableSetupIT {
    private final TestDynamoDb dynamoDb = TestDynamoDb.get();
    private final Location location = dynamoDb.newLocation();
    private final DynamoDbAsyncClient client = dynamoDb.client();

    @Test
    void open_tableAbsent_createsItOnlyWhenToldTo() {
        assertThatThrownBy(() -> open(null))
                .isInstanceOf(TableException.class)
                .hasMessageContaining("HEARTH_DYNAMODB_CREATE");

        open(Creation.ON_DEMAND).close();

        TableDescription table = client.describeTable(request -> request.tableName(location.table()))
                .join()
                .table();
        assertThat(table.billingModeSummary().billingMode()).isEqualTo(BillingMode.PAY_PER_REQUEST);
        assertThat(table.streamSpecification().streamViewType()).isEqualTo(StreamViewType.NEW_AND_OLD_IMAGES);
        TimeToLiveDescription ttl = client.describeTimeToLive(request -> request.tableName(location.table()))
                .join()
                .timeToLiveDescription();
        assertThat(ttl.attributeName()).isEqualTo("exp");
        assertThat(ttl.timeToLiveStatus()).isIn(TimeToLiveStatus.ENABLED, TimeToLiveStatus.ENABLING);
        open(null).close();
    }

    @Test
    void open_tableOfSomebodyElse_isRefused() {
        client.createTable(request -> request.tableName(location.table())
                        .attributeDefinitions(
                                attribute -> attribute.attributeName("id").attributeType("S"))
                        .keySchema(key -> key.attributeName("id").keyType("HASH"))
                        .billingMode(BillingMode.PAY_PER_REQUEST))
                .join();

        assertThatThrownBy(() -> open(Creation.ON_DEMAND)).isInstanceOf(UnsupportedTableException.class);
    }

    @Test
    void open_byThreeProcessesAtOnce_createsOneTable() {
        List<CompletableFuture<Void>> starts = Stream.generate(() -> CompletableFuture.runAsync(
                        () -> open(Creation.ON_DEMAND).close(), task -> new Thread(task).start()))
                .limit(3)
                .toList();

        assertThat(starts).allSatisfy(start -> assertThat(start).succeedsWithin(Duration.ofSeconds(60)));
    }

    @Test
    void open_creatorDiedHalfway_switchesOnWhatIsMissing() {
        new TableSetup(client, location.table()).createTable(Creation.ON_DEMAND);
        client.updateTable(update ->
                        update.tableName(location.table()).streamSpecification(stream -> stream.streamEnabled(false)))
                .join();

        try (DynamoDbTable table = open(null)) {
            assertThatThrownBy(() -> table.changesFrom(ChangeStart.NOW).await().indefinitely())
                    .hasMessageContaining("has no stream");
        }
        try (DynamoDbTable table = open(Creation.ON_DEMAND)) {
            Cursor cursor = table.changesFrom(ChangeStart.NOW).await().indefinitely();
            Item item = Item.of(new Key("d", Bytes.wrap(new byte[1])), Bytes.EMPTY);
            table.write(List.of(new Write.Put(item))).await().indefinitely();
            Awaitility.await()
                    .atMost(Duration.ofSeconds(90))
                    .until(() -> table.changes(cursor, 1)
                            .await()
                            .indefinitely()
                            .changes()
                            .equals(List.of(new Change.Stored(item))));
        }

        assertThat(client.describeTimeToLive(request -> request.tableName(location.table()))
                        .join()
                        .timeToLiveDescription()
                        .attributeName())
                .isEqualTo("exp");
    }

    @Test
    void open_provisioned_givesTableAndIndexTheirUnits() {
        open(new Creation(new Capacity(50, 200))).close();

        TableDescription table = client.describeTable(request -> request.tableName(location.table()))
                .join()
                .table();
        assertThat(table.provisionedThroughput().readCapacityUnits()).isEqualTo(50);
        assertThat(table.provisionedThroughput().writeCapacityUnits()).isEqualTo(200);
        assertThat(table.globalSecondaryIndexes().get(0).provisionedThroughput().writeCapacityUnits())
                .isEqualTo(20);
    }

    @Test
    void open_nobodyListens_saysSo() {
        DynamoDbSettings settings = new DynamoDbSettings(
                URI.create("http://127.0.0.1:1"),
                location,
                Creation.ON_DEMAND,
                Duration.ofSeconds(3),
                Duration.ofSeconds(3),
                1 << 20,
                1);

        assertThatThrownBy(() -> DynamoDbTable.open(settings, new FakeClock(), RequestListener.NONE))
                .isInstanceOf(TableException.class)
                .hasMessageContaining("cannot be used");
    }

    private DynamoDbTable open(@Nullable Creation creation) {
        DynamoDbSettings settings = dynamoDb.settings(location);
        DynamoDbSettings asked = new DynamoDbSettings(
                settings.endpoint(),
                location,
                creation,
                settings.requestTimeout(),
                settings.deadline(),
                settings.maxPendingBytes(),
                settings.maxConnections());
        return DynamoDbTable.open(asked, new FakeClock(), RequestListener.NONE);
    }
}
