package io.hearth.series.item;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.Column;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.Span;
import io.hearth.series.value.Erasure;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Merges runs into one block: device times ascending, each once, and of several values of one metric at one time the one
 * with the latest write stamp. Where runs follow each other without overlap, which is nearly always, that is appending.
 */
public final class BlockBuilder {
    private static final long NO_RETENTION = -1;

    private final Set<String> wanted;
    private final TimeRange range;
    private final long nowMicros;
    private final Hidden hidden;
    private final BlockColumns columns;

    private int rows;
    private long[] times;
    private int[] sourceOfRow;

    /** By column of a block that was merged, the source of its last value; null if each reading has one source. */
    private int @Nullable [] lastSources;

    private final List<Source> sources = new ArrayList<>();
    private boolean ascending = true;
    private boolean complete = true;
    private long shortestKeptMicros = Long.MAX_VALUE;
    private boolean hasOneRetention = true;

    /**
     * What one write brought.
     *
     * @param stampKey a key in which {@link SeriesKeys#compareStamps} finds the stamp of the write
     * @param isRun whether the stamp is that of one write
     */
    private record Source(Bytes stampKey, long retentionSeconds, boolean isRun) {}

    /**
     * @param wanted the metrics to take; empty takes all
     * @param range the device times to take
     * @param nowMicros what expiry is judged by, or {@link Expiry#BEFORE_EXPIRY}
     * @param capacity about how many readings are expected
     */
    public BlockBuilder(Set<String> wanted, TimeRange range, long nowMicros, int capacity) {
        this(wanted, range, nowMicros, capacity, Hidden.NOTHING);
    }

    /** @param hidden is left out */
    public BlockBuilder(Set<String> wanted, TimeRange range, long nowMicros, int capacity, Hidden hidden) {
        this.hidden = hidden;
        this.wanted = wanted;
        this.range = range;
        this.nowMicros = nowMicros;
        times = new long[Math.max(16, capacity)];
        sourceOfRow = new int[times.length];
        columns = new BlockColumns(wanted, times.length);
    }

