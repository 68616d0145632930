package io.hearth.series.rollup;

import io.hearth.model.DeviceId;
import io.hearth.series.aggregate.Every;
import io.hearth.series.item.RollupLevel;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which aggregates are kept of which readings, and for how long. Rules are separated by semicolons, and of those whose
 * pattern fits a device and a metric the first one counts:
 *
 * <pre>
 * meter-* / energy* = 15m for 2y, 1d for 10y; * / battery = none; 1h for 2y, 1d for 10y
 * </pre>
 *
 * (without the blanks around the slash). A pattern is that of a device, or of a device and a metric; {@code *} stands for any
 * characters; without a pattern a rule is for everything. Widths are those of {@link Every}, of at least a minute; times are
 * whole days, weeks, months of 31 days, years of 366 days, or {@code ever}. What no rule fits, or one that says {@code
 * none}, is not kept. Immutable.
 */
public final class RollupRules {
    /** Keeps nothing. */
    public static final RollupRules NONE = new RollupRules("", List.of(), ZoneId.of("UTC"));

    private static final int MAX_LEVELS = 8;
    private static final long MIN_WIDTH_MICROS = 60_000_000;
    private static final long DAY_SECONDS = 86_400;
    private static final Pattern KEPT = Pattern.compile("([1-9]\\d{0,5})(d|w|mo|M|q|y)");

    private final String text;
    private final List<Rule> rules;
    private final ZoneId zone;

    private record Rule(Pattern device, Pattern metric, List<RollupLevel> levels) {}

    private RollupRules(String text, List<Rule> rules, ZoneId zone) {
        this.text = text;
        this.rules = rules;
        this.zone = zone;
    }

    /**
     * Reads rules.
     *
     * @param zone whose calendar and clock days, months and hours follow
     * @throws IllegalArgumentException says which rule is wrong, and how
     */
    public static RollupRules parse(String text, ZoneId zone) {
        List<Rule> rules = new ArrayList<>();
        for (String rule : text.split(";", -1)) {
            if (!rule.isBlank()) {
                rules.add(parseRule(rule.strip()));
            }
        }
        return rules.isEmpty() ? NONE : new RollupRules(text.strip(), rules, zone);
    }

    private static Rule parseRule(String rule) {
        String pattern = "*";
        String levels = rule;
        int equals = rule.lastIndexOf('=');
        if (equals >= 0) {
            pattern = rule.substring(0, equals).strip();
            levels = rule.substring(equals + 1).strip();
        }
        int slash = pattern.indexOf('/');
        String device = slash < 0 ? pattern : pattern.substring(0, slash);
        String metric = slash < 0 ? "*" : pattern.substring(slash + 1);
        if (device.isEmpty() || metric.isEmpty() || metric.indexOf('/') >= 0 || pattern.matches("(?s).*\\s.*")) {
            throw new IllegalArgumentException(
                    "the rule '" + rule + "' has no pattern like device/metric, in which * stands for anything");
        }
        try {
            return new Rule(glob(device), glob(metric), parseLevels(levels));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the rule '" + rule + "': " + e.getMessage(), e);
        }
    }

    private static List<RollupLevel> parseLevels(String text) {
        if (text.equals("none")) {
            return List.of();
        }
        List<RollupLevel> levels = new ArrayList<>();
        for (String level : text.split(",", -1)) {
            String[] words = level.strip().split("\\s+", -1);
            if (words.length != 3 || !words[1].equals("for")) {
                throw new IllegalArgumentException(
                        "'" + level.strip() + "' is not like 1h for 2y; a rule is none, or such levels with commas");
            }
            Every every = Every.parse(words[0]);
            if (every.meanMicros() < MIN_WIDTH_MICROS) {
                throw new IllegalArgumentException("'" + words[0] + "' is finer than a minute");
            }
            levels.add(new RollupLevel(every, parseKept(words[2])));
        }
        if (levels.stream().map(level -> level.every().meanMicros()).distinct().count() < levels.size()
                || levels.size() > MAX_LEVELS) {
            throw new IllegalArgumentException("at most " + MAX_LEVELS + " levels, each of another width");
        }
        return List.copyOf(levels);
    }

    private static long parseKept(String text) {
        if (text.equals("ever")) {
            return 0;
        }
        var matcher = KEPT.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not like 90d, 8w, 6M, 2q or 2y, nor ever");
        }
        long days = switch (matcher.group(2)) {
            case "d" -> 1;
            case "w" -> 7;
            case "mo", "M" -> 31;
            case "q" -> 92;
            default -> 366;
        };
        long seconds = Long.parseLong(matcher.group(1)) * days * DAY_SECONDS;
        if (seconds > Every.MAX_YEARS * 366 * DAY_SECONDS) {
            throw new IllegalArgumentException("'" + text + "' is longer than " + Every.MAX_YEARS + " years; say ever");
        }
        return seconds;
    }

    private static Pattern glob(String pattern) {
        StringBuilder regex = new StringBuilder();
        for (String literal : pattern.split("\\*", -1)) {
            regex.append(regex.isEmpty() ? "" : ".*").append(Pattern.quote(literal));
        }
        return Pattern.compile(regex.toString());
    }

    /** Whether nothing is kept at all. */
    public boolean isEmpty() {
        return rules.isEmpty();
    }

    ZoneId zone() {
        return zone;
    }

    /** What these rules come to for a device; equal as long as they say the same. */
    String fingerprint() {
        return isEmpty() ? "" : zone.getId() + ' ' + text;
    }

    /** Every level that some metric of a device may have, the widest first. */
    List<RollupLevel> levelsOf(DeviceId device) {
        Set<RollupLevel> levels = new HashSet<>();
        for (Rule rule : rules) {
            if (rule.device.matcher(device.value()).matches()) {
                levels.addAll(rule.levels);
                if (rule.metric.pattern().equals(glob("*").pattern())) {
                    break;
                }
            }
        }
        List<RollupLevel> sorted = new ArrayList<>(levels);
        sorted.sort((one, other) -> {
            int byWidth = Long.compare(other.every().meanMicros(), one.every().meanMicros());
            return byWidth != 0 ? byWidth : Long.compare(one.keptSeconds(), other.keptSeconds());
        });
        return sorted;
    }

    /** Those of some metrics of a device that are not kept at a level, by name. */
    Set<String> notKept(DeviceId device, RollupLevel level, Collection<String> metrics) {
        Set<String> notKept = new TreeSet<>();
        for (String metric : metrics) {
            if (!levelsOf(device, metric).contains(level)) {
                notKept.add(metric);
            }
        }
        return notKept;
    }

    private List<RollupLevel> levelsOf(DeviceId device, String metric) {
        for (Rule rule : rules) {
            if (rule.device.matcher(device.value()).matches()
                    && rule.metric.matcher(metric).matches()) {
                return rule.levels;
            }
        }
        return List.of();
    }
}
