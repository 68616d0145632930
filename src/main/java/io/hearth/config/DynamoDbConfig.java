package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Settings of the table on the DynamoDB API. Credentials come from where the AWS SDK looks for them. */
@ConfigMapping(prefix = "hearth.dynamodb")
public interface DynamoDbConfig {
    /** Where the API is, for anything but Amazon DynamoDB: {@code http://alternator:8000}. */
    Optional<URI> endpoint();

    /** The AWS region, such as {@code eu-central-1}; without it the one that the AWS environment names. */
    Optional<String> region();

    /** The table's name. */
    @WithDefault("hearth")
    String table();

    /**
     * Whether to create the table if it is absent, with its index, stream and time to live; and to switch on the latter two
     * if the table is there without them.
     */
    @WithDefault("false")
    boolean create();

    /** Read units a second of a table that is created; none, as of write units, for capacity on demand. */
    Optional<@Within(min = "1", max = "1000000000") Long> readUnits();

    /** Write units a second of a table that is created; none, as of read units, for capacity on demand. */
    Optional<@Within(min = "1", max = "1000000000") Long> writeUnits();

    /** How long one request may take; what is not answered by then is sent again. */
    @WithDefault("3s")
    @Within(min = "10ms", max = "5m")
    Duration requestTimeout();

    /** How long an operation is tried before it fails; ingest then begins again, and REST answers 503. */
    @WithDefault("10s")
    @Within(min = "10ms", max = "1h")
    Duration deadline();

    /** How many requests may be under way at once, reads and writes each. */
    @WithDefault("48")
    @Within(min = "1", max = "10000")
    int maxConnections();
}
