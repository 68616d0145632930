package io.hearth.series;

import io.hearth.model.Column;
import io.hearth.model.ReadingBlock;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Merges runs into one block: device times ascending, each once, and of several values of one metric at one time the one
 * with the latest write stamp. Where runs follow each other without overlap, which is nearly always, that is appending.
 */
final class BlockBuilder {
    private final Set<String> wanted;
    private final Map<String, ColumnBuilder> byName = new HashMap<>();
    private final List<ColumnBuilder> byPosition = new ArrayList<>();

    private int rows;
    private long[] times;
    private int[] runOfRow;
    private Bytes[] runKeys = new Bytes[16];
    private int runs;
    private boolean ascending = true;
    private boolean complete = true;
    private long shortestKeptMicros = Long.MAX_VALUE;

    /**
     * @param wanted the metrics to take; empty takes all
     * @param capacity about how many readings are expected
     */
    BlockBuilder(Set<String> wanted, int capacity) {
        this.wanted = wanted;
        times = new long[Math.max(16, capacity)];
        runOfRow = new int[times.length];
    }

    /**
     * Adds the readings of a run that lie in the range and have not expired.
     *
     * @param nowMicros what expiry is judged by
     */
    void addRun(Item item, long startMicros, long endMicros, long nowMicros) {
        RunReader run = new RunReader(item);
        int size = run.size();
        ensureRows(rows + size);
        run.readTimes(times, rows);
        run.skipTransmissions();

        if (runs == runKeys.length) {
            runKeys = Arrays.copyOf(runKeys, runs * 2);
        }
        runKeys[runs] = item.key().sortKey();
        ascending &= rows == 0 || times[rows] > times[rows - 1];
        long keptMicros = run.retentionSeconds() == 0 ? Long.MAX_VALUE : run.retentionSeconds() * 1_000_000;
        shortestKeptMicros = Math.min(shortestKeptMicros, keptMicros);
        long expiredUpTo = keptMicros == Long.MAX_VALUE ? Long.MIN_VALUE : nowMicros - keptMicros;
        complete &= times[rows] >= startMicros && times[rows] > expiredUpTo && times[rows + size - 1] < endMicros;
        int row = rows;
        rows += size;
        run.readMetrics(this, row);
        for (int i = row; i < rows; i++) {
            // A negative run marks a reading that is to be left out.
            boolean in = times[i] >= startMicros && times[i] < endMicros && times[i] > expiredUpTo;
            runOfRow[i] = in ? runs : -1;
        }
        runs++;
    }

    /** How long after its device time the shortest-lived of the readings is kept; {@link Long#MAX_VALUE} for ever. */
    long shortestKeptMicros() {
        return shortestKeptMicros;
    }

    /** The merged block; the builder must not be used any more. */
    ReadingBlock build() {
        List<ColumnBuilder> columns = new ArrayList<>();
        for (ColumnBuilder column : byName.values()) {
            if (column.isWanted() && column.values > 0) {
                columns.add(column);
            }
        }
        columns.sort(Comparator.comparing(column -> column.metric));
        if (!wanted.isEmpty()) {
            leaveOutEmptyReadings(columns);
        }
        if (ascending && complete) {
            return new ReadingBlock(
                    rows,
                    times,
                    columns.stream().map(column -> column.build(rows)).toList());
        }
        return merge(columns);
    }

    private void leaveOutEmptyReadings(List<ColumnBuilder> columns) {
        for (ColumnBuilder column : columns) {
            if (column.values == rows) {
                return;
            }
        }
        for (int row = 0; row < rows; row++) {
            boolean empty = true;
            for (ColumnBuilder column : columns) {
                empty &= column.kinds[row] == Column.ABSENT;
            }
            if (empty) {
                runOfRow[row] = -1;
                complete = false;
            }
        }
    }

