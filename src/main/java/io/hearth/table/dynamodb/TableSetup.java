package io.hearth.table.dynamodb;

import io.hearth.table.TableException;
import io.hearth.table.UnsupportedTableException;
import io.hearth.table.dynamodb.DynamoDbSettings.Capacity;
import io.hearth.table.dynamodb.DynamoDbSettings.Creation;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.ProvisionedThroughput;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.StreamSpecification;
import software.amazon.awssdk.services.dynamodb.model.StreamViewType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/** Finds the table when the service starts, and creates it if it was told to. Blocks until it can be used. */
final class TableSetup {
    private static final Logger LOG = Logger.getLogger(TableSetup.class);
    private static final Duration CREATION_PATIENCE = Duration.ofMinutes(2);

    /** Requests about tables take longer than those for data, and are not repeated. */
    private static final Consumer<AwsRequestOverrideConfiguration.Builder> PATIENT =
            override -> override.apiCallAttemptTimeout(Duration.ofSeconds(30));

    /** The index holds no readings, so a part of the table's provisioned capacity is enough for it: one in so many. */
    private static final int INDEX_SHARE = 10;

    private static final StreamSpecification STREAM = StreamSpecification.builder()
            .streamEnabled(true)
            .streamViewType(StreamViewType.NEW_AND_OLD_IMAGES)
            .build();

    private final DynamoDbAsyncClient client;
    private final String table;

    TableSetup(DynamoDbAsyncClient client, String table) {
        this.client = client;
        this.table = table;
    }

    /**
     * The table as it is, once it can be used.
     *
     * @param creation creates it if it is absent, and switches on its time to live and its stream if it has none; null leaves
     *     it as it is
     * @throws TableException if it is absent, or DynamoDB cannot be asked
     * @throws UnsupportedTableException if it is not a table of this service
     */
    TableDescription openOrCreate(@Nullable Creation creation) {
        try {
            TableDescription found = find();
            if (found == null) {
                if (creation == null) {
                    throw new TableException(
                            "the DynamoDB table " + table
                                    + " does not exist: create it, or set HEARTH_DYNAMODB_CREATE=true",
                            null);
                }
                createTable(creation);
                found = describe();
            }
            requireOurs(found);
            // One that another process is making. One that is being changed can be used.
            if (found.tableStatus() == TableStatus.CREATING) {
                awaitActive();
            }
            if (creation != null) {
                // Whoever created it may have died before it came to this.
                enableStream(found);
                enableExpiry();
            } else {
                warnOfWhatIsOff(found);
            }
            return describe();
        } catch (SdkException e) {
            throw new TableException("the DynamoDB table " + table + " cannot be used: " + e.getMessage(), e);
        }
    }

    private @Nullable TableDescription find() {
        try {
            return describe();
        } catch (ResourceNotFoundException e) {
            return null;
        }
    }

    /** Creates the table with its index and its stream, unless another process was first, and waits until it is active. */
    void createTable(Creation creation) {
        try {
            await(client.createTable(request(creation.provisioned())));
        } catch (ResourceInUseException e) {
            // another process was first
        }
        awaitActive();
    }

    private void awaitActive() {
        await(client.waiter()
                .waitUntilTableExists(
                        describe -> describe.tableName(table), override -> override.waitTimeout(CREATION_PATIENCE)));
    }

    private void enableStream(TableDescription found) {
        if (streamOf(found) != null) {
            return;
        }
        try {
            await(client.updateTable(update ->
                    update.tableName(table).streamSpecification(STREAM).overrideConfiguration(PATIENT)));
        } catch (ResourceInUseException e) {
            // another process was first
        } catch (DynamoDbException e) {
            // It is refused, too, when another process has just done it.
            if (streamOf(describe()) == null) {
                throw e;
            }
        }
        awaitActive();
    }

    /** The ARN of the table's stream; null if it has none, or it is switched off: its last one is named also then. */
    static @Nullable String streamOf(TableDescription table) {
        StreamSpecification stream = table.streamSpecification();
        return stream != null && Boolean.TRUE.equals(stream.streamEnabled()) ? table.latestStreamArn() : null;
    }

    private void enableExpiry() {
        if (expires()) {
            return;
        }
        try {
            await(client.updateTimeToLive(request -> request.tableName(table)
                    .overrideConfiguration(PATIENT)
                    .timeToLiveSpecification(
                            ttl -> ttl.attributeName(ItemCodec.EXPIRES).enabled(true))));
        } catch (DynamoDbException e) {
            // It is refused, too, when another process has just done it.
            if (!expires()) {
                throw e;
            }
        }
    }

