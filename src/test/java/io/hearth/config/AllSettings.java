package io.hearth.config;

import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidator;
import jakarta.validation.Validation;
import jakarta.validation.Validator;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** Every setting that the interfaces of this room have, found by reflection. */
public final class AllSettings {
    private static final Validator VALIDATOR =
            Validation.buildDefaultValidatorFactory().getValidator();

    private AllSettings() {}

    /** The configuration that a file with these properties, and nothing else, makes. */
    public static SmallRyeConfig config(Map<String, String> properties) {
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                .withConverter(Duration.class, 200, new DurationConverter())
                .withSources(new PropertiesConfigSource(properties, "properties of a test", 100));
        mappings().forEach(builder::withMapping);
        return builder.build();
    }

    /**
     * The configuration that these environment variables, and nothing else, make.
     *
     * @throws StartupRefusedException, or what the library throws, where they would stop the start
     */
    public static SmallRyeConfig ofEnvironment(Map<String, String> variables) {
        SettingNames.refuseUnknown(variables);
        SmallRyeConfigBuilder builder = new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .addDiscoveredInterceptors()
                .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                .withConverter(Duration.class, 200, new DurationConverter())
                .withSources(new EnvConfigSource(variables, 300))
                .withValidator((BeanValidationConfigValidator) () -> VALIDATOR);
        mappings().forEach(builder::withMapping);
        return builder.build();
    }

    /** The value of every setting, by its key. */
    public static Map<String, Object> values(SmallRyeConfig config) {
        Map<String, Object> values = new TreeMap<>();
        for (Class<?> mapping : mappings()) {
            collect(mapping, config.getConfigMapping(mapping), prefix(mapping), values);
        }
        return values;
    }

    /** The key of every setting, by the method that asks for it: {@code io.hearth.config.MqttConfig$Tls.enabled}. */
    public static Map<String, String> keys() {
        Map<String, String> keys = new TreeMap<>();
        for (Class<?> mapping : mappings()) {
            visit(
                    mapping,
                    prefix(mapping),
                    (method, key) -> keys.put(method.getDeclaringClass().getName() + "." + method.getName(), key));
        }
        return keys;
    }

    private static void collect(Class<?> type, Object config, String prefix, Map<String, Object> target) {
        for (Method method : type.getDeclaredMethods()) {
            try {
                Object value = method.invoke(config);
                if (isGroup(method)) {
                    collect(method.getReturnType(), value, key(prefix, method), target);
                } else {
                    target.put(key(prefix, method), value);
                }
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void visit(Class<?> type, String prefix, BiConsumer<Method, String> visitor) {
        for (Method method : type.getDeclaredMethods()) {
            if (isGroup(method)) {
                visit(method.getReturnType(), key(prefix, method), visitor);
            } else {
                visitor.accept(method, key(prefix, method));
            }
        }
    }

    private static boolean isGroup(Method method) {
        Class<?> type = method.getReturnType();
        return type.isInterface() && type.getEnclosingClass() == method.getDeclaringClass();
    }

    private static String key(String prefix, Method method) {
        return prefix + '.' + method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static String prefix(Class<?> mapping) {
        return mapping.getAnnotation(ConfigMapping.class).prefix();
    }

    private static List<Class<?>> mappings() {
        List<Class<?>> mappings = new ArrayList<>();
        try {
            Path room = Path.of(Objects.requireNonNull(HearthConfig.class.getResource("HearthConfig.class"))
                            .toURI())
                    .getParent();
            try (Stream<Path> files = Files.list(room)) {
                for (Path file : files.sorted().toList()) {
                    String name = file.getFileName().toString().replace(".class", "");
                    Class<?> type = Class.forName(HearthConfig.class.getPackageName() + "." + name);
                    if (type.isAnnotationPresent(ConfigMapping.class)) {
                        mappings.add(type);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException | ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
        return mappings;
    }
}
