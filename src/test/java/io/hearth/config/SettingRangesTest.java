package io.hearth.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.DurationConverter;
import io.quarkus.runtime.configuration.MemorySize;
import io.quarkus.runtime.configuration.MemorySizeConverter;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigValidationException;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidator;
import jakarta.validation.Validation;
import jakarta.validation.Validator;
import jakarta.validation.constraints.DecimalMax;
import jakarta.validation.constraints.DecimalMin;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds every setting to a range, and every word that a setting does not know to a refusal. */
class SettingRangesTest {
    private static final Validator VALIDATOR =
            Validation.buildDefaultValidatorFactory().getValidator();

    private static final Set<Class<?>> MEASURED =
            Set.of(int.class, Integer.class, long.class, Long.class, double.class, Duration.class, MemorySize.class);

    private static final Set<String> UNKNOWN_WORDS = Set.of("enabled", "onn", "maybe", "yess", "ja", "2", "-", "tru e");

    /**
     * A setting.
     *
     * @param type without {@code Optional}
     * @param range null if it has none
     */
    record Setting(
            Class<?> mapping,
            String name,
            Class<?> type,
            @Nullable Within range,
            Method method) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Setting> all() {
        List<Setting> all = new ArrayList<>();
        for (Class<?> mapping : SettingNames.MAPPINGS) {
            collect(mapping, mapping, mapping.getAnnotation(ConfigMapping.class).prefix(), all);
        }
        return all.stream();
    }

    static Stream<Setting> ranges() {
        return all().filter(setting -> setting.range != null);
    }

    static Stream<Setting> switches() {
        return all().filter(setting -> setting.type == boolean.class);
    }

    static Stream<Setting> choices() {
        return all().filter(setting -> setting.type.isEnum());
    }

    private static void collect(Class<?> mapping, Class<?> group, String prefix, List<Setting> target) {
        for (Method method : group.getDeclaredMethods()) {
            String name =
                    prefix + '.' + method.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
            Class<?> type = method.getReturnType();
            if (type.isInterface() && type.getEnclosingClass() == group) {
                collect(mapping, type, name, target);
                continue;
            }
            Within range = method.getAnnotation(Within.class);
            if (method.getAnnotatedReturnType() instanceof AnnotatedParameterizedType parameterized
                    && type == Optional.class) {
                var value = parameterized.getAnnotatedActualTypeArguments()[0];
                type = value.getType() instanceof Class<?> plain ? plain : Object.class;
                range = value.getAnnotation(Within.class);
            }
            target.add(new Setting(mapping, name, type, range, method));
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void measuredSetting_any_hasARange(Setting setting) {
        if (!MEASURED.contains(setting.type)) {
            assertThat(setting.range).isNull();
            return;
        }
        boolean decimal = setting.method.isAnnotationPresent(DecimalMin.class)
                && setting.method.isAnnotationPresent(DecimalMax.class);
        assertThat(setting.range != null || decimal)
                .as("%s needs a range: @Within, or @DecimalMin with @DecimalMax", setting.name)
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource("ranges")
    void range_bothEnds_areAccepted(Setting setting) {
        read(setting, range(setting).min());
        read(setting, range(setting).max());
        if (range(setting).orZero()) {
            read(setting, "0");
        }
    }

    @ParameterizedTest
    @MethodSource("ranges")
    void range_valueOutside_isRefusedByName(Setting setting) {
        Within range = range(setting);
        List<String> outside = new ArrayList<>();
        if (setting.type == Duration.class) {
            if (!range.orZero() || parse(range.min()).toMillis() > 1) {
                outside.add(parse(range.min()).minusMillis(1).toString());
            }
            outside.add(parse(range.max()).plusMillis(1).toString());
            outside.add("PT-100000H");
            if (!range.orZero() && parse(range.min()).compareTo(Duration.ZERO) > 0) {
                outside.add("0");
            }
        } else if (setting.type == MemorySize.class) {
            long min = new MemorySizeConverter().convert(range.min()).asLongValue();
            if (min > 0) {
                outside.add(String.valueOf(min - 1));
            }
            outside.add(String.valueOf(
                    new MemorySizeConverter().convert(range.max()).asLongValue() + 1));
        } else {
            outside.add(String.valueOf(Long.parseLong(range.min()) - 1));
            outside.add(String.valueOf(Long.parseLong(range.max()) + 1));
        }
        for (String value : outside) {
            assertThatThrownBy(() -> read(setting, value))
                    .as("%s=%s", setting, value)
                    .isInstanceOf(ConfigValidationException.class)
                    .hasMessageContaining(setting.name + " must be ")
                    .hasMessageContaining("from " + range.min() + " to " + range.max());
        }
    }

    @ParameterizedTest
    @MethodSource("switches")
    void yesOrNo_unknownWord_isRefused(Setting setting) {
        for (String word : UNKNOWN_WORDS) {
            assertThatThrownBy(() -> read(setting, word))
                    .as("%s=%s", setting, word)
                    .hasMessageContaining(setting.name)
                    .hasMessageContaining("on or off");
        }
    }

    @Test
    void yesOrNo_knownWords_areTakenInAnyCase() {
        StrictBooleanConverter converter = new StrictBooleanConverter();
        assertThat(List.of("on", "true", "Yes", "y", "1", " ON ", "TRUE").stream()
                        .map(converter::convert))
                .containsOnly(true);
        assertThat(List.of("off", "false", "No", "n", "0", " OFF ", "False").stream()
                        .map(converter::convert))
                .containsOnly(false);
    }

    @ParameterizedTest
    @MethodSource("choices")
    void choice_unknownWord_isRefused(Setting setting) {
        assertThatThrownBy(() -> read(setting, "nonsense")).hasMessageContaining(setting.name);
    }

    private static Within range(Setting setting) {
        return Objects.requireNonNull(setting.range);
    }

    private static Duration parse(String text) {
        return DurationConverter.parseDuration(text);
    }

    private static void read(Setting setting, String value) {
        new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withConverter(Duration.class, 200, new DurationConverter())
                .withConverter(MemorySize.class, 200, new MemorySizeConverter())
                .withSources(new PropertiesConfigSource(Map.of(setting.name, value), "test", 500))
                .withMapping(setting.mapping)
                .withValidator((BeanValidationConfigValidator) () -> VALIDATOR)
                .build();
    }
}
