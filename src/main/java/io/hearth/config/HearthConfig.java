package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.Pattern;
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
    @Pattern(regexp = "[a-zA-Z0-9_-]{1,32}", message = "must be 1 to 32 of a-z A-Z 0-9 _ -")
    String region();

    /** How long a reading is kept, by its device time; {@code 0} for ever. */
    @WithDefault("30d")
    @Within(min = "1s", max = "36500d", orZero = true)
    Duration retention();

    /** Whether callers must show credentials. {@code off} is accepted only while every listener is bound to loopback. */
    @WithDefault("on")
    boolean auth();

    /** Presets the first admin token; without it one is made. */
    Optional<String> adminToken();

    /** Presets the password that all devices share; without it one is made. */
    Optional<String> devicePassword();
}
