package io.hearth.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the table. */
@ConfigMapping(prefix = "hearth.table")
public interface TableConfig {
    /** What keeps the data. */
    enum Engine {
        ROCKSDB,
        DYNAMODB,
        MEMORY
    }

    /** {@code rocksdb}: in the data directory; {@code dynamodb}: in a table of the DynamoDB API; {@code memory}: nowhere, for trials. */
    @WithDefault("rocksdb")
    Engine engine();

    /** Whether a commit waits for the disk. Without it a crash of the machine, not of the process, can lose what was acknowledged. */
    @WithDefault("true")
    boolean fsync();

    /** How far the change feed goes back. */
    @WithDefault("1h")
    @Within(min = "1s", max = "36500d", orZero = true)
    Duration changeRetention();

    /** How often expired items are removed from disk; they are in no answer long before. */
    @WithDefault("10m")
    @Within(min = "1s", max = "1d")
    Duration sweepInterval();

    /** Memory for blocks read from disk. */
    @WithDefault("256M")
    @Within(min = "0", max = "1T")
    MemorySize blockCache();

    /** Memory for writes that are not in sorted files yet. */
    @WithDefault("128M")
    @Within(min = "1M", max = "64G")
    MemorySize writeBuffer();

    /** How many bytes may wait for a commit before writers are refused and retry. */
    @WithDefault("64M")
    @Within(min = "1M", max = "64G")
    MemorySize maxPending();
}
