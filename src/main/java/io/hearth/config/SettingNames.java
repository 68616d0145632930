package io.hearth.config;

import io.smallrye.config.ConfigMappingInterface.Property;
import io.smallrye.config.ConfigMappings;
import io.smallrye.config.ConfigMappings.ConfigClass;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The names of all settings, and what an environment variable with a name like theirs means. */
public final class SettingNames {
    private static final String PREFIX = "HEARTH_";

    /** All interfaces of this package that declare settings. */
    static final List<Class<?>> MAPPINGS = List.of(
            BackupConfig.class,
            DynamoDbConfig.class,
            HearthConfig.class,
            ImportConfig.class,
            IngestConfig.class,
            LimitsConfig.class,
            LineProtocolConfig.class,
            LogConfig.class,
            MqttConfig.class,
            SeriesConfig.class,
            ShadowConfig.class,
            StreamConfig.class,
            SyncConfig.class,
            TableConfig.class);

    /** Read by programs beside the service: the simulator and the launcher. */
    private static final Set<String> OF_OTHER_PROGRAMS =
            Set.of("HEARTH_URL", "HEARTH_RESTART", "HEARTH_JAVA_OPTS", "HEARTH_MEMORY");

    /**
     * What Kubernetes sets for a Service whose name begins with {@code hearth}.
     *
     * @see <a href="https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables">Kubernetes</a>
     */
    private static final Pattern OF_KUBERNETES = Pattern.compile("HEARTH_.*(_SERVICE_HOST|_SERVICE_PORT|_PORT_\\d+_).*"
            + "|HEARTH_(SERVICE_HOST|SERVICE_PORT|PORT_\\d+_).*");

    private SettingNames() {}

    /** Every setting: its property name with its default, null if it has none. */
    static Map<String, @Nullable String> defaults() {
        Map<String, @Nullable String> defaults = new TreeMap<>();
        for (Class<?> mapping : MAPPINGS) {
            Map<String, Property> properties = ConfigMappings.getProperties(ConfigClass.configClass(mapping));
            properties.forEach((name, property) -> {
                if (!property.isGroup()) {
                    String setting = name.replace("[*]", ""); // a list
                    defaults.put(setting, property.hasDefaultValue() ? property.getDefaultValue() : null);
                }
            });
        }
        return defaults;
    }

    /** The environment variable that sets a property. */
    public static String variableOf(String property) {
        return property.replaceAll("[^a-zA-Z0-9]", "_").toUpperCase(Locale.ROOT);
    }

    /**
     * Refuses variables that look like a setting and are none: a misspelt setting must not pass for one that is in force.
     *
     * @throws StartupRefusedException names the first of them and the setting that is nearest to it
     */
    public static void refuseUnknown(Map<String, String> environment) {
        Set<String> known = new TreeSet<>();
        defaults().keySet().forEach(property -> known.add(variableOf(property)));
        environment.keySet().stream()
                .filter(name -> name.startsWith(PREFIX) && !known.contains(name) && !OF_OTHER_PROGRAMS.contains(name))
                .filter(name -> !isOfKubernetes(name, environment.getOrDefault(name, "")))
                .sorted()
                .findFirst()
                .ifPresent(name -> {
                    throw new StartupRefusedException(
                            name + " is no setting"
                                    + nearest(name, known)
                                            .map(near -> "; did you mean " + near + "?")
                                            .orElse(""),
                            null);
                });
    }

    /** Whether Kubernetes made a variable for a Service, so that it is no setting although it may have the name of one. */
    static boolean isOfKubernetes(String variable, String value) {
        return OF_KUBERNETES.matcher(variable).matches() || variable.endsWith("_PORT") && isAddressOfService(value);
    }

    /** Whether a value is what Kubernetes puts into the variable that ends with {@code _PORT}. */
    static boolean isAddressOfService(String value) {
        return value.startsWith("tcp://") || value.startsWith("udp://");
    }

    /** The known name with the fewest changed letters, if it is near enough to be meant. */
    static Optional<String> nearest(String name, Set<String> known) {
        return known.stream()
                .min(Comparator.comparingInt(candidate -> editDistance(name, candidate)))
                .filter(candidate -> editDistance(name, candidate) <= Math.max(2, name.length() / 4));
    }

    /** How many letters have to be inserted, removed or replaced to make one word of another (Levenshtein, 1966). */
    private static int editDistance(String one, String other) {
        int[] previous = new int[other.length() + 1];
        for (int j = 0; j <= other.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= one.length(); i++) {
            int[] current = new int[other.length() + 1];
            current[0] = i;
            for (int j = 1; j <= other.length(); j++) {
                int replaced = previous[j - 1] + (one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, Math.min(previous[j], current[j - 1]) + 1);
            }
            previous = current;
        }
        return previous[other.length()];
    }
}