    private boolean expires() {
        TimeToLiveDescription ttl = await(client.describeTimeToLive(
                        request -> request.tableName(table).overrideConfiguration(PATIENT)))
                .timeToLiveDescription();
        return ItemCodec.EXPIRES.equals(ttl.attributeName())
                && (ttl.timeToLiveStatus() == TimeToLiveStatus.ENABLED
                        || ttl.timeToLiveStatus() == TimeToLiveStatus.ENABLING);
    }

    private void warnOfWhatIsOff(TableDescription found) {
        if (streamOf(found) == null) {
            LOG.warnf("The DynamoDB table %s has no stream, so it has no live stream of changes and no sync", table);
        }
        try {
            if (!expires()) {
                LOG.warnf(
                        "The DynamoDB table %s has no time to live on the attribute %s, so what expires is never removed",
                        table, ItemCodec.EXPIRES);
            }
        } catch (DynamoDbException e) {
            LOG.infof("Whether the DynamoDB table %s has a time to live cannot be seen: %s", table, e.getMessage());
        }
    }

    private CreateTableRequest request(@Nullable Capacity provisioned) {
        BillingMode billing = provisioned == null ? BillingMode.PAY_PER_REQUEST : BillingMode.PROVISIONED;
        return CreateTableRequest.builder()
                .tableName(table)
                .overrideConfiguration(PATIENT)
                .attributeDefinitions(
                        attribute(ItemCodec.PARTITION_KEY, ScalarAttributeType.S),
                        attribute(ItemCodec.SORT_KEY, ScalarAttributeType.B),
                        attribute(ItemCodec.INDEX_PARTITION_KEY, ScalarAttributeType.S),
                        attribute(ItemCodec.INDEX_SORT_KEY, ScalarAttributeType.B))
                .keySchema(keys(ItemCodec.PARTITION_KEY, ItemCodec.SORT_KEY))
                .globalSecondaryIndexes(GlobalSecondaryIndex.builder()
                        .indexName(ItemCodec.INDEX)
                        .keySchema(keys(ItemCodec.INDEX_PARTITION_KEY, ItemCodec.INDEX_SORT_KEY))
                        .projection(projection -> projection.projectionType(ProjectionType.ALL))
                        .provisionedThroughput(throughput(provisioned, INDEX_SHARE))
                        .build())
                .billingMode(billing)
                .provisionedThroughput(throughput(provisioned, 1))
                .streamSpecification(STREAM)
                .build();
    }

    private static @Nullable ProvisionedThroughput throughput(@Nullable Capacity capacity, int share) {
        return capacity == null
                ? null
                : ProvisionedThroughput.builder()
                        .readCapacityUnits(Math.max(1, capacity.readUnits() / share))
                        .writeCapacityUnits(Math.max(1, capacity.writeUnits() / share))
                        .build();
    }

    private static AttributeDefinition attribute(String name, ScalarAttributeType type) {
        return AttributeDefinition.builder()
                .attributeName(name)
                .attributeType(type)
                .build();
    }

    private static List<KeySchemaElement> keys(String... names) {
        return List.of(
                KeySchemaElement.builder()
                        .attributeName(names[0])
                        .keyType(KeyType.HASH)
                        .build(),
                KeySchemaElement.builder()
                        .attributeName(names[1])
                        .keyType(KeyType.RANGE)
                        .build());
    }

    private TableDescription describe() {
        return await(client.describeTable(request -> request.tableName(table).overrideConfiguration(PATIENT)))
                .table();
    }

    private void requireOurs(TableDescription found) {
        Set<String> indexes = found.globalSecondaryIndexes().stream()
                .map(GlobalSecondaryIndexDescription::indexName)
                .collect(Collectors.toSet());
        if (!found.keySchema().equals(keys(ItemCodec.PARTITION_KEY, ItemCodec.SORT_KEY))
                || !indexes.contains(ItemCodec.INDEX)) {
            throw new UnsupportedTableException(
                    "the DynamoDB table " + table
                            + " is not one of this service: it needs the keys pk (S) and sk (B) and the index gsi1",
                    null);
        }
    }

    private static <T> T await(CompletableFuture<T> answer) {
        try {
            return answer.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof SdkException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
