package io.hearth.live;

import io.hearth.table.Key;
import java.util.Set;

/**
 * Which events a listener wants.
 *
 * @param devices ids of devices; empty for all
 * @param kinds at least one
 */
public record LiveFilter(Set<String> devices, Set<LiveEvent.Kind> kinds) {
    public LiveFilter {
        devices = Set.copyOf(devices);
        kinds = Set.copyOf(kinds);
        if (kinds.isEmpty()) {
            throw new IllegalArgumentException("a filter without a kind");
        }
    }

    boolean accepts(LiveEvent.Kind kind, Key key) {
        return kinds.contains(kind) && (devices.isEmpty() || devices.contains(key.partitionKey()));
    }
}
