package io.hearth.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of device shadows. */
@ConfigMapping(prefix = "hearth.shadow")
public interface ShadowConfig {
    /** What the topics of shadows begin with. */
    @WithDefault("$aws/things")
    String topicPrefix();

    /** How many requests of one thing may be in flight before more are refused. */
    @WithDefault("10")
    @Within(min = "1", max = "10000")
    int maxInFlight();

    /** The most that desired and reported of a shadow may have together, as compact JSON; at most 30K. */
    @WithDefault("8K")
    @Within(min = "1", max = "30K")
    MemorySize maxState();

    /** How many objects and arrays may be nested in a section, its own object included. */
    @WithDefault("6")
    @Within(min = "1", max = "32")
    int maxLevels();

    /** How long the version of a deleted shadow, and that a field was removed, is remembered. */
    @WithDefault("48h")
    @Within(min = "1s", max = "36500d")
    Duration keptAfterDelete();

    /** How long changes are kept in the history; {@code 0s} for not at all, which saves a write per update. */
    @WithDefault("7d")
    @Within(min = "1s", max = "36500d", orZero = true)
    Duration historyRetention();
}
