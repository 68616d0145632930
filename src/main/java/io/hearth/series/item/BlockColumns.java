package io.hearth.series.item;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The columns of a block that is being built, by metric. */
final class BlockColumns {
    private final Set<String> wanted;
    private final Map<String, ColumnBuilder> byName = new HashMap<>();
    private final List<ColumnBuilder> byPosition = new ArrayList<>();
    private int capacity;

    /**
     * @param wanted the metrics to take; empty takes all
     * @param capacity how many rows there is room for
     */
    BlockColumns(Set<String> wanted, int capacity) {
        this.wanted = wanted;
        this.capacity = capacity;
    }

    /**
     * The column of a metric.
     *
     * @param position its place in its run; runs of a device mostly have the same metrics at the same places
     */
    ColumnBuilder column(int position, byte[] array, int nameAt, int nameLength) {
        if (position < byPosition.size()) {
            ColumnBuilder likely = byPosition.get(position);
            if (likely.isNamed(array, nameAt, nameLength)) {
                return likely;
            }
        }
        String name = new String(array, nameAt, nameLength, StandardCharsets.UTF_8);
        ColumnBuilder column = columnOf(name);
        while (byPosition.size() <= position) {
            byPosition.add(column);
        }
        byPosition.set(position, column);
        return column;
    }

    ColumnBuilder columnOf(String name) {
        return byName.computeIfAbsent(
                name, metric -> new ColumnBuilder(metric, wanted.isEmpty() || wanted.contains(metric), capacity));
    }

    /** Makes room for so many rows. */
    void ensure(int rows) {
        capacity = rows;
        byName.values().forEach(column -> column.ensure(rows));
    }

    /** Those that are wanted and have a value, by name. */
    List<ColumnBuilder> withValues() {
        List<ColumnBuilder> columns = new ArrayList<>();
        for (ColumnBuilder column : byName.values()) {
            if (column.isWanted() && column.values() > 0) {
                columns.add(column);
            }
        }
        columns.sort(Comparator.comparing(ColumnBuilder::metric));
        return columns;
    }
}
