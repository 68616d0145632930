package io.hearth.series.erase;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.value.Erasure;
import io.hearth.table.Bytes;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jboss.logging.Logger;

/*
 * An entry of the log: partition "!erasure-log", sort key [8] number. Body, format 1:
 *
 *   [1] format | [1] state: 0 pending, 1 removed, 2 done | varint when it was removed, epoch ms; 0 if it is not
 *   | [8] hybrid time | text region | text device | [8] from, µs | [8] to, µs | [1] 1 if the whole device
 *
 * It expires as its erasure does, but never before it is done. SeriesGoldenTest pins the bytes.
 */

/**
 * Erasures in the order in which they were stored in this region, and how far each has been carried out here. An erasure of another
 * region may arrive long after it was made, so its stamp does not tell whether a process knows it; its number does: each is one
 * more than that of the entry before, whichever process adds it, so who has read up to a number has missed nothing.
 */
public final class ErasureLog {
    private static final Logger LOG = Logger.getLogger(ErasureLog.class);

    private static final int FORMAT = 1;
    private static final int PAGE_ITEMS = 1000;

    private final Table table;
    private final long lifeSeconds;

    /** How far an erasure has been carried out. */
    public enum State {
        /** What it covers may still be stored. Nobody has been told that it is gone. */
        PENDING(0),
        /**
         * What it covers was removed once, and whoever asked for it has been told. On a table that several processes use, some of it
         * may come back: from a process that stalled. A run of this region that still comes under an earlier stamp was not
         * acknowledged before, so it stays, with a later stamp.
         */
        REMOVED(1),
        /** Nothing of it can come back. */
        DONE(2);

        private final int code;

        State(int code) {
            this.code = code;
        }

        private static State of(int code) {
            for (State state : values()) {
                if (state.code == code) {
                    return state;
                }
            }
            throw new CorruptItemException("an erasure has state " + code);
        }
    }

    /**
     * An erasure in the log.
     *
     * @param removedMillis when it was removed first, epoch milliseconds; 0 if it was not
     */
    public record Entry(long number, Erasure erasure, State state, long removedMillis) {
        public boolean isOpen() {
            return state != State.DONE;
        }

        public Entry removed(long millis) {
            return new Entry(number, erasure, State.REMOVED, millis);
        }

        Entry done() {
            return new Entry(number, erasure, State.DONE, removedMillis);
        }
    }

    /** @param life how long an erasure is kept after it was made */
    public ErasureLog(Table table, Duration life) {
        this.table = table;
        this.lifeSeconds = life.toSeconds();
    }

    /** The entries from a number on, by number. */
    Uni<List<Entry>> read(long fromNumber) {
        return readFrom(
                table,
                Partitions.ERASURE_LOG,
                sortKey(fromNumber),
                ErasureLog::decode,
                "An entry of the log of erasures is left out");
    }

    /**
     * Reads the items of a partition from a sort key on. One that cannot be decoded is left out and logged, so that it keeps no
     * other from being known.
     */
    static <T> Uni<List<T>> readFrom(
            Table table, String partition, Bytes from, Function<Item, T> decode, String whatIsLeftOut) {
        Query query = new Query(
                partition, new SortRange(from, null), Direction.ASCENDING, PAGE_ITEMS, null, Consistency.STRONG);
        return read(table, query, decode, whatIsLeftOut, new ArrayList<>());
    }

    private static <T> Uni<List<T>> read(
            Table table, Query query, Function<Item, T> decode, String whatIsLeftOut, List<T> found) {
        return table.query(query).chain(page -> {
            for (Item item : page.items()) {
                try {
                    found.add(decode.apply(item));
                } catch (RuntimeException e) {
                    LOG.errorf("%s: %s", whatIsLeftOut, e.getMessage());
                }
            }
            return page.next() == null
                    ? Uni.createFrom().item(found)
                    : read(table, query.from(page.next()), decode, whatIsLeftOut, found);
        });
    }

    /** Adds an entry; fails with {@link io.hearth.table.ConditionFailedException} if another process has taken its number. */
    Uni<Void> add(Entry entry) {
        return table.put(item(entry), Condition.absent());
    }

    public static boolean isEntry(Key key) {
        return key.partitionKey().equals(Partitions.ERASURE_LOG);
    }

    public Item item(Entry entry) {
        long expiresAt = entry.isOpen() ? 0 : entry.erasure.stamp().time().physicalMillis() / 1000 + lifeSeconds;
        return new Item(new Key(Partitions.ERASURE_LOG, sortKey(entry.number)), body(entry), expiresAt, 0, null);
    }

    public static Bytes body(Entry entry) {
        Erasure erasure = entry.erasure;
        ByteWriter body = new ByteWriter(96);
        body.writeByte(FORMAT);
        body.writeByte(entry.state.code);
        body.writeVarint(entry.removedMillis);
        body.writeLong(erasure.stamp().time().packed());
        body.writeText(erasure.stamp().region().value());
        body.writeText(erasure.device().value());
        body.writeLong(erasure.range().startMicros());
        body.writeLong(erasure.range().endMicros());
        body.writeByte(erasure.wholeDevice() ? 1 : 0);
        return Bytes.wrap(body.toByteArray());
    }

    public static Entry decode(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), FORMAT, "an erasure's entry");
        State state = State.of(in.readByte());
        long removedMillis = in.readVarint();
        WriteStamp stamp = new WriteStamp(new HybridTime(in.readLong()), new RegionId(in.readText()));
        DeviceId device = new DeviceId(in.readText());
        TimeRange range = new TimeRange(in.readLong(), in.readLong());
        Erasure erasure = new Erasure(device, range, in.readByte() != 0, stamp);
        return new Entry(ByteBuffer.wrap(item.key().sortKey().array()).getLong(), erasure, state, removedMillis);
    }

    private static Bytes sortKey(long number) {
        return Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(number).array());
    }
}
