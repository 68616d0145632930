package io.hearth.security;

import io.hearth.config.HearthConfig;
import io.hearth.config.MqttConfig;
import io.hearth.config.SyncConfig;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/** The settings as the service reads them, with some keys set. */
record Settings(SmallRyeConfig config) {
    static Settings of(Map<String, String> keys) {
        return new Settings(new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withConverter(io.quarkus.runtime.configuration.MemorySize.class, 200, new MemorySizeConverter())
                .withMapping(HearthConfig.class)
                .withMapping(MqttConfig.class)
                .withMapping(SyncConfig.class)
                .withSources(new PropertiesConfigSource(keys, "test", 100))
                .withValidateUnknown(false)
                .build());
    }

    HearthConfig hearth() {
        return config.getConfigMapping(HearthConfig.class);
    }

    SyncConfig sync() {
        return config.getConfigMapping(SyncConfig.class);
    }

    MqttConfig mqtt() {
        return config.getConfigMapping(MqttConfig.class);
    }
}
