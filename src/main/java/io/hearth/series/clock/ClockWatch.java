package io.hearth.series.clock;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.layout.Partitions;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.jboss.logging.Logger;

/*
 * When the service ran last: partition "!wall-clock", sort key "last". Body, format 1: [1] format | varint epoch ms
 */

/**
 * Says loudly when the wall clock cannot be right, as everything that expires and every write stamp goes by it: at the start,
 * when it is far from when the service ran last, in either direction; while the service runs, when it steps; and as long as
 * write stamps are ahead of it. Nothing is refused for it.
 */
public final class ClockWatch {
    private static final Logger LOG = Logger.getLogger(ClockWatch.class);
    private static final Key KEY =
            new Key(Partitions.WALL_CLOCK, Bytes.wrap("last".getBytes(StandardCharsets.US_ASCII)));
    private static final int FORMAT = 1;

    /** A service that was down for longer is rare enough to be asked about. */
    static final Duration LONGEST_DOWN = Duration.ofDays(7);

    /** Clocks are set right by less all the time. */
    static final Duration TOLERANCE = Duration.ofMinutes(1);

    /** How long after the start the difference is shown. */
    static final Duration SHOWN = Duration.ofHours(1);

    /** How often it is stored that the service runs. */
    static final Duration MARK_INTERVAL = Duration.ofMinutes(10);

    private final Table table;
    private final long stampedUntilMicros;
    private final InstantSource wallClock;
    private final LongSupplier nanoClock;
    private final long startedNanos;
    private long lastMillis;
    private long lastNanos;
    private long markedNanos;
    private volatile long gapMillis;
    private final LongAdder steps = new LongAdder();

    /**
     * Watches the clock of a table's only process.
     *
     * @param stampedUntilMicros no write before this process began was stamped with a later time; 0 if that is not known
     * @param nanoClock a stopwatch that never steps, {@link System#nanoTime} but in tests
     */
    public ClockWatch(Table table, long stampedUntilMicros, InstantSource wallClock, LongSupplier nanoClock) {
        this.table = table;
        this.stampedUntilMicros = stampedUntilMicros;
        this.wallClock = wallClock;
        this.nanoClock = nanoClock;
        startedNanos = nanoClock.getAsLong();
        lastNanos = startedNanos;
        lastMillis = wallClock.millis();
        markedNanos = startedNanos;
    }

    /**
     * Compares the clock with when the service ran last. To be called once, at the start.
     *
     * @throws io.hearth.table.TableException the table could not be asked
     */
    public void start() {
        long now = wallClock.millis();
        OptionalLong marked = marked();
        long stampedUntilMillis = stampedUntilMicros / 1000;
        long last = Math.max(marked.orElse(0), stampedUntilMillis);
        if (last != 0 && now < last - TOLERANCE.toMillis()) {
            gapMillis = now - last;
            LOG.errorf(
                    "The wall clock says %s, but the service has run at %s: it was ahead by %s then, or is behind now. If it"
                            + " was ahead, peers take nothing in from this region until its write stamps have been mended"
                            + " (mend-clock)",
                    Instant.ofEpochMilli(now), Instant.ofEpochMilli(last), Duration.ofMillis(last - now));
        } else if (last != 0 && now > last + LONGEST_DOWN.toMillis()) {
            gapMillis = now - last;
            LOG.errorf(
                    "The wall clock says %s, but the service has run last at %s, %d days before. If it was not down for so"
                            + " long, stop it and set the clock: readings expire by it, and write stamps never go back",
                    Instant.ofEpochMilli(now),
                    Instant.ofEpochMilli(last),
                    Duration.ofMillis(now - last).toDays());
        }
        mark();
    }

    public static boolean isMark(Key key) {
        return key.equals(KEY);
    }

    private OptionalLong marked() {
        return Blocking.await(table.get(KEY, Consistency.STRONG))
                .map(item -> {
                    ByteReader in = new ByteReader(item.body().array());
                    return in.readByte() == FORMAT ? OptionalLong.of(in.readVarint()) : OptionalLong.empty();
                })
                .orElse(OptionalLong.empty());
    }

    /**
     * Looks whether the clock has stepped; to be called every few seconds. Stores from time to time that the service runs.
     *
     * @throws io.hearth.table.TableException that could not be stored
     */
    public void look() {
        long nanos = nanoClock.getAsLong();
        long millis = wallClock.millis();
        Duration step = Duration.ofMillis(millis - lastMillis).minusNanos(nanos - lastNanos);
        lastNanos = nanos;
        lastMillis = millis;
        if (step.abs().compareTo(TOLERANCE) > 0) {
            steps.increment();
            LOG.errorf(
                    "The wall clock went %s by %s while the stopwatch did not: it was set, or the machine was suspended. It is"
                            + " %s now",
                    step.isNegative() ? "back" : "forward", step.abs(), Instant.ofEpochMilli(millis));
        }
        if (nanos - markedNanos >= MARK_INTERVAL.toNanos()) {
            markedNanos = nanos;
            mark();
        }
    }

    private void mark() {
        ByteWriter out = new ByteWriter(12);
        out.writeByte(FORMAT);
        out.writeVarint(Math.max(0, wallClock.millis()));
        Blocking.await(table.write(List.of(new Write.Put(Item.of(KEY, Bytes.wrap(out.toByteArray()))))));
    }

    /**
     * How far the clock was from when the service ran last, when it started: negative if it was behind. 0 if that was
     * plausible, and an hour after the start.
     */
    public double gapSeconds() {
        boolean shown = nanoClock.getAsLong() - startedNanos < SHOWN.toNanos();
        return shown ? gapMillis / 1e3 : 0;
    }

    /** How often it has stepped. */
    public long steps() {
        return steps.sum();
    }
}