    private ReadingBlock merge(List<ColumnBuilder> columns) {
        int[] order = order();
        int[] firstOfGroup = new int[order.length + 1];
        int groups = 0;
        for (int i = 0; i < order.length; i++) {
            if (i == 0 || times[order[i]] != times[order[i - 1]]) {
                firstOfGroup[groups++] = i;
            }
        }
        firstOfGroup[groups] = order.length;
        long[] mergedTimes = new long[groups];
        for (int group = 0; group < groups; group++) {
            mergedTimes[group] = times[order[firstOfGroup[group]]];
        }
        List<Column> merged = new ArrayList<>(columns.size());
        for (ColumnBuilder column : columns) {
            ColumnBuilder target = new ColumnBuilder(column.metric, true, Math.max(groups, 1));
            for (int group = 0; group < groups; group++) {
                for (int i = firstOfGroup[group + 1] - 1; i >= firstOfGroup[group]; i--) {
                    if (column.kinds[order[i]] != Column.ABSENT) {
                        target.copy(column, order[i], group);
                        break;
                    }
                }
            }
            if (target.values > 0) {
                merged.add(target.build(groups));
            }
        }
        return new ReadingBlock(groups, mergedTimes, merged);
    }

    /** The rows that stay, by time, and those of one time by write stamp. */
    private int[] order() {
        List<Integer> order = new ArrayList<>(rows);
        for (int row = 0; row < rows; row++) {
            if (runOfRow[row] >= 0) {
                order.add(row);
            }
        }
        if (!ascending) {
            order.sort((one, other) -> {
                int byTime = Long.compare(times[one], times[other]);
                return byTime != 0
                        ? byTime
                        : SeriesKeys.compareStamps(runKeys[runOfRow[one]], runKeys[runOfRow[other]]);
            });
        }
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    private void ensureRows(int needed) {
        if (needed > times.length) {
            int capacity = Math.max(needed, times.length * 2);
            times = Arrays.copyOf(times, capacity);
            runOfRow = Arrays.copyOf(runOfRow, capacity);
            byName.values().forEach(column -> column.ensure(capacity));
        }
    }

    /**
     * The column of a metric.
     *
     * @param position its place in its run; runs of a device mostly have the same metrics at the same places
     */
    ColumnBuilder column(int position, byte[] array, int nameAt, int nameLength) {
        if (position < byPosition.size()) {
            ColumnBuilder likely = byPosition.get(position);
            if (Arrays.equals(likely.utf8, 0, likely.utf8.length, array, nameAt, nameAt + nameLength)) {
                return likely;
            }
        }
        String name = new String(array, nameAt, nameLength, StandardCharsets.UTF_8);
        ColumnBuilder column = byName.computeIfAbsent(
                name, metric -> new ColumnBuilder(metric, wanted.isEmpty() || wanted.contains(metric), times.length));
        while (byPosition.size() <= position) {
            byPosition.add(column);
        }
        byPosition.set(position, column);
        return column;
    }

    /** One metric of the block to be. */
    static final class ColumnBuilder {
        private final String metric;
        private final byte[] utf8;
        private final boolean isWanted;
        private byte[] kinds;
        private double[] numbers;
        private @Nullable String @Nullable [] texts;
        private int values;
        private boolean onlyNumbers = true;

        ColumnBuilder(String metric, boolean isWanted, int capacity) {
            this.metric = metric;
            this.isWanted = isWanted;
            utf8 = metric.getBytes(StandardCharsets.UTF_8);
            kinds = new byte[isWanted ? capacity : 0];
            numbers = new double[isWanted ? capacity : 0];
        }

        boolean isWanted() {
            return isWanted;
        }

        void setNumber(int row, double number) {
            kinds[row] = Column.NUMBER;
            numbers[row] = number;
            values++;
        }

        void setBool(int row, boolean bool) {
            kinds[row] = Column.BOOL;
            numbers[row] = bool ? 1 : 0;
            values++;
            onlyNumbers = false;
        }

        void setText(int row, String text) {
            kinds[row] = Column.TEXT;
            if (texts == null) {
                texts = new @Nullable String[kinds.length];
            }
            texts[row] = text;
            values++;
            onlyNumbers = false;
        }

        private void copy(ColumnBuilder source, int from, int to) {
            switch (source.kinds[from]) {
                case Column.NUMBER -> setNumber(to, source.numbers[from]);
                case Column.BOOL -> setBool(to, source.numbers[from] != 0);
                default -> {
                    String text = source.texts == null ? null : source.texts[from];
                    setText(to, text == null ? "" : text);
                }
            }
        }

        private void ensure(int capacity) {
            if (isWanted) {
                kinds = Arrays.copyOf(kinds, capacity);
                numbers = Arrays.copyOf(numbers, capacity);
                texts = texts == null ? null : Arrays.copyOf(texts, capacity);
            }
        }

        private Column build(int rows) {
            return new Column(metric, onlyNumbers && values == rows ? null : kinds, numbers, texts);
        }
    }
}
