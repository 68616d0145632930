package io.hearth.series.window;

import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.layout.Partitions;
import io.hearth.model.DeviceId;
import io.hearth.series.item.SeriesKeys;
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
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;

/*
 * The guard of a device: partition "!guards", sort key the device id; its version grows with every reorganisation. Body, format
 * 1: [1] format. It expires a week after the last one, when nothing that began before is under way any more.
 */

/**
 * One reorganisation of what is stored of a device: new items in place of old ones.
 *
 * <p>Alone on a table that is one step of the table. Where other processes seal and erase as well, what was read may have
 * been erased by the time its merged form is stored, and would be back for ever. So the new items are stored first, then
 * the guard is moved on from where it was <em>before anything was read</em>, and only then do the old ones go. Who cannot
 * move the guard takes its new items back: of two at once one does nothing, whichever of them stalls for however long.
 * Every moment between leaves the old items, or both.
 */
public abstract class Reorganisation {
    private static final int FORMAT = 1;
    private static final Duration KEPT = Duration.ofDays(7);

    private final Table table;
    private final DeviceId device;

    private Reorganisation(Table table, DeviceId device) {
        this.table = table;
        this.device = device;
    }

    /** Begins one; everything it replaces must be read afterwards. */
    static Reorganisation begin(Table table, DeviceId device, InstantSource wallClock) {
        return table.isShared() ? new Guarded(table, device, wallClock) : new Alone(table, device);
    }

    /** Has every reorganisation that has begun elsewhere come to nothing, unless it is done already. */
    public abstract void stopOthers();

    /**
     * Replaces items; may be called several times. What is no chunk, and so may take the place of an item of the same key, is
     * stored only once the guard has been moved: rollups. If another process moves it meanwhile, they go again, as nobody can
     * tell whose they are; answers then come from the readings.
     *
     * @return false if another process was first: nothing has changed, and what was read since must be read again
     */
    public abstract boolean replace(List<Item> items, List<Bytes> superseded);

    final void replaceInTable(List<Item> items, List<Bytes> superseded) {
        Blocking.await(table.replace(device.value(), items, superseded));
    }

    /**
     * Checks an item that should be a guard.
     *
     * @throws CorruptItemException it is none, or damaged
     */
    public static void checkGuard(Item item) {
        Format.require(new ByteReader(item.body().array()).readByte(), FORMAT, "a guard");
    }

    /** Where no other process uses the table: one step. */
    private static final class Alone extends Reorganisation {
        Alone(Table table, DeviceId device) {
            super(table, device);
        }

        @Override
        public void stopOthers() {
            // There are none.
        }

        @Override
        public boolean replace(List<Item> items, List<Bytes> superseded) {
            replaceInTable(items, superseded);
            return true;
        }
    }

    /** Where other processes may reorganise the device, too: in steps between which the guard is moved. */
    private static final class Guarded extends Reorganisation {
        private final Table table;
        private final InstantSource wallClock;
        private final Key guard;
        private long version;

        Guarded(Table table, DeviceId device, InstantSource wallClock) {
            super(table, device);
            this.table = table;
            this.wallClock = wallClock;
            guard = new Key(Partitions.GUARDS, Bytes.wrap(device.value().getBytes(StandardCharsets.US_ASCII)));
            version = guardVersion();
        }

        @Override
        public void stopOthers() {
            while (!moveGuard()) {
                version = guardVersion();
            }
        }

        @Override
        public boolean replace(List<Item> items, List<Bytes> superseded) {
            List<Item> chunks = items.stream()
                    .filter(item -> SeriesKeys.isOfSealing(item.key().sortKey()))
                    .toList();
            if (!chunks.isEmpty()) {
                replaceInTable(chunks, List.of());
            }
            boolean moved = false;
            try {
                moved = moveGuard();
            } finally {
                if (!moved && !chunks.isEmpty()) {
                    replaceInTable(List.of(), sortKeys(chunks));
                }
            }
            if (!moved) {
                version = guardVersion();
                return false;
            }
            List<Item> rollups =
                    items.stream().filter(item -> !chunks.contains(item)).toList();
            if (!rollups.isEmpty()) {
                replaceInTable(rollups, List.of());
                if (guardVersion() != version) {
                    replaceInTable(List.of(), sortKeys(rollups));
                }
            }
            replaceInTable(List.of(), superseded);
            return true;
        }

        private boolean moveGuard() {
            Condition condition = version == 0 ? Condition.absent() : Condition.version(version);
            ByteWriter out = new ByteWriter(1);
            out.writeByte(FORMAT);
            long expires = wallClock.instant().plus(KEPT).getEpochSecond();
            Item next = new Item(guard, Bytes.wrap(out.toByteArray()), expires, version + 1, null);
            try {
                Blocking.await(table.put(next, condition));
            } catch (ConditionFailedException e) {
                return false;
            }
            version++;
            return true;
        }

        private long guardVersion() {
            Optional<Item> found = Blocking.await(table.get(guard, Consistency.STRONG));
            if (found.isEmpty()) {
                return 0;
            }
            checkGuard(found.get());
            return found.get().version();
        }

        private static List<Bytes> sortKeys(List<Item> items) {
            return items.stream().map(item -> item.key().sortKey()).sorted().toList();
        }
    }
}
