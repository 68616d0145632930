package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;
import java.util.Optional;

/** Settings of ingest. */
@ConfigMapping(prefix = "hearth.ingest")
public interface IngestConfig {
    /** How far a device's clock may run ahead before its readings become dead letters. */
    @WithDefault("10m")
    @Within(min = "1s", max = "366d", orZero = true)
    Duration clockAhead();

    /**
     * How long ingest waits for more readings before it commits, so that those of one device become one item; nothing is
     * acknowledged before. Without it 0 where a commit costs the same whatever is in it, 100 ms on the DynamoDB API, where
     * every item is paid for.
     */
    Optional<@Within(min = "1ms", max = "1m", orZero = true) Duration> linger();

    /** How long a reading without a time of its own is recognised when its device sends it again. */
    @WithDefault("24h")
    @Within(min = "1s", max = "36500d")
    Duration redeliveryWindow();

    /** How long a dead letter is kept. */
    @WithDefault("30d")
    @Within(min = "1s", max = "36500d")
    Duration deadLetterRetention();
}
