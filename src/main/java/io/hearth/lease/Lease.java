package io.hearth.lease;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.layout.Partitions;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Table;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/*
 * The item of a lease: partition "!leases", sort key its name. Its version grows with every change: the fencing token.
 * Body, format 1: [1] format | [8] owner, random; 0 once it is released | varint term, ms
 */

/**
 * One contender for a lease: work that one process at a time does, as long as it keeps saying that it does.
 *
 * <p>Clocks of different machines are never compared. A contender takes the lease over when it has seen the same version of it
 * for a whole term of its own stopwatch; the holder holds for a term from before it sent its last renewal, which is earlier. So
 * two never hold at once, whatever their wall clocks say, as long as their stopwatches run.
 *
 * <p>A stopwatch stands still while its machine is suspended. So the holder also looks at its wall clock: when that has passed
 * the end of the term, it does not hold, and a renewal or {@link #confirm} asks the table. What remains: a machine whose wall
 * clock is not set yet after it was suspended holds until its next renewal; and a process that stalls between looking and
 * what it then does can come too late. Work must be harmless even so, or be refused by {@link #fence}.
 *
 * <p>Safe for several threads; {@link #isHeld} and {@link #fence} never block, calls that talk to the table do.
 */
public final class Lease {

    private static final int FORMAT = 1;
    private static final long NOBODY = 0;

    private final Table table;
    private final Key key;
    private final Duration term;
    private final LongSupplier nanoClock;
    private final InstantSource wallClock;
    private final long owner = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);

    private volatile long fence;
    private volatile @Nullable Term held;
    private long watchedVersion = -1;
    private long watchedSinceNanos;

    /**
     * @param name of the work, alike in all contenders
     * @param term after how long a holder that says nothing is taken for dead
     * @param nanoClock a stopwatch that never steps, {@link System#nanoTime} but in tests
     * @param wallClock goes on, or is set, when the machine was suspended; may step otherwise, too
     */
    public Lease(Table table, String name, Duration term, LongSupplier nanoClock, InstantSource wallClock) {
        this.table = table;
        this.key = new Key(Partitions.LEASES, Bytes.wrap(name.getBytes(StandardCharsets.UTF_8)));
        this.term = term;
        this.nanoClock = nanoClock;
        this.wallClock = wallClock;
    }

    private record State(long owner, long termMillis) {}

    /** When a term ends by either clock. */
    private record Term(long endNanos, Instant end) {}

    /**
     * Takes the lease if it is free, renews it if this holds it, else watches its holder; call it more often than once a term.
     *
     * @return whether this holds it now, for a term from when the call began
     * @throws io.hearth.table.TableException if the table cannot be asked; what was held is held to its end, no longer
     */
    public synchronized boolean hold() {
        Term next = term();
        if (held != null && store(fence, next)) {
            return true;
        }
        next = term();
        Item found = Blocking.await(table.get(key, Consistency.STRONG)).orElse(null);
        return mayTake(found) && store(found == null ? 0 : found.version(), next);
    }

    private Term term() {
        return new Term(
                nanoClock.getAsLong() + term.toNanos(), wallClock.instant().plus(term));
    }

    /** Whether the lease is held still, as far as this process knows without asking. */
    public boolean isHeld() {
        Term current = held;
        return current != null && runs(current) && wallClock.instant().isBefore(current.end);
    }

    /**
     * Whether the lease is held still; asks the table if the stopwatch says so and the wall clock does not.
     *
     * @throws io.hearth.table.TableException if the table cannot be asked
     */
    public boolean confirm() {
        if (isHeld()) {
            return true;
        }
        synchronized (this) {
            Term current = held;
            return isHeld() || (current != null && runs(current) && hold());
        }
    }

    private boolean runs(Term current) {
        return nanoClock.getAsLong() - current.endNanos < 0;
    }

    /** Grows with every holder and renewal: what a later holder does carries a greater one. Of the last time it was held. */
    public long fence() {
        return fence;
    }

    /** Gives the lease back, so that others need not wait for its end; does nothing if it is not held. */
    public synchronized void release() {
        if (held == null) {
            return;
        }
        held = null;
        try {
            Blocking.await(table.put(item(fence + 1, NOBODY), Condition.version(fence)));
        } catch (ConditionFailedException e) {
            // somebody has taken it over
        }
    }

    private boolean mayTake(@Nullable Item found) {
        if (found == null) {
            return true;
        }
        State state = decode(found);
        if (state.owner == owner || state.owner == NOBODY) {
            return true;
        }
        long nowNanos = nanoClock.getAsLong();
        if (found.version() != watchedVersion) {
            watchedVersion = found.version();
            watchedSinceNanos = nowNanos;
            return false;
        }
        return nowNanos - watchedSinceNanos
                > Duration.ofMillis(state.termMillis).toNanos();
    }

    private boolean store(long version, Term next) {
        Condition condition = version == 0 ? Condition.absent() : Condition.version(version);
        try {
            Blocking.await(table.put(item(version + 1, owner), condition));
        } catch (ConditionFailedException e) {
            held = null;
            return false;
        }
        fence = version + 1;
        held = next;
        return isHeld();
    }

    private Item item(long version, long newOwner) {
        ByteWriter out = new ByteWriter(16);
        out.writeByte(FORMAT);
        out.writeLong(newOwner);
        out.writeVarint(term.toMillis());
        return new Item(key, Bytes.wrap(out.toByteArray()), 0, version, null);
    }

    /**
     * Reads an item, all of it.
     *
     * @throws CorruptItemException it is not a lease, or damaged
     */
    public static void check(Item item) {
        State unused = decode(item);
    }

    private static State decode(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), FORMAT, "a lease");
        return new State(in.readLong(), in.readVarint());
    }
}
