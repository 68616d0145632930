package io.hearth.table.dynamodb;

import io.hearth.table.Bytes;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnConsumedCapacity;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.streams.DynamoDbStreamsAsyncClient;

/**
 * A table on the DynamoDB API, which other processes may use at the same time. Operations complete on threads of the SDK. A
 * batch is not atomic. Expiry removes items by the table's time to live.
 */
public final class DynamoDbTable implements Table {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    private final InstantSource clock;
    private final DynamoDbSettings settings;
    private final String table;
    private final SdkAsyncHttpClient http;
    private final DynamoDbAsyncClient client;
    private final DynamoDbStreamsAsyncClient streams;
    private final Requests requests;
    private final BatchWriter writer;
    private final ConditionalWriter conditional;
    private final Pages pages;
    private final @Nullable StreamFeed feed;

    /**
     * Opens the table, and creates it if the settings say so.
     *
     * @param clock decides what has expired; must be the wall clock, which the table's time to live goes by
     * @param listener is told of every request
     * @throws io.hearth.table.UnsupportedTableException if the table is not one of this service
     * @throws TableException if it is absent or cannot be used
     */
    public static DynamoDbTable open(DynamoDbSettings settings, InstantSource clock, RequestListener listener) {
        SdkAsyncHttpClient http = NettyNioAsyncHttpClient.builder()
                // Reads, writes, and what reads the stream.
                .maxConcurrency(2 * settings.maxConnections() + 1)
                .connectionTimeout(CONNECT_TIMEOUT)
                .build();
        try {
            return new DynamoDbTable(settings, clock, listener, http);
        } catch (SdkException e) {
            http.close();
            throw new TableException("DynamoDB cannot be used: " + e.getMessage(), e);
        } catch (RuntimeException e) {
            http.close();
            throw e;
        }
    }

    private DynamoDbTable(
            DynamoDbSettings settings, InstantSource clock, RequestListener listener, SdkAsyncHttpClient http) {
        this.clock = clock;
        this.http = http;
        this.settings = settings;
        table = settings.location().table();
        client = configure(DynamoDbAsyncClient.builder().httpClient(http), settings)
                .build();
        streams = configure(DynamoDbStreamsAsyncClient.builder().httpClient(http), settings)
                .build();
        TableDescription description = new TableSetup(client, table).openOrCreate(settings.creation());
        requests = new Requests(settings, listener);
        KeyTurns turns = new KeyTurns();
        writer = new BatchWriter(client, requests, turns, settings);
        conditional = new ConditionalWriter(client, table, requests, turns, clock);
        pages = new Pages(client, table, requests, clock);
        String streamArn = TableSetup.streamOf(description);
        feed = streamArn == null ? null : new StreamFeed(streams, requests, clock, streamArn);
    }

    private static <B extends AwsClientBuilder<B, ?>> B configure(B builder, DynamoDbSettings settings) {
        URI endpoint = settings.endpoint();
        String region = settings.location().region();
        if (endpoint != null) {
            builder.endpointOverride(endpoint);
        }
        if (region != null) {
            builder.region(Region.of(region));
        } else if (endpoint != null) {
            builder.region(Region.US_EAST_1); // signatures need one, and whoever answers there takes any
        }
        return builder.overrideConfiguration(override -> override.apiCallAttemptTimeout(settings.requestTimeout())
                // Requests does it: it knows what a failed request means for the data.
                .retryStrategy(AwsRetryStrategy.doNotRetry()));
    }

    DynamoDbSettings settings() {
        return settings;
    }

    @Override
    public boolean isShared() {
        return true;
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return run(() -> writer.write(writes));
    }

    @Override
    public Uni<Void> put(Item item, Condition condition) {
        return run(() -> conditional.put(item, condition));
    }

    @Override
    public Uni<Void> delete(Key key, Condition condition) {
        return run(() -> conditional.delete(key, condition));
    }

