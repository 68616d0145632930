package io.hearth.table.dynamodb;

import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the table is and how it is used.
 *
 * @param endpoint null for the endpoint of Amazon DynamoDB in {@code location}
 * @param location the AWS region, such as {@code eu-central-1}, and the table's name
 * @param creation how to create the table if it is absent, and to switch on what it lacks; null leaves it as it is
 * @param requestTimeout how long one request may take; what is not answered by then is sent again
 * @param deadline how long an operation is tried before it fails, retries and waiting included; an attempt that has begun by
 *     then may take one request timeout more, and a write that waits for another one of its key fails a second one later
 * @param maxPendingBytes how many bytes of writes may be under way before writers are refused
 * @param maxConnections how many requests may be under way at once, reads and writes each
 */
public record DynamoDbSettings(
        @Nullable URI endpoint,
        Location location,
        @Nullable Creation creation,
        Duration requestTimeout,
        Duration deadline,
        long maxPendingBytes,
        int maxConnections) {
    /**
     * Where the table is.
     *
     * @param region null for the one that the environment names; with an endpoint of one's own it need not
     */
    public record Location(@Nullable String region, String table) {}

    /**
     * How a table is created.
     *
     * @param provisioned what it is given; null for capacity on demand
     */
    public record Creation(@Nullable Capacity provisioned) {
        public static final Creation ON_DEMAND = new Creation(null);
    }

    /** Capacity units a second, at least 1 each. */
    public record Capacity(long readUnits, long writeUnits) {
        public Capacity {
            if (readUnits < 1 || writeUnits < 1) {
                throw new IllegalArgumentException(readUnits + " read units, " + writeUnits + " write units");
            }
        }
    }

    public DynamoDbSettings {
        if (deadline.compareTo(requestTimeout) < 0
                || requestTimeout.toMillis() < 1
                || maxPendingBytes < 1
                || maxConnections < 1) {
            throw new IllegalArgumentException("deadline " + deadline + ", request timeout " + requestTimeout + ", "
                    + maxPendingBytes + " bytes, " + maxConnections + " connections");
        }
    }
}
