package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Optional;

/** Settings of the time series. */
@ConfigMapping(prefix = "hearth.series")
public interface SeriesConfig {
    /** Whether windows that have ended are sealed into compressed chunks in the background. */
    @WithDefault("on")
    boolean seal();

    /**
     * How long after the end of a window it is sealed; readings that come later are merged in. Negative, for trials, seals a
     * window before it has ended.
     */
    @WithDefault("1h")
    @Within(min = "PT-24H", max = "366d")
    Duration sealAfter();

    /** How often windows to seal are looked for. */
    @WithDefault("1m")
    @Within(min = "10ms", max = "1d")
    Duration sealInterval();

    /** The most of one core that sealing in the background may take, above 0 and at most 1. */
    @WithDefault("0.15")
    @DecimalMin(value = "0", inclusive = false)
    @DecimalMax("1")
    double sealShare();

    /** Which aggregates are kept beside the readings, and for how long: {@code 1h for 2y, 1d for 10y}. */
    Optional<String> rollups();

    /** Whose calendar and clock the hours, days and months of rollups follow. */
    @WithDefault("UTC")
    ZoneId rollupZone();
}
