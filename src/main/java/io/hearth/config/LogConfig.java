package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

/** Settings of the log. */
@ConfigMapping(prefix = "hearth.log")
public interface LogConfig {
    /** Whether each event is a line of JSON instead of text. {@code application.properties} hands it on to Quarkus. */
    @WithDefault("false")
    boolean json();
}
