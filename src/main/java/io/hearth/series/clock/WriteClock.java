package io.hearth.series.clock;

import io.hearth.layout.Partitions;
import io.hearth.model.HybridTime;
import io.hearth.series.value.ClockAheadException;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/*
 * Horizons of the hybrid clock: partition "!clock", sort key [8] horizon, ms; body empty. Each is an item of its own, so that of two
 * writes that overtake each other the greater one counts. They expire a day behind themselves, when wall time has long passed them.
 */
/**
 * The clock of write stamps, and what of it is stored: horizons where this process is the only one on the table, else leased
 * stretches of times. Its times never go back, over restarts and between processes.
 */
public final class WriteClock {
    /** How many processes may write to a table at the same time. */
    public static final int MAX_PROCESSES = HybridClock.NUMBERS;

    /** What is stored here already is followed however wrong the clock was that it came from. */
    private static final Duration LONGEST_LEAD = Duration.ofDays(365);

    private static final long HORIZON_KEPT_SECONDS = Duration.ofDays(1).toSeconds();

    private final HybridClock clock;
    private final long storedHorizonMillis;

    /** Null where this process is the only one. */
    private final @Nullable StampLease stamps;

    /**
     * The clock of a table.
     *
     * @param learn as for {@link StampLease}
     */
    public WriteClock(Table table, InstantSource wallClock, Supplier<Uni<Long>> learn) {
        if (table.isShared()) {
            storedHorizonMillis = 0;
            clock = HybridClock.shared(wallClock);
            stamps = new StampLease(table, clock, learn);
        } else {
            storedHorizonMillis = storedHorizonMillis(table);
            clock = new HybridClock(wallClock, storedHorizonMillis);
            stamps = null;
        }
    }

    /** Whether other processes may write to the table, too: then times have to be {@linkplain #ready granted}. */
    public boolean isShared() {
        return stamps != null;
    }

    /** Completes when there are times to give out, nearly always at once; fails as the table does. */
    public Uni<Void> ready() {
        return stamps == null ? Uni.createFrom().voidItem() : stamps.ready();
    }

    /**
     * The next time. To be called when the clock is ready.
     *
     * @throws io.hearth.table.ThrottledException if times have to be granted, and none is left
     */
    public HybridClock.Tick next() {
        return clock.next();
    }

    /** The next time; blocks where it has to be granted. */
    public HybridClock.Tick awaitNext() {
        if (stamps != null) {
            Blocking.await(stamps.ready());
        }
        return clock.next();
    }

    /** A hybrid time for the key of a chunk that is later than one that is stored, which another process may have given out. */
    public long hybridTimeBehind(long earlier) {
        if (stamps == null) {
            // No write has it, so the clock need not follow; sealing stores no horizon, so it may be behind after a
            // restart.
            return Math.max(awaitNext().hybridTime(), earlier + 1);
        }
        follow(earlier);
        return awaitNext().hybridTime();
    }

    /** The item that keeps the clock monotone across restarts, to be stored along with what has the time of a tick. */
    public Optional<Item> horizonOf(HybridClock.Tick tick) {
        return tick.horizonMillis() == 0 ? Optional.empty() : Optional.of(horizon(tick.horizonMillis()));
    }

    /** Tells that the horizon of a tick has become durable. */
    public void stored(HybridClock.Tick tick) {
        if (tick.horizonMillis() != 0) {
            clock.stored(tick.horizonMillis());
        }
    }

    /**
     * As {@link HybridClock#observe}.
     *
     * @throws ClockAheadException the time is too far ahead; nothing was noted
     */
    public void observe(HybridTime time, Duration maxAhead) {
        clock.observe(time.packed(), maxAhead);
    }

    /**
     * As {@link #observe}, of what counts here already.
     *
     * @throws ClockAheadException the time is more than a year ahead; nothing was noted
     */
    public void observeStored(HybridTime time) {
        clock.observe(time.packed(), LONGEST_LEAD);
    }

    /**
     * Goes on behind a time that is stored here.
     *
     * @param hybridTime {@linkplain HybridTime#packed() packed}
     * @throws ClockAheadException the time is more than a year ahead; nothing was noted
     */
    public void follow(long hybridTime) {
        clock.follow(hybridTime, LONGEST_LEAD);
    }

    /** The millisecond in which the next time will be, at least. */
    public long reachedMillis() {
        return clock.reachedMillis();
    }

    /** The greatest horizon that was stored when this process began, ms; 0 if that is not known. */
    public long storedHorizonMillis() {
        return storedHorizonMillis;
    }

    /** The number of this process among those that write to the table at the same time; -1 if it is the only one. */
    public int processNumber() {
        return stamps == null ? -1 : clock.number();
    }

    /** Whether another process may give out stamps before an erasure, as it does not know it. Blocks. */
    public boolean isUnknownToOthers(long erasure) {
        return stamps != null && Blocking.await(stamps.isUnknownToOthers(erasure));
    }

    private static Item horizon(long horizonMillis) {
        byte[] sortKey = ByteBuffer.allocate(Long.BYTES).putLong(horizonMillis).array();
        return new Item(
                new Key(Partitions.CLOCK, Bytes.wrap(sortKey)),
                Bytes.EMPTY,
                horizonMillis / 1000 + HORIZON_KEPT_SECONDS,
                0,
                null);
    }

    public static boolean isHorizon(Key key) {
        return key.partitionKey().equals(Partitions.CLOCK);
    }

    public static long horizonMillis(Key horizon) {
        return ByteBuffer.wrap(horizon.sortKey().array()).getLong();
    }

    private static long storedHorizonMillis(Table table) {
        Page page = Blocking.await(table.query(
                new Query(Partitions.CLOCK, SortRange.ALL, Direction.DESCENDING, 1, null, Consistency.STRONG)));
        return page.items().isEmpty() ? 0 : horizonMillis(page.items().get(0).key());
    }
}
