package io.hearth.config;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import org.jspecify.annotations.Nullable;

/**
 * Takes the address of a Kubernetes Service for what it is. For a Service {@code hearth-mqtt} Kubernetes sets {@code
 * HEARTH_MQTT_PORT=tcp://10.0.0.1:1883} in every pod, which has the name of a setting: it then counts as unset, and the default
 * holds. Found by the library through {@code META-INF/services}.
 */
public final class ServiceAddressInterceptor implements ConfigSourceInterceptor {
    private static final long serialVersionUID = 1L;

    @Override
    public @Nullable ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
        ConfigValue found = context.proceed(name);
        if (found == null
                || found.getValue() == null
                || !name.startsWith("hearth.")
                || !name.endsWith(".port")
                || !SettingNames.isAddressOfService(found.getValue())) {
            return found;
        }
        return found.withValue(SettingNames.defaults().get(name));
    }
}
