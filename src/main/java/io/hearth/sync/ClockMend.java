package io.hearth.sync;

import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.StampShift;
import io.hearth.series.SeriesShift;
import io.hearth.shadow.ShadowShift;
import io.hearth.table.Blocking;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Mends the table of a region whose clock was ahead for a time. Stamps never go back, so until that time has come the peers
 * would take nothing in from the region, and its erasures would cover what they write. Every stamp that is ahead goes back, see
 * {@link StampShift}: the order of writes stays. What was taken in from peers meanwhile was judged by the wrong clock, so how
 * far they were taken in is forgotten, and everything of them is taken over anew.
 *
 * <p>To be run on a copy of the table that has an id of its own, while nothing else uses it: peers then begin anew with this
 * region, too, and whatever interrupts it leaves the original as it was. Blocks.
 */
public final class ClockMend {
    /** Peers take stamps in that are ahead by less, unless they are told otherwise. */
    public static final Duration TOLERANCE = Duration.ofMinutes(1);

    private static final int ITEMS_AT_A_TIME = 512;

    private final Table table;
    private final SeriesShift series;
    private final ShadowShift shadows;
    private final List<BiFunction<Item, StampShift, List<Write>>> others;

    /**
     * @param region of the table
     * @param others what to write in place of items that sync does not know; nothing for those that stay
     */
    public ClockMend(Table table, RegionId region, List<BiFunction<Item, StampShift, List<Write>>> others) {
        this.table = table;
        this.series = new SeriesShift(region);
        this.shadows = new ShadowShift(region);
        this.others = List.copyOf(others);
    }

    /**
     * What was done, or is to be.
     *
     * @param stamps how many different ones were ahead
     * @param ahead how far they went back
     * @param latest the latest of them, by the clock that was ahead; null if there was none
     * @param items how many were written anew or removed
     * @param moved readings that go back in time with the clock, as it took them in at a time that was still to come
     * @param damaged items that could not be read, and stay as they are
     */
    public record Report(
            int stamps, Duration ahead, @Nullable Instant latest, long items, long moved, List<String> damaged) {}

    /**
     * Moves all stamps back that are ahead.
     *
     * @param now the right time
     * @param tolerance stamps that are ahead by no more stay: peers may have taken them in, as they do while a clock is ahead by
     *     less than they allow
     * @param ahead how far the clock was ahead; null to go by what is stored
     * @param dryRun whether to write nothing
     */
    public Report run(Instant now, Duration tolerance, @Nullable Duration ahead, boolean dryRun) {
        StampShift.Builder stamps = new StampShift.Builder(now, tolerance);
        Set<String> damaged = new LinkedHashSet<>();
        forEach(item -> {
            try {
                series.collect(item, stamps);
                shadows.collect(item, stamps);
            } catch (RuntimeException e) {
                damaged.add(nameOf(item, e));
            }
        });
        StampShift shift = stamps.build(ahead);
        AtomicLong items = new AtomicLong();
        AtomicLong moved = new AtomicLong();
        forEach(item -> {
            List<Write> writes = writes(item, shift, moved, damaged);
            items.addAndGet(writes.isEmpty() ? 0 : 1);
            if (!dryRun && !writes.isEmpty()) {
                Blocking.await(table.write(writes));
            }
        });
        if (!dryRun) {
            // Also if nothing was written by the clock that was ahead: what peers had written seemed to have expired.
            new SyncItems(table).forgetPlaces();
        }
        Instant latest = shift.size() == 0 ? null : Instant.ofEpochMilli(shift.latest() >>> HybridTime.COUNTER_BITS);
        return new Report(shift.size(), shift.ahead(), latest, items.get(), moved.get(), List.copyOf(damaged));
    }

    private static String nameOf(Item item, RuntimeException e) {
        return "an item of " + item.key().partitionKey() + ": " + e.getMessage();
    }

    private List<Write> writes(Item item, StampShift shift, AtomicLong moved, Set<String> damaged) {
        List<Write> writes = new ArrayList<>();
        try {
            writes.addAll(series.shift(item, shift, moved::addAndGet));
            writes.addAll(shadows.shift(item, shift));
            for (BiFunction<Item, StampShift, List<Write>> other : others) {
                writes.addAll(other.apply(item, shift));
            }
        } catch (RuntimeException e) {
            damaged.add(nameOf(item, e));
            return List.of();
        }
        return writes;
    }

    private void forEach(Consumer<Item> visitor) {
        new ItemWalk(table, new Scan(0, 1, ITEMS_AT_A_TIME, null)).forEachRemaining(visitor);
    }
}