    /** Adds the readings of a run that lie in the range and have not expired. */
    public void addRun(Item item) {
        try {
            RunReader run = new RunReader(item);
            int row = rows;
            ensureRows(row + run.size());
            run.readTimes(times, row);
            run.skipTransmissions();
            rows += run.size();
            run.readMetrics(columns, row);
            addSource(new Source(item.key().sortKey(), run.retentionSeconds(), true), row, rows);
        } catch (CorruptItemException e) {
            throw new CorruptItemException(nameOf(item) + " is corrupt: " + e.getMessage(), e);
        } catch (UnsupportedFormatException e) {
            throw new UnsupportedFormatException(nameOf(item) + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static String nameOf(Item run) {
        return "the run of device " + run.key().partitionKey() + " from "
                + EpochMicros.toInstant(SeriesKeys.runFirstTimeMicros(run.key().sortKey())) + " on";
    }

    /** Adds the readings of a chunk that lie in the range and have not expired; only those are copied. */
    public void addChunk(ReadingBlock block, List<Span> spans) {
        int first = firstFrom(block, range.startMicros());
        int end = Math.max(first, firstFrom(block, range.endMicros()));
        int base = rows - first;
        ensureRows(base + end);
        System.arraycopy(block.timesMicros(), first, times, rows, end - first);
        rows = base + end;
        for (Column column : block.columns()) {
            columns.columnOf(column.metric()).setAll(column, first, end, base);
        }
        int from = 0;
        for (Span span : spans) {
            int to = from + span.readings();
            if (from < end && to > first) {
                addSource(
                        new Source(SeriesKeys.stampOnly(span.stamp()), span.retentionSeconds(), false),
                        base + Math.max(from, first),
                        base + Math.min(to, end));
            }
            from = to;
        }
    }

    /** The first reading of a block at a time or later. */
    private static int firstFrom(ReadingBlock block, long timeMicros) {
        int at = Arrays.binarySearch(block.timesMicros(), 0, block.size(), timeMicros);
        return at >= 0 ? at : -at - 1;
    }

    private void addSource(Source source, int from, int to) {
        long keptMicros = Expiry.keptMicros(source.retentionSeconds);
        shortestKeptMicros = Math.min(shortestKeptMicros, keptMicros);
        long expiredUpTo = Expiry.expiredUpTo(keptMicros, nowMicros);
        ascending &= from == 0 || times[from] > times[from - 1];
        List<Erasure> covering = hidden.isEmpty() ? List.of() : coveringOf(source);
        for (int row = from; row < to; row++) {
            // A negative source marks a reading that is to be left out.
            boolean in = range.contains(times[row]) && times[row] > expiredUpTo;
            for (int i = 0; i < covering.size() && in; i++) {
                in = !covering.get(i).range().contains(times[row]);
            }
            sourceOfRow[row] = in ? sources.size() : -1;
            complete &= in;
        }
        hasOneRetention &= sources.isEmpty() || sources.get(0).retentionSeconds == source.retentionSeconds;
        sources.add(source);
    }

    private List<Erasure> coveringOf(Source source) {
        WriteStamp stamp = SeriesKeys.runStamp(source.stampKey);
        return source.isRun ? hidden.ofRun(stamp) : hidden.ofSpan(stamp);
    }

    /** How long after its device time the shortest-lived of the readings is kept; {@link Long#MAX_VALUE} for ever. */
    public long shortestKeptMicros() {
        return shortestKeptMicros;
    }

    /** The merged block; the builder must not be used any more but for {@link #spans} and {@link #stampOfLast}. */
    public ReadingBlock build() {
        List<ColumnBuilder> filled = columns.withValues();
        if (!wanted.isEmpty()) {
            leaveOutEmptyReadings(filled);
        }
        if (ascending && complete) {
            return new ReadingBlock(
                    rows,
                    times,
                    filled.stream().map(column -> column.build(rows)).toList());
        }
        return merge(filled);
    }

    /** Who wrote the readings of the block that was built; of one that several wrote, the latest of them. */
    public List<Span> spans() {
        List<Span> spans = new ArrayList<>();
        for (int row = 0; row < rows; ) {
            int end = row + 1;
            while (end < rows && sourceOfRow[end] == sourceOfRow[row]) {
                end++;
            }
            Source source = sources.get(sourceOfRow[row]);
            spans.add(new Span(end - row, SeriesKeys.runStamp(source.stampKey), source.retentionSeconds));
            row = end;
        }
        return spans;
    }

    /** The stamp of the write that brought the last value of a column of the block that was built; {@code row} has it. */
    WriteStamp stampOfLast(int column, int row) {
        int source = lastSources == null ? sourceOfRow[row] : lastSources[column];
        return SeriesKeys.runStamp(sources.get(source).stampKey);
    }

    private void leaveOutEmptyReadings(List<ColumnBuilder> filled) {
        for (ColumnBuilder column : filled) {
            if (column.values() == rows) {
                return;
            }
        }
        for (int row = 0; row < rows; row++) {
            boolean empty = true;
            for (ColumnBuilder column : filled) {
                empty &= !column.has(row);
            }
            if (empty) {
                sourceOfRow[row] = -1;
                complete = false;
            }
        }
    }

    private ReadingBlock merge(List<ColumnBuilder> filled) {
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
        int[] mergedSources = new int[groups];
        for (int group = 0; group < groups; group++) {
            mergedTimes[group] = times[order[firstOfGroup[group]]];
            mergedSources[group] = sourceOfRow[order[firstOfGroup[group + 1] - 1]];
        }
        long[] retentions = hasOneRetention ? new long[0] : new long[groups];
        Arrays.fill(retentions, NO_RETENTION);
        List<Column> merged = new ArrayList<>(filled.size());
        int[] lasts = new int[filled.size()];
        for (ColumnBuilder column : filled) {
            int last = -1;
            ColumnBuilder target = new ColumnBuilder(column.metric(), true, Math.max(groups, 1));
            for (int group = 0; group < groups; group++) {
                for (int i = firstOfGroup[group + 1] - 1; i >= firstOfGroup[group]; i--) {
                    if (column.has(order[i])) {
                        target.copy(column, order[i], group);
                        last = sourceOfRow[order[i]];
                        if (!hasOneRetention) {
                            retentions[group] = longer(retentions[group], sources.get(last).retentionSeconds);
                        }
                        break;
                    }
                }
            }
            if (target.values() > 0) {
                lasts[merged.size()] = last;
                merged.add(target.build(groups));
            }
        }
        for (int group = 0; group < retentions.length; group++) {
            Source source = sources.get(mergedSources[group]);
            if (retentions[group] != NO_RETENTION && retentions[group] != source.retentionSeconds) {
                // Values of one reading share what their span says; none of them must expire early.
                mergedSources[group] = sources.size();
                sources.add(new Source(source.stampKey, retentions[group], false));
            }
        }
        rows = groups;
        sourceOfRow = mergedSources;
        lastSources = lasts;
        return new ReadingBlock(groups, mergedTimes, merged);
    }

    private static long longer(long retentionSeconds, long otherSeconds) {
        return retentionSeconds == NO_RETENTION ? otherSeconds : Span.longerRetention(retentionSeconds, otherSeconds);
    }

    /** The rows that stay, by time, and those of one time by write stamp. */
    private int[] order() {
        List<Integer> order = new ArrayList<>(rows);
        for (int row = 0; row < rows; row++) {
            if (sourceOfRow[row] >= 0) {
                order.add(row);
            }
        }
        if (!ascending) {
            order.sort((one, other) -> {
                int byTime = Long.compare(times[one], times[other]);
                return byTime != 0
                        ? byTime
                        : SeriesKeys.compareStamps(
                                sources.get(sourceOfRow[one]).stampKey, sources.get(sourceOfRow[other]).stampKey);
            });
        }
        return order.stream().mapToInt(Integer::intValue).toArray();
    }

    private void ensureRows(int needed) {
        if (needed > times.length) {
            int capacity = Math.max(needed, times.length * 2);
            times = Arrays.copyOf(times, capacity);
            sourceOfRow = Arrays.copyOf(sourceOfRow, capacity);
            columns.ensure(capacity);
        }
    }
}
