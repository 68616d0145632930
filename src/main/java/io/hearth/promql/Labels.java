package io.hearth.promql;

import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What tells one series from another.
 *
 * @param values by name ascending, none empty; the metric's name is under {@value #NAME}
 */
public record Labels(SortedMap<String, String> values) {
    /** The label that holds the name of the metric. */
    public static final String NAME = "__name__";

    /** The label that holds the id of the device. */
    public static final String DEVICE = "device";

    static final Labels NONE = new Labels(new TreeMap<>());

    public Labels {
        values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    }

    static Labels of(SeriesSource.Device device, String metric) {
        SortedMap<String, String> values = new TreeMap<>();
        values.put(NAME, metric);
        values.put(DEVICE, device.id().value());
        return new Labels(values);
    }

    /** The value of a label; empty if there is none, which PromQL does not tell apart. */
    public String get(String name) {
        return values.getOrDefault(name, "");
    }

    Labels without(String name) {
        return without(List.of(name));
    }

    Labels without(Collection<String> names) {
        SortedMap<String, String> rest = new TreeMap<>(values);
        rest.keySet().removeAll(names);
        return new Labels(rest);
    }

    Labels only(Collection<String> names) {
        SortedMap<String, String> rest = new TreeMap<>(values);
        rest.keySet().retainAll(names);
        return new Labels(rest);
    }
}
