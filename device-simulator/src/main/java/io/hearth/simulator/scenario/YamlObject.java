package io.hearth.simulator.scenario;

import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** A YAML mapping, read field by field. Everything that is wrong with it is told with file, line, column and path. */
final class YamlObject {

    private static final Pattern DURATION = Pattern.compile("(-?)(\\d{1,9}(?:\\.\\d{1,3})?)(ms|s|m|h|d)");
    private static final Pattern SHARE = Pattern.compile("(\\d{1,3}(?:\\.\\d{1,6})?)\\s*(%?)");

    private final String file;
    private final String path;
    private final Node node;
    private final Map<String, Node> fields = new LinkedHashMap<>();
    private final TreeSet<String> known = new TreeSet<>();

    YamlObject(String file, String path, Node node) throws ScenarioException {
        this.file = file;
        this.path = path;
        this.node = node;
        if (!(node instanceof MappingNode mapping)) {
            throw error(node, "", "a mapping of keys to values is wanted here");
        }
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw error(tuple.getKeyNode(), "", "a key must be plain text");
            }
            if (fields.put(key.getValue(), tuple.getValueNode()) != null) {
                throw error(key, key.getValue(), "is there twice");
            }
        }
    }

    /** The keys that are there, for mappings whose keys are data. */
    List<String> keys() {
        known.addAll(fields.keySet());
        return List.copyOf(fields.keySet());
    }

    boolean has(String key) {
        known.add(key);
        return fields.containsKey(key);
    }

    private @Nullable Node find(String key) {
        known.add(key);
        return fields.get(key);
    }

    /** Call when all fields are read: what nobody asked for is a mistake. */
    void end() throws ScenarioException {
        for (Map.Entry<String, Node> field : fields.entrySet()) {
            if (!known.contains(field.getKey())) {
                throw error(field.getValue(), field.getKey(), "is no key known here; known are " + known);
            }
        }
    }

    ScenarioException error(String key, String problem) {
        Node at = fields.get(key);
        return error(at == null ? node : at, key, problem);
    }

    private ScenarioException error(Node at, String key, String problem) {
        String where = at.getStartMark()
                .map(mark -> ":" + (mark.getLine() + 1) + ":" + (mark.getColumn() + 1))
                .orElse("");
        String field = path.isEmpty() ? key : key.isEmpty() ? path : path + "." + key;
        return new ScenarioException(file + where + ": " + (field.isEmpty() ? "" : field + ": ") + problem);
    }

    String text(String key) throws ScenarioException {
        String value = text(key, null);
        if (value == null) {
            throw error(key, "is missing");
        }
        return value;
    }

    @Nullable
    String text(String key, @Nullable String otherwise) throws ScenarioException {
        Node value = find(key);
        if (value == null) {
            return otherwise;
        }
        if (value instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw error(value, key, "one value is wanted here");
    }

    List<String> texts(String key) throws ScenarioException {
        Node value = find(key);
        if (value == null) {
            return List.of();
        }
        if (value instanceof ScalarNode scalar) {
            return List.of(scalar.getValue());
        }
        if (!(value instanceof SequenceNode sequence)) {
            throw error(value, key, "a list of values is wanted here");
        }
        List<String> texts = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            if (!(item instanceof ScalarNode scalar)) {
                throw error(item, key, "a list of values is wanted here");
            }
            texts.add(scalar.getValue());
        }
        return texts;
    }

    boolean flag(String key, boolean otherwise) throws ScenarioException {
        String value = text(key, null);
        if (value == null) {
            return otherwise;
        }
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw error(key, "'" + value + "' is neither true nor false");
        };
    }

    long number(String key, long otherwise, long least, long most) throws ScenarioException {
        String value = text(key, null);
        if (value == null) {
            return otherwise;
        }
        try {
            long number = Long.parseLong(value);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Reported below, with what is allowed.
        }
        throw error(key, "'" + value + "' is not a whole number from " + least + " to " + most);
    }

    int requiredCount(String key, int most) throws ScenarioException {
        text(key);
        return (int) number(key, 0, 1, most);
    }

    double decimal(String key) throws ScenarioException {
        return decimal(key, text(key));
    }

    private double decimal(String key, String value) throws ScenarioException {
        try {
            double number = Double.parseDouble(value.strip());
            if (number >= 0 && number <= 1e7) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Reported below, with what is allowed.
        }
        throw error(key, "'" + value + "' is not a number from 0 to 10000000");
    }

    /** {@code 5} or {@code 0.2..1}: at the start and at the end. */
    double[] range(String key) throws ScenarioException {
        String value = text(key);
        int dots = value.indexOf("..");
        return dots < 0
                ? new double[] {decimal(key, value), decimal(key, value)}
                : new double[] {decimal(key, value.substring(0, dots)), decimal(key, value.substring(dots + 2))};
    }

    /** {@code 5%} or {@code 0.05}. */
    double share(String key, double otherwise) throws ScenarioException {
        String value = text(key, null);
        if (value == null) {
            return otherwise;
        }
        Matcher matcher = SHARE.matcher(value);
        if (matcher.matches()) {
            double share =
                    Double.parseDouble(matcher.group(1)) / (matcher.group(2).isEmpty() ? 1 : 100);
            if (share <= 1) {
                return share;
            }
        }
        throw error(key, "'" + value + "' is not a share like 5% or 0.05");
    }

    Duration duration(String key) throws ScenarioException {
        Duration value = duration(key, null);
        if (value == null) {
            throw error(key, "is missing");
        }
        return value;
    }

    @Nullable
    Duration duration(String key, @Nullable Duration otherwise) throws ScenarioException {
        Duration value = signedDuration(key, otherwise);
        if (value != null && value.isNegative()) {
            throw error(key, "must not be below 0");
        }
        return value;
    }

    /** Above 0. */
    Duration positiveDuration(String key) throws ScenarioException {
        Duration value = duration(key);
        if (value.isZero()) {
            throw error(key, "must be above 0");
        }
        return value;
    }

    @Nullable
    Duration signedDuration(String key, @Nullable Duration otherwise) throws ScenarioException {
        String value = text(key, null);
        if (value == null) {
            return otherwise;
        }
        Matcher matcher = DURATION.matcher(value);
        if (!matcher.matches()) {
            throw error(key, "'" + value + "' is not a duration like 500ms, 10s, 5m, 2h or 1d");
        }
        long unitNanos = switch (matcher.group(3)) {
            case "ms" -> 1_000_000L;
            case "s" -> 1_000_000_000L;
            case "m" -> 60_000_000_000L;
            case "h" -> 3_600_000_000_000L;
            default -> 86_400_000_000_000L;
        };
        double nanos = Double.parseDouble(matcher.group(2)) * unitNanos;
        if (nanos > Long.MAX_VALUE / 4.0) {
            throw error(key, "'" + value + "' is longer than a run can be");
        }
        return Duration.ofNanos(matcher.group(1).isEmpty() ? (long) nanos : -(long) nanos);
    }

    /** {@code 07:30}, as an hour with a fraction. */
    double hourOfDay(String key, String value) throws ScenarioException {
        try {
            return LocalTime.parse(value).toSecondOfDay() / 3_600.0;
        } catch (DateTimeParseException e) {
            throw error(key, "'" + value + "' is not a time of the day like 07:30");
        }
    }

    <E extends Enum<E>> E choice(String key, String value, Class<E> type) throws ScenarioException {
        List<String> names = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            String name = constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
            if (name.equals(value)) {
                return constant;
            }
            names.add(name);
        }
        throw error(key, "'" + value + "' is none of " + String.join(", ", names));
    }

    @Nullable
    YamlObject object(String key) throws ScenarioException {
        Node value = find(key);
        return value == null ? null : new YamlObject(file, path.isEmpty() ? key : path + "." + key, value);
    }

    /** The mappings of a list; none if the key is missing. */
    List<YamlObject> objects(String key) throws ScenarioException {
        Node value = find(key);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof SequenceNode sequence)) {
            throw error(value, key, "a list is wanted here");
        }
        List<YamlObject> objects = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            String of = key + "[" + objects.size() + "]";
            objects.add(new YamlObject(file, path.isEmpty() ? of : path + "." + of, item));
        }
        return objects;
    }
}
