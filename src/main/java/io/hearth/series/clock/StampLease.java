package io.hearth.series.clock;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.Format;
import io.hearth.layout.Partitions;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.ThrottledException;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/*
 * Who has which number, and how far its times go: partition "!stamps", sort key [1] number. The version grows with each change.
 * Body, format 1: [1] format | varint until, ms: times of the number are given out before that only
 *   | varint number of the last erasure that its holder knows, since when all of its times are behind the erasures up to that one
 *
 * Earlier builds neither write nor read the last part.
 */

/**
 * Grants the times of a number to a {@link HybridClock} of one of several processes, stretch by stretch, each stored before a
 * time of it is given out. A stretch belongs to whoever stored it, for ever: a process that stalled may use up what it has,
 * and finds with its next one that another has taken over its number behind that; it then takes another. So no two writes
 * have the same stamp, whatever the clocks of the machines say.
 *
 * <p>At each renewal the clock goes on behind what the other processes had reached, so that those that lag behind catch up. It
 * also goes on behind every erasure, whatever its stamp; the stretch then says so, and who erases can wait for it.
 */
public final class StampLease {
    private static final Logger LOG = Logger.getLogger(StampLease.class);
    private static final int FORMAT = 1;

    /** How far a stretch goes. A number whose stretch has ended is free. */
    public static final Duration TERM = Duration.ofSeconds(15);

    /** How much of the term may be left when the next one is asked for, before anybody has to wait for it. */
    private static final long RENEW_MILLIS = TERM.toMillis() * 2 / 3;

    /** A process that is further ahead has a broken clock, which others do not follow. */
    private static final Duration FOLLOWED = Duration.ofSeconds(10);

    private static final long KEPT_SECONDS = Duration.ofDays(1).toSeconds();
    private static final int NONE = -1;

    private final Table table;
    private final HybridClock clock;
    private final Supplier<Uni<Long>> learn;

    // Guarded by this.
    private int number = NONE;
    private long version;
    private @Nullable Uni<Void> renewal;

    /**
     * @param learn reads what has been erased until now, has the clock go on behind it, and completes with the number of the last
     *     erasure when all writes that have earlier stamps have settled
     */
    StampLease(Table table, HybridClock clock, Supplier<Uni<Long>> learn) {
        this.table = table;
        this.clock = clock;
        this.learn = learn;
    }

    /** @param learned the number of the last erasure that the holder knows; 0 if it says nothing of that */
    private record Stretch(long version, long untilMillis, long learned) {}

    /**
     * Completes when the clock has times to give out; nearly always at once.
     *
     * @return fails as the table does, and with {@link ThrottledException} if all numbers are taken
     */
    Uni<Void> ready() {
        long left = clock.grantedMillis();
        if (left > RENEW_MILLIS) {
            return Uni.createFrom().voidItem();
        }
        Uni<Void> renewing = renewal();
        if (left <= 0) {
            return renewing;
        }
        // It is only about to end: whoever asks need not wait.
        renewing.subscribe()
                .with(
                        done -> {},
                        failure -> LOG.debugf("Write stamps could not be renewed yet: %s", failure.getMessage()));
        return Uni.createFrom().voidItem();
    }

    private synchronized Uni<Void> renewal() {
        Uni<Void> running = renewal;
        if (running == null) {
            running = renew().onTermination().invoke(this::ended).memoize().indefinitely();
            renewal = running;
        }
        return running;
    }

    private synchronized void ended() {
        renewal = null;
    }

    private Uni<Void> renew() {
        return learn.get()
                .chain(learned -> read(null, new HashMap<>()).chain(stretches -> {
                    follow(stretches);
                    Stretch own = own(stretches);
                    if (own != null) {
                        return take(number, own, learned)
                                .onFailure(ConditionFailedException.class)
                                .recoverWithUni(() -> takeAny(free(stretches), learned));
                    }
                    return takeAny(free(stretches), learned);
                }));
    }

    /**
     * Whether another process has times left, as far as this one's clock tells, and does not know an erasure: it may give out
     * stamps before it.
     */
    Uni<Boolean> isUnknownToOthers(long erasure) {
        return read(null, new HashMap<>()).map(stretches -> {
            int own = number();
            long reached = clock.reachedMillis();
            return stretches.entrySet().stream()
                    .filter(stretch -> stretch.getKey() != own)
                    .map(stretch -> stretch(stretch.getValue()))
                    .anyMatch(stretch -> stretch.untilMillis >= reached && stretch.learned < erasure);
        });
    }

    private synchronized int number() {
        return number;
    }

