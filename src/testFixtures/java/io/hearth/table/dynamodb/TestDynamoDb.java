package io.hearth.table.dynamodb;

import io.hearth.table.dynamodb.DynamoDbSettings.Creation;
import io.hearth.table.dynamodb.DynamoDbSettings.Location;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.opentest4j.TestAbortedException;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClientBuilder;

/**
 * The DynamoDB API that the tests of this JVM use: a {@link DynamoDbStandIn}, or with {@code HEARTH_TEST_DYNAMODB=aws} the real
 * one, in the account and region that the environment names. There the tables of the tests are deleted when the JVM ends, and
 * tests that need what only the stand-in can do are left out.
 */
public final class TestDynamoDb {
    private static final boolean ON_AWS = "aws".equals(System.getenv("HEARTH_TEST_DYNAMODB"));

    private static @Nullable TestDynamoDb running;

    private final @Nullable Dynalite dynalite;
    private final @Nullable DynamoDbStandIn standIn;
    private final String run = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
    private final SdkAsyncHttpClient http = NettyNioAsyncHttpClient.create();
    private final AtomicInteger tables = new AtomicInteger();
    private final Queue<Location> named = new ConcurrentLinkedQueue<>();

    /** The running one; starts it if it is the first time. */
    public static synchronized TestDynamoDb get() {
        TestDynamoDb instance = running;
        if (instance == null) {
            instance = new TestDynamoDb();
            running = instance;
        }
        return instance;
    }

    private TestDynamoDb() {
        if (ON_AWS) {
            dynalite = null;
            standIn = null;
            Runtime.getRuntime().addShutdownHook(new Thread(this::deleteTables));
            return;
        }
        // For the SDK's chain of credentials, which the engine uses; the stand-in takes any.
        System.setProperty("aws.accessKeyId", "test");
        System.setProperty("aws.secretAccessKey", "test");
        try {
            dynalite = new Dynalite();
            standIn = new DynamoDbStandIn(dynalite.endpoint());
        } catch (IOException e) {
            throw new IllegalStateException("the stand-in for DynamoDB does not start", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void deleteTables() {
        for (Location location : named) {
            try (DynamoDbAsyncClient client = client()) {
                client.deleteTable(request -> request.tableName(location.table()))
                        .join();
            } catch (RuntimeException e) {
                System.err.println("The table " + location.table() + " is not deleted: " + e.getMessage());
            }
        }
    }

    static boolean isAws() {
        return ON_AWS;
    }

    private DynamoDbStandIn standIn() {
        if (standIn == null) {
            throw new TestAbortedException("only the stand-in for DynamoDB can do what this test needs");
        }
        return standIn;
    }

    /** Where the stand-in listens. */
    public URI endpoint() {
        return standIn().endpoint();
    }

    /** A place for a table of a test. */
    public Location newLocation() {
        Location location = new Location(null, "hearth-test-" + run + "-" + tables.incrementAndGet());
        named.add(location);
        return location;
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
        new TableSetup(client(), location.table()).createTable(Creation.ON_DEMAND);
        return location;
    }

    /** The settings with which a service in a process of its own keeps its data in a table of its own here. */
    public Map<String, String> environment() {
        return environment(endpoint());
    }

    /** The same, by way of {@code proxy}. */
    public Map<String, String> environment(URI proxy) {
        return Map.of(
                "HEARTH_TABLE_ENGINE", "dynamodb",
                "HEARTH_DYNAMODB_ENDPOINT", proxy.toString(),
                "HEARTH_DYNAMODB_TABLE", newLocation().table(),
                "HEARTH_DYNAMODB_CREATE", "true",
                "AWS_ACCESS_KEY_ID", "test",
                "AWS_SECRET_ACCESS_KEY", "test");
    }

    /** With time for a machine that is busy. */
    DynamoDbSettings settings(Location location) {
        return new DynamoDbSettings(
                standIn == null ? null : standIn.endpoint(),
                location,
                null,
                Duration.ofSeconds(20),
                Duration.ofSeconds(60),
                64 << 20,
                16);
    }

    DynamoDbAsyncClient client() {
        DynamoDbAsyncClientBuilder builder = DynamoDbAsyncClient.builder().httpClient(http);
        if (standIn != null) {
            builder.endpointOverride(standIn.endpoint()).region(Region.US_EAST_1);
        }
        return builder.build();
    }

    /** The stream of a table, to make happen what DynamoDB does in the course of hours. */
    public StandInStream stream(DynamoDbTable table) {
        return stream(table.settings().location());
    }

    StandInStream stream(Location location) {
        return standIn().stream(location.table());
    }

    /** Removes what has expired at {@code now} by the table's time to live, which must be on. */
    void removeExpired(Location location, Instant now) throws IOException, InterruptedException {
        standIn().removeExpired(location.table(), now);
    }
}
