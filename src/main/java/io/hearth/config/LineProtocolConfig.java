package io.hearth.config;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.util.List;

/** Settings of the InfluxDB line protocol. */
@ConfigMapping(prefix = "hearth.line-protocol")
public interface LineProtocolConfig {
    /** What a metric is called. */
    enum Metric {
        /** By its field: {@code temperature}. */
        FIELD,
        /** By measurement and field, for devices that send one field name in several measurements: {@code cpu.usage_idle}. */
        MEASUREMENT_FIELD
    }

    /** The tags that may name the device; of several on a line the first of this list counts. */
    @WithDefault("device_id,device")
    List<String> deviceTags();

    /** How metrics are named, unless the request says so itself. */
    @WithDefault("field")
    Metric metric();
}
