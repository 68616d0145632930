package io.hearth.promql;

import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;

/**
 * Which classic names the metrics of a device have. Prometheus' classic names are {@code [a-zA-Z_:][a-zA-Z0-9_:]*}: a metric
 * with such a name keeps it. In any other name each character beyond those becomes {@code _}, as Prometheus' own escaping
 * scheme "underscores" does ({@code ENERGY.Power} is {@code ENERGY_Power}). Where that makes the names of two metrics of a
 * device the same, neither is shortened: what an ambiguous name would answer could change with the next metric.
 */
final class MetricAliases {
    private MetricAliases() {}

    /** The classic name of each metric; a metric that has none under its own name. */
    static Map<String, String> of(SortedSet<String> metrics) {
        Map<String, String> names = new HashMap<>();
        Map<String, Integer> claims = new HashMap<>();
        for (String metric : metrics) {
            String name = underscored(metric);
            names.put(metric, name);
            claims.merge(name, 1, Integer::sum);
        }
        names.replaceAll((metric, name) -> claims.getOrDefault(name, 0) == 1 ? name : metric);
        return names;
    }

    static String underscored(String metric) {
        StringBuilder name = null;
        for (int i = 0; i < metric.length(); ) {
            int c = metric.codePointAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == ':';
            if (!letter && !(c >= '0' && c <= '9' && i > 0)) {
                if (name == null) {
                    name = new StringBuilder(metric.length()).append(metric, 0, i);
                }
                name.append('_');
            } else if (name != null) {
                name.append((char) c);
            }
            i += Character.charCount(c);
        }
        return name == null ? metric : name.toString();
    }
}
