package io.hearth.presence;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.layout.Partitions;
import io.hearth.model.EpochMicros;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Key;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;

/*
 * The record of a process: partition "!processes", sort key [8] its number. The version grows with each beat.
 * Body, format 1: [1] format | [8] time of the last beat by the clock of the process, µs | [1] 1 once it is known to have ended
 *
 * Earlier builds stored an empty body, and let the record expire 45 s after the last beat.
 */

/**
 * The processes that use a table, each of which has a record there: presence that depends on connections names the process
 * that holds them.
 *
 * <p>On a table with one process, every other record is of a process that has ended. On a shared one each process renews its
 * record, a beat. Clocks of different machines are not compared: a process has ended when another one has seen no beat of it
 * for {@link #SILENCE} of its own stopwatch and has then marked its record. A process that was only suspended,
 * or cut off from the table, finds the mark with its next beat and goes on under another number.
 *
 * <p>{@link #beat} and {@link #findEnded} block, and are called by one thread at a time.
 */
final class Processes {
    /** After how long without a beat a process is taken for dead by others on the same table. */
    static final Duration SILENCE = Duration.ofSeconds(45);

    private static final int FORMAT = 1;
    private static final int PAGE_ITEMS = 1000;

    /** After a longer pause between two looks it is this process that stalled, or the table: then all get the time anew. */
    private static final Duration LONGEST_PAUSE = SILENCE.multipliedBy(2).dividedBy(3);

    private final Table table;
    private final InstantSource clock;
    private final LongSupplier nanoClock;
    private final long startedMicros;
    private final Set<Long> earlier = ConcurrentHashMap.newKeySet();
    private volatile long own = newNumber();

    // Of the thread that beats.
    private long version;
    private final Map<Long, Seen> seen = new HashMap<>();
    private long lookedNanos;

    /** @param nanoClock a stopwatch that never steps, {@link System#nanoTime} but in tests */
    Processes(Table table, InstantSource clock, LongSupplier nanoClock) {
        this.table = table;
        this.clock = clock;
        this.nanoClock = nanoClock;
        startedMicros = EpochMicros.of(clock.instant());
        lookedNanos = nanoClock.getAsLong();
    }

    /**
     * A process that has ended.
     *
     * @param endedMicros when it was last known to be there, epoch microseconds
     */
    record Ended(long process, long endedMicros) {}

    private record Seen(long version, long sinceNanos) {}

    private record State(long beatMicros, boolean ended) {}

    /** The number of this process; above 0. It changes when others have taken this process for dead. */
    long own() {
        return own;
    }

    /** Whether a number is that of another process; 0 is of none. */
    boolean isOther(long process) {
        return process != 0 && process != own && !earlier.contains(process);
    }

    /**
     * Says that this process is there.
     *
     * @throws io.hearth.table.TableException if the table cannot be asked
     */
    void beat() {
        try {
            storeOwn();
        } catch (ConditionFailedException e) {
            Item found = Blocking.await(get(own)).orElse(null);
            if (found != null && !decode(found).ended) {
                // A beat whose outcome was unknown had been stored.
                version = found.version();
            } else {
                earlier.add(own);
                own = newNumber();
                version = 0;
            }
            storeOwn();
        }
    }

    private void storeOwn() {
        Condition condition = version == 0 ? Condition.absent() : Condition.version(version);
        State state = new State(EpochMicros.of(clock.instant()), false);
        Blocking.await(table.put(item(own, state, version + 1), condition));
        version++;
    }

    /**
     * The processes that have ended and whose records are not {@linkplain #forget removed} yet.
     *
     * @throws io.hearth.table.TableException if the table cannot be asked
     */
    List<Ended> findEnded() {
        List<Item> records = records();
        long nowNanos = nanoClock.getAsLong();
        if (nowNanos - lookedNanos > LONGEST_PAUSE.toNanos()) {
            seen.clear();
        }
        lookedNanos = nowNanos;
        List<Ended> ended = new ArrayList<>();
        Set<Long> recorded = new HashSet<>();
        for (Item record : records) {
            long process = ByteBuffer.wrap(record.key().sortKey().array()).getLong();
            if (process == own || record.body().length() == 0) {
                continue;
            }
            recorded.add(process);
            State state;
            try {
                state = decode(record);
            } catch (CorruptItemException | UnsupportedFormatException e) {
                // Of a later build, or damaged: it says nothing about the others.
                continue;
            }
            if (!table.isShared()) {
                ended.add(new Ended(process, startedMicros));
            } else if (state.ended || (isSilent(process, record.version(), nowNanos) && marksEnded(record, state))) {
                ended.add(new Ended(process, state.beatMicros));
            }
        }
        seen.keySet().retainAll(recorded);
        return ended;
    }

    private boolean isSilent(long process, long beat, long nowNanos) {
        Seen last = seen.get(process);
        if (last == null || last.version != beat) {
            seen.put(process, new Seen(beat, nowNanos));
            return false;
        }
        return nowNanos - last.sinceNanos > SILENCE.toNanos();
    }

    private boolean marksEnded(Item record, State state) {
        long process = ByteBuffer.wrap(record.key().sortKey().array()).getLong();
        Item marked = item(process, new State(state.beatMicros, true), record.version() + 1);
        try {
            Blocking.await(table.put(marked, Condition.version(record.version())));
            return true;
        } catch (ConditionFailedException e) {
            return false;
        }
    }

    /** Removes the record of a process that has ended, when nothing depends on it any more. */
    void forget(Ended ended) {
        Blocking.await(table.write(List.of(new Write.Delete(key(ended.process)))));
    }

    /** When another process ended, epoch microseconds, 0 if that is not known; empty while it is there. */
    Uni<Optional<Long>> endOf(long process) {
        if (!table.isShared()) {
            return Uni.createFrom().item(Optional.of(startedMicros));
        }
        return get(process).map(found -> {
            if (found.isEmpty()) {
                // Long ago, or an earlier build: nobody knows when, and all shall answer alike.
                return Optional.of(0L);
            }
            if (found.get().body().length() == 0) {
                return Optional.empty();
            }
            State state = decode(found.get());
            return state.ended ? Optional.of(state.beatMicros) : Optional.empty();
        });
    }

    private Uni<Optional<Item>> get(long process) {
        return table.get(key(process), Consistency.STRONG);
    }

    private List<Item> records() {
        List<Item> records = new ArrayList<>();
        new ItemWalk(
                        table,
                        new Query(
                                Partitions.PROCESSES,
                                SortRange.ALL,
                                Direction.ASCENDING,
                                PAGE_ITEMS,
                                null,
                                Consistency.STRONG))
                .forEachRemaining(records::add);
        return records;
    }

    private static long newNumber() {
        return ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    }

    private static Key key(long process) {
        return new Key(
                Partitions.PROCESSES,
                Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(process).array()));
    }

    private static Item item(long process, State state, long version) {
        ByteWriter body = new ByteWriter(10);
        body.writeByte(FORMAT);
        body.writeLong(state.beatMicros);
        body.writeByte(state.ended ? 1 : 0);
        return new Item(key(process), Bytes.wrap(body.toByteArray()), 0, version, null);
    }

    /** @throws CorruptItemException it is no record of a process, or damaged */
    static void check(Item item) {
        if (item.body().length() > 0) { // else it has ended
            State unused = decode(item);
        }
    }

    private static State decode(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), FORMAT, "the record of a process");
        return new State(in.readLong(), in.readByte() != 0);
    }
}
