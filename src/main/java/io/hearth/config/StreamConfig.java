package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.time.Duration;

/** Settings of the live stream. */
@ConfigMapping(prefix = "hearth.stream")
public interface StreamConfig {
    /** How often the table is asked for changes while somebody follows the stream and nothing happens. */
    @WithDefault("20ms")
    @Within(min = "1ms", max = "10s")
    Duration pollInterval();

    /** A sign of life is sent after this long without an event, so that proxies and clients keep the connection. */
    @WithDefault("15s")
    @Within(min = "100ms", max = "1h")
    Duration heartbeat();

    /** How many clients may follow the stream at a time. */
    @WithDefault("1000")
    @Within(min = "1", max = "1000000")
    int maxClients();
}
