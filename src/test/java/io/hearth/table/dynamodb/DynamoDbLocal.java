package io.hearth.table.dynamodb;

import io.hearth.table.dynamodb.DynamoDbSettings.Creation;
import io.hearth.table.dynamodb.DynamoDbSettings.Location;
import java.lang.reflect.Field;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.server.NetworkConnector;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.handler.ContextHandler;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;
import software.amazon.dynamodb.services.local.shared.access.AmazonDynamoDBLocal;

/** DynamoDB Local in this JVM, in memory, on a free port of loopback; one for all tests, as it takes seconds to start. */
public final class DynamoDbLocal {
    private static @Nullable DynamoDbLocal running;

    private final LocalDynamoDBRequestHandler requests;
    private final URI endpoint;
    private final SdkAsyncHttpClient http = NettyNioAsyncHttpClient.create();
    private final AtomicInteger tables = new AtomicInteger();

    /** The running one; starts it if it is the first time. */
    public static synchronized DynamoDbLocal get() {
        DynamoDbLocal local = running;
        if (local == null) {
            local = new DynamoDbLocal();
            running = local;
        }
        return local;
    }

    private DynamoDbLocal() {
        // For the SDK's chain of credentials, which the engine uses; DynamoDB Local takes any.
        System.setProperty("aws.accessKeyId", "local");
        System.setProperty("aws.secretAccessKey", "local");
        if (System.getProperty("sqlite4java.library.path") == null) {
            System.setProperty("sqlite4java.library.path", "target/dynamodb-local"); // a benchmark, not the build
        }
        try {
            requests = new LocalDynamoDBRequestHandler(0, true, null, false, false);
            // Its own server would listen on all interfaces.
            Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
            server.setHandler(new ContextHandler(new LocalDynamoDBServerHandler(requests, null), "/"));
            server.start();
            int port = ((NetworkConnector) server.getConnectors()[0]).getLocalPort();
            endpoint = URI.create("http://127.0.0.1:" + port);
        } catch (Exception e) {
            throw new IllegalStateException("DynamoDB Local does not start", e);
        }
    }

    public URI endpoint() {
        return endpoint;
    }

    /** A place for a table of a test. Each is in a database of its own: one of all tests becomes slow with their streams. */
    public Location newLocation() {
        return new Location("test-" + tables.incrementAndGet(), "hearth");
    }

    /**
     * An empty table that goes by {@code clock}. It has no time to live, which would go by the clock of the machine and
     * remove what has not expired by that of the test.
     */
    public DynamoDbTable open(InstantSource clock) {
        return open(clock, RequestListener.NONE);
    }

    /** The same, telling {@code listener} of its requests. */
    public DynamoDbTable open(InstantSource clock, RequestListener listener) {
        return DynamoDbTable.open(settings(newTable()), clock, listener);
    }

    /** How long requests and operations may take, and how much may be under way. */
    public record Limits(Duration requestTimeout, Duration deadline, long maxPendingBytes) {}

    /** The same, by way of {@code proxy}. */
    public DynamoDbTable open(InstantSource clock, URI proxy, Limits limits) {
        DynamoDbSettings settings = new DynamoDbSettings(
                proxy, newTable(), null, limits.requestTimeout, limits.deadline, limits.maxPendingBytes, 16);
        return DynamoDbTable.open(settings, clock, RequestListener.NONE);
    }

    private Location newTable() {
        Location location = newLocation();
        new TableSetup(client(location), location.table()).createTable(Creation.ON_DEMAND);
        return location;
    }

    /** The settings with which a service in a process of its own keeps its data in a table of its own here. */
    public Map<String, String> environment() {
        return environment(endpoint);
    }

    /** The same, by way of {@code proxy}. */
    public Map<String, String> environment(URI proxy) {
        return Map.of(
                "HEARTH_TABLE_ENGINE", "dynamodb",
                "HEARTH_DYNAMODB_ENDPOINT", proxy.toString(),
                "HEARTH_DYNAMODB_REGION", String.valueOf(newLocation().region()),
                "HEARTH_DYNAMODB_CREATE", "true",
                "AWS_ACCESS_KEY_ID", "local",
                "AWS_SECRET_ACCESS_KEY", "local");
    }

    /** With time for a machine that is busy. */
    DynamoDbSettings settings(Location location) {
        return new DynamoDbSettings(
                endpoint, location, null, Duration.ofSeconds(20), Duration.ofSeconds(60), 64 << 20, 16);
    }

    DynamoDbAsyncClient client(Location location) {
        return DynamoDbAsyncClient.builder()
                .endpointOverride(endpoint)
                .region(Region.of(String.valueOf(location.region())))
                .httpClient(http)
                .build();
    }

    /** Ends every shard of every stream and begins a new one, as DynamoDB does every few hours. */
    public void rollShards() {
        try {
            Field handlers = LocalDynamoDBRequestHandler.class.getDeclaredField("dbRequestHandlers");
            handlers.setAccessible(true);
            for (Object handler : ((Map<?, ?>) handlers.get(requests)).values()) {
                ((AmazonDynamoDBLocal) handler).triggerShardRollovers();
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("DynamoDB Local has no such control any more", e);
        }
    }
}
