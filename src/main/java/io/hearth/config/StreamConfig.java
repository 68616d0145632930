package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Min;
import java.time.Duration;

/** Settings of the live stream. */
@ConfigMapping(prefix = "hearth.stream")
public interface StreamConfig {
    /** How often the table is asked for changes while somebody follows the stream and nothing happens. */
    @WithDefault("20ms")
    Duration pollInterval();

    /** A sign of life is sent after this long without an event, so that proxies and clients keep the connection. */
    @WithDefault("15s")
    Duration heartbeat();

    /** How many clients may follow the stream at a time. */
    @WithDefault("1000")
    @Min(1)
    int maxClients();
}
