package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Settings of backups, which the embedded engine can make. */
@ConfigMapping(prefix = "hearth.backup")
public interface BackupConfig {
    /** Where backups and the log that follows them are kept, best on another disk; without it there are none. */
    Optional<Path> dir();

    /** How often a backup is made; {@code 0} only makes one when asked, or when the log needs a new beginning. */
    @WithDefault("24h")
    @Within(min = "1s", max = "36500d", orZero = true)
    Duration interval();

    /** How often the log follows: what a lost disk can cost. */
    @WithDefault("5s")
    @Within(min = "100ms", max = "1h")
    Duration logInterval();

    /** How far back any instant can be recovered; what only older ones need is removed. */
    @WithDefault("7d")
    @Within(min = "1s", max = "36500d")
    Duration window();
}
