package io.hearth.config;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Settings of imports. */
@ConfigMapping(prefix = "hearth.import")
public interface ImportConfig {
    /** The largest Parquet file: it is kept in the data directory while it is imported. */
    @WithDefault("1G")
    @Within(min = "1K", max = "1T")
    MemorySize maxFile();

    /** How many Parquet files are imported at a time; more are refused, to be sent again. */
    @WithDefault("2")
    @Within(min = "1", max = "1000")
    int maxFiles();
}