    private Uni<Map<Integer, Item>> read(@Nullable Query query, Map<Integer, Item> found) {
        Query asked = query == null
                ? new Query(
                        Partitions.STAMPS,
                        SortRange.ALL,
                        Direction.ASCENDING,
                        HybridClock.NUMBERS,
                        null,
                        Consistency.STRONG)
                : query;
        return table.query(asked).chain(page -> {
            page.items().forEach(item -> found.put(item.key().sortKey().array()[0] & 0xFF, item));
            return page.next() == null ? Uni.createFrom().item(found) : read(asked.from(page.next()), found);
        });
    }

    private void follow(Map<Integer, Item> stretches) {
        long reached = clock.reachedMillis();
        stretches.forEach((clockNumber, item) -> {
            long ahead = untilMillis(item) - TERM.toMillis() - reached;
            if (clockNumber != number && ahead > FOLLOWED.toMillis()) {
                LOG.warnf(
                        "The clock of another process is %d s ahead of this one's: of two writes of one reading the wrong"
                                + " one may count until both are set right",
                        ahead / 1000);
            } else if (ahead >= 0) {
                clock.passed(reached + ahead + 1);
            }
        });
    }

    private synchronized @Nullable Stretch own(Map<Integer, Item> stretches) {
        Item item = number == NONE ? null : stretches.get(number);
        return item == null || item.version() != version ? null : stretch(item);
    }

    /** The numbers that nobody has, in random order, so that processes that start together seldom want the same. */
    private List<Map.Entry<Integer, Stretch>> free(Map<Integer, Item> stretches) {
        List<Map.Entry<Integer, Stretch>> free = new ArrayList<>();
        for (int clockNumber = 0; clockNumber < HybridClock.NUMBERS; clockNumber++) {
            Item item = stretches.get(clockNumber);
            if (item == null || untilMillis(item) < clock.reachedMillis()) {
                free.add(Map.entry(clockNumber, item == null ? new Stretch(0, 0, 0) : stretch(item)));
            }
        }
        Collections.shuffle(free);
        return free;
    }

    private Uni<Void> takeAny(List<Map.Entry<Integer, Stretch>> free, long learned) {
        if (free.isEmpty()) {
            return Uni.createFrom()
                    .failure(new ThrottledException(
                            "all " + HybridClock.NUMBERS + " numbers of processes on this table are taken", null));
        }
        Map.Entry<Integer, Stretch> first = free.get(0);
        return take(first.getKey(), first.getValue(), learned)
                .onFailure(ConditionFailedException.class)
                .recoverWithUni(() -> takeAny(free.subList(1, free.size()), learned));
    }

    private Uni<Void> take(int clockNumber, Stretch before, long learned) {
        long from = Math.max(clock.reachedMillis(), before.untilMillis);
        boolean goesOn = isOwn(clockNumber, before.version);
        long until = clock.reachedMillis() + TERM.toMillis();
        if (until <= before.untilMillis) {
            until = before.untilMillis + TERM.toMillis();
        }
        long end = until;
        long next = before.version + 1;
        ByteWriter out = new ByteWriter(12);
        out.writeByte(FORMAT);
        out.writeVarint(end);
        out.writeVarint(learned);
        Item item = new Item(key(clockNumber), Bytes.wrap(out.toByteArray()), end / 1000 + KEPT_SECONDS, next, null);
        Condition condition = before.version == 0 ? Condition.absent() : Condition.version(before.version);
        boolean isLive = goesOn && clock.reachedMillis() < before.untilMillis;
        return table.put(item, condition)
                .invoke(() -> {
                    synchronized (this) {
                        number = clockNumber;
                        version = next;
                    }
                })
                // Who erased while there was no stretch to be seen has not waited for this one.
                .chain(() -> isLive ? Uni.createFrom().voidItem() : learn.get().replaceWithVoid())
                // Of its own number it also has what is left of the stretch before.
                .invoke(() -> clock.grant(clockNumber, goesOn ? 0 : from, end));
    }

    private synchronized boolean isOwn(int clockNumber, long leasedVersion) {
        return clockNumber == number && leasedVersion == version;
    }

    public static boolean isStretch(Key key) {
        return key.partitionKey().equals(Partitions.STAMPS);
    }

    private static Key key(int clockNumber) {
        return new Key(Partitions.STAMPS, Bytes.wrap(new byte[] {(byte) clockNumber}));
    }

    public static long untilMillis(Item item) {
        return stretch(item).untilMillis;
    }

    private static Stretch stretch(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), FORMAT, "a stretch of write stamps");
        return new Stretch(item.version(), in.readVarint(), in.remaining() == 0 ? 0 : in.readVarint());
    }
}