    /** Stores before it removes, so that what was there can be read at any moment. */
    @Override
    public Uni<Void> replace(String partitionKey, List<Item> items, List<Bytes> superseded) {
        return run(() -> {
            if (items.stream().anyMatch(item -> item.index() != null)) {
                throw new IllegalArgumentException("an item that replaces others has no index key");
            }
            Set<Bytes> kept = new HashSet<>();
            items.forEach(item -> kept.add(item.key().sortKey()));
            List<Key> removed = new ArrayList<>();
            for (Bytes sortKey : superseded) {
                if (!kept.contains(sortKey)) {
                    removed.add(new Key(partitionKey, sortKey));
                }
            }
            return writer.replace(items, removed);
        });
    }

    /** DynamoDB returns space by itself. */
    @Override
    public Uni<Void> reclaim() {
        return Uni.createFrom().voidItem();
    }

    @Override
    public Uni<Optional<Item>> get(Key key, Consistency consistency) {
        return run(() -> {
            GetItemRequest request = GetItemRequest.builder()
                    .tableName(table)
                    .key(ItemCodec.encode(key))
                    .consistentRead(consistency == Consistency.STRONG)
                    .returnConsumedCapacity(ReturnConsumedCapacity.TOTAL)
                    .build();
            return requests.read(
                            Operation.GET,
                            response -> Requests.units(response.consumedCapacity()),
                            () -> client.getItem(request))
                    .thenApply(response -> response.hasItem() ? live(response.item()) : Optional.empty());
        });
    }

    private Optional<Item> live(Map<String, AttributeValue> attributes) {
        Item item = ItemCodec.decode(attributes);
        return item.isExpiredAt(clock.instant().getEpochSecond()) ? Optional.empty() : Optional.of(item);
    }

    @Override
    public Uni<Page> query(Query query) {
        return run(() -> pages.query(query, false));
    }

    @Override
    public Uni<Page> queryIndex(Query query) {
        return run(() -> pages.query(query, true));
    }

    @Override
    public Uni<Page> scan(Scan scan) {
        return run(() -> pages.scan(scan));
    }

    @Override
    public Uni<Cursor> changesFrom(ChangeStart start) {
        return run(() -> feed().start(start));
    }

    @Override
    public Uni<ChangePage> changes(Cursor after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: " + limit);
        }
        return run(() -> feed().read(after, limit));
    }

    private StreamFeed feed() {
        if (feed == null) {
            throw new TableException(
                    "the DynamoDB table " + table + " has no stream: switch it on, with new and old images", null);
        }
        return feed;
    }

    /** Bytes of writes that are not yet answered. */
    public long pendingBytes() {
        return writer.pendingBytes();
    }

    /** Batches of writes that are not yet answered. */
    public long pendingBatches() {
        return writer.pendingBatches();
    }

    @Override
    public void close() {
        if (requests.isClosed()) {
            return;
        }
        requests.close();
        client.close();
        streams.close();
        // Netty waits for seconds that nothing more comes.
        CompletableFuture<Void> unused = CompletableFuture.runAsync(http::close);
    }

    private <T extends @Nullable Object> Uni<T> run(Supplier<CompletableFuture<T>> operation) {
        return Uni.createFrom()
                .deferred(() -> {
                    if (requests.isClosed()) {
                        return Uni.createFrom().failure(new TableException("the table is closed", null));
                    }
                    return Uni.createFrom().completionStage(operation.get());
                })
                .onFailure()
                .transform(this::exceptionOf);
    }

    private Throwable exceptionOf(Throwable wrapped) {
        Throwable failure = Failure.unwrap(wrapped);
        if (failure instanceof IllegalArgumentException || failure instanceof TableException) {
            return failure;
        }
        if (requests.isClosed()) {
            return new TableException("the table is closed", failure);
        }
        return failure instanceof RuntimeException
                        && Failure.of(failure) == Failure.PERMANENT
                        && !(failure instanceof SdkException)
                ? failure
                : Failure.exception(failure, false);
    }
}
