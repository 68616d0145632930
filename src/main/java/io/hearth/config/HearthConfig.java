package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Settings that concern the service as a whole. */
@ConfigMapping(prefix = "hearth")
public interface HearthConfig {
    /** Everything the service keeps on disk. */
    @WithDefault("./data")
    Path dataDir();

    /** This region's id: 1 to 32 of {@code a-z A-Z 0-9 _ -}. Stored with every write, so do not change it later. */
    @WithDefault("local")
    String region();

    /** How long a reading is kept, by its device time. */
    @WithDefault("30d")
    Duration retention();

    /** Whether callers must show credentials. {@code off} is accepted only while every listener is bound to loopback. */
    @WithDefault("on")
    boolean auth();

    /** Presets the first admin token; without it one is made. */
    Optional<String> adminToken();

    /** Presets the password that all devices share; without it one is made. */
    Optional<String> devicePassword();
}
