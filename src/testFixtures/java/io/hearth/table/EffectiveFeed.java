package io.hearth.table;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the feed of an engine tells that records what changes: of a batch the last write of each key, and nothing where a write
 * leaves the item as it was. What only reorganises is left out, but for the removal of what others had written.
 */
final class EffectiveFeed {
    private static final Object PLAIN = "plain";
    private static final Object REPLACEMENT = "replacement";

    /** @param writer tells apart what is stored with the same item; each conditional write differs from every other */
    private record Held(Item item, Object writer) {}

    private final Map<Key, Held> held = new HashMap<>();
    private Map<Key, List<Change>> changes = new HashMap<>();

    void written(List<Write> writes) {
        Map<Key, Write> last = new LinkedHashMap<>();
        writes.forEach(write -> last.put(write.key(), write));
        for (Write write : last.values()) {
            if (write instanceof Write.Put put) {
                store(put.item(), PLAIN);
            } else {
                removed(write.key());
            }
        }
    }

    void putOnCondition(Item item) {
        store(item, new Object());
    }

    void removed(Key key) {
        Held before = held.remove(key);
        if (before != null && before.writer != REPLACEMENT) {
            add(new Change.Removed(key));
        }
    }

    void replaced(String partition, List<Item> items, List<Bytes> superseded) {
        Map<Key, Item> kept = new HashMap<>();
        items.forEach(item -> kept.put(item.key(), item));
        kept.values().forEach(item -> store(item, REPLACEMENT));
        superseded.stream()
                .map(sortKey -> new Key(partition, sortKey))
                .filter(key -> !kept.containsKey(key))
                .forEach(this::removed);
    }

    private void store(Item item, Object writer) {
        Held now = new Held(item, writer);
        Held before = held.put(item.key(), now);
        if (!now.equals(before) && writer != REPLACEMENT) {
            add(new Change.Stored(item));
        }
    }

    private void add(Change change) {
        changes.computeIfAbsent(change.key(), key -> new ArrayList<>()).add(change);
    }

    /** The changes of each key since the last time. */
    Map<Key, List<Change>> take() {
        Map<Key, List<Change>> taken = changes;
        changes = new HashMap<>();
        return taken;
    }
}
