package io.hearth.series.window;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.RunReader;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.item.StampedPoints;
import io.hearth.series.item.StoredRun;
import io.hearth.table.Blocking;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Stores runs of other regions without ever changing one that is stored. Another run may have the key already, with less or with
 * other points: made of a chunk, in which neighbours share a stamp. Then only the points that it lacks are stored, as a run
 * of their own: under the same stamp, or, for the reading that would give it the same key, under the next one.
 *
 * <p>As runs never change, nothing is lost when another process seals or erases the stored one at the same time: it removes
 * what it has read, and no more.
 */
public final class RunPlacement {
    private static final int AT_ONCE = 256;

    /** What became of a run. */
    public enum Placed {
        /** All of its points were stored. */
        KNOWN,
        /** It is stored under its key. */
        NEW,
        /** Its key was taken, and what was missing there is stored as runs of other keys, or stamps. */
        BESIDE
    }

    private final Table table;
    private final Expiry expiry;

    public RunPlacement(Table table, Expiry expiry) {
        this.table = table;
        this.expiry = expiry;
    }

    /**
     * Stores runs, whatever keys they have. Blocks until they are durable.
     *
     * @return by key, what became of them
     * @throws TableException the table failed; some may be stored, and all may come again
     */
    public Map<Key, Placed> place(List<Item> runs) {
        return Blocking.await(Multi.createFrom()
                .iterable(runs)
                .onItem()
                .transformToUni(run -> place(run).map(placed -> Map.entry(run.key(), placed)))
                .merge(AT_ONCE)
                .collect()
                .with(Collectors.toMap(
                        Map.Entry::getKey,
                        Map.Entry::getValue,
                        (one, other) -> one.compareTo(other) < 0 ? other : one)));
    }

    /** Whether a failure says that the table failed, and nothing of what was to be stored. */
    public static boolean isOfTable(Throwable failure) {
        return failure instanceof TableException;
    }

    private Uni<Placed> place(Item run) {
        return table.put(run, Condition.absent())
                .replaceWith(Placed.NEW)
                .onFailure(ConditionFailedException.class)
                .recoverWithUni(() -> table.get(run.key(), Consistency.STRONG).chain(found -> placeBeside(found, run)));
    }

    private Uni<Placed> placeBeside(Optional<Item> found, Item run) {
        if (found.isEmpty()) {
            return place(run); // it has been sealed or erased meanwhile
        }
        return Multi.createFrom()
                .iterable(rest(found.get(), run))
                .onItem()
                .transformToUniAndConcatenate(this::place)
                .collect()
                .with(Collectors.reducing(
                        Placed.KNOWN,
                        (one, other) -> one == Placed.KNOWN && other == Placed.KNOWN ? Placed.KNOWN : Placed.BESIDE));
    }

    /** The points of a run that a stored one of the same key lacks, as runs of other keys. */
    private List<Item> rest(Item found, Item run) {
        if (found.body().equals(run.body())) {
            return List.of();
        }
        DeviceId device = new DeviceId(run.key().partitionKey());
        WriteStamp stamp = SeriesKeys.runStamp(run.key().sortKey());
        long retentionSeconds = new RunReader(run).retentionSeconds();
        RunPoints stored = RunPoints.of(found);
        ReadingBlock block = StoredRun.readings(run);
        StampedPoints rest = new StampedPoints();
        for (Column column : block.columns()) {
            for (int row = 0; row < block.size(); row++) {
                long time = block.timesMicros()[row];
                Value value = column.valueAt(row);
                if (value != null && !stored.has(time, column.metric())) {
                    boolean hasSameKey = time == block.timesMicros()[0];
                    WriteStamp its = hasSameKey ? StampedPoints.behind(stamp, stamp.region()) : stamp;
                    rest.add(time, column.metric(), value, its, retentionSeconds);
                }
            }
        }
        return rest.runs(device, expiry);
    }

    /** Which points a run has. */
    public record RunPoints(ReadingBlock block) {
        /** Of a run that cannot be read: none. */
        public static RunPoints of(Item run) {
            try {
                return new RunPoints(StoredRun.readings(run));
            } catch (CorruptItemException | UnsupportedFormatException e) {
                return new RunPoints(new ReadingBlock(0, new long[0], List.of()));
            }
        }

        public boolean has(long timeMicros, String metric) {
            int row = Arrays.binarySearch(block.timesMicros(), 0, block.size(), timeMicros);
            return row >= 0
                    && block.columns().stream()
                            .anyMatch(column -> column.metric().equals(metric) && column.kindAt(row) != Column.ABSENT);
        }
    }
}
