package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Settings of global sync. */
@ConfigMapping(prefix = "hearth.sync")
public interface SyncConfig {
    /** Peers from the start, each {@code region=url}. */
    Optional<List<String>> peers();

    /** What peers let this region in with, each {@code region=token}. */
    Optional<List<String>> peerTokens();

    /** What this region lets peers in with, to read only what sync needs; without, only its admin token does. */
    Optional<String> token();

    /** Whether peers pass on what other regions wrote: on for the spokes of a hub, off where all know each other. */
    @WithDefault("false")
    boolean relay();

    /** Certificates (PEM) that peers may show. */
    Optional<Path> trustFile();

    /** How far the clock of another region may be ahead of the one here before nothing is taken in from it. */
    @WithDefault("1m")
    @Within(min = "1s", max = "366d")
    Duration maxClockAhead();

    /** About how many records are asked for at a time. */
    @WithDefault("8192")
    @Within(min = "1", max = "20000")
    int pageRecords();

    /** How often all that has ended is compared with each peer's; zero for never. */
    @WithDefault("24h")
    @Within(min = "1s", max = "366d", orZero = true)
    Duration verifyInterval();

    /** How many may wait for changes at a time. */
    @WithDefault("1000")
    @Within(min = "1", max = "1000000")
    int maxWaiting();
}
