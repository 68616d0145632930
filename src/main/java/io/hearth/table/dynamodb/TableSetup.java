package io.hearth.table.dynamodb;

import io.hearth.table.TableException;
import io.hearth.table.UnsupportedFormatException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.StreamViewType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

/** Finds the table when the service starts, and creates it if it was told to. Blocks until it can be used. */
final class TableSetup {
    private static final Duration CREATION_PATIENCE = Duration.ofMinutes(2);

    private final DynamoDbAsyncClient client;
    private final String table;

    TableSetup(DynamoDbAsyncClient client, String table) {
        this.client = client;
        this.table = table;
    }

    /**
     * The table as it is.
     *
     * @throws TableException if it is absent, or DynamoDB cannot be asked
     * @throws UnsupportedFormatException if it is not a table of this service
     */
    TableDescription openOrCreate(boolean create) {
        try {
            TableDescription found = describe();
            requireOurs(found);
            return found;
        } catch (ResourceNotFoundException e) {
            if (!create) {
                throw new TableException(
                        "the DynamoDB table " + table
                                + " does not exist: create it, or set HEARTH_DYNAMODB_CREATE=true",
                        e);
            }
        } catch (SdkException e) {
            throw unusable(e);
        }
        try {
            createTable();
            enableExpiry();
            return describe();
        } catch (SdkException e) {
            throw unusable(e);
        }
    }

    private TableException unusable(SdkException e) {
        return new TableException("the DynamoDB table " + table + " cannot be used: " + e.getMessage(), e);
    }

    /** Creates the table with its index and its stream, unless another process was first, and waits until it is active. */
    void createTable() {
        try {
            await(client.createTable(request()));
        } catch (ResourceInUseException e) {
            // another process was first
        }
        await(client.waiter()
                .waitUntilTableExists(
                        describe -> describe.tableName(table), override -> override.waitTimeout(CREATION_PATIENCE)));
    }

    private void enableExpiry() {
        await(client.updateTimeToLive(request -> request.tableName(table)
                .timeToLiveSpecification(
                        ttl -> ttl.attributeName(ItemCodec.EXPIRES).enabled(true))));
    }

    private CreateTableRequest request() {
        return CreateTableRequest.builder()
                .tableName(table)
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
                        .build())
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .streamSpecification(
                        stream -> stream.streamEnabled(true).streamViewType(StreamViewType.NEW_AND_OLD_IMAGES))
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
        return await(client.describeTable(request -> request.tableName(table))).table();
    }

    private void requireOurs(TableDescription found) {
        Set<String> indexes = found.globalSecondaryIndexes().stream()
                .map(GlobalSecondaryIndexDescription::indexName)
                .collect(Collectors.toSet());
        if (!found.keySchema().equals(keys(ItemCodec.PARTITION_KEY, ItemCodec.SORT_KEY))
                || !indexes.contains(ItemCodec.INDEX)) {
            throw new UnsupportedFormatException(
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
