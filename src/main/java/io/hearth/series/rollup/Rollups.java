package io.hearth.series.rollup;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.hearth.bytes.ByteReader;
import io.hearth.bytes.ByteWriter;
import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.Format;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.TimeRange;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.item.RollupLevel;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.Erasure;
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
import io.hearth.table.Table;
import io.hearth.table.Write;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what sealed windows come to, for longer than their readings. Rollups of a window are made of its chunks and stored
 * in the same step of the table as these are: whenever late readings or an erasure change a window, its rollups change with
 * it, and a crash leaves both as they were, or the runs that have it done again.
 *
 * <p>A record for each device says at which levels it may have rollups, and for which rules windows that were sealed
 * earlier have been worked up. Format 1: {@code [1] format | text rules | varint levels, each varint width in µs, varint kept
 * seconds}. It is written before the first rollup of a level is.
 */
public final class Rollups {
    private static final int RECORD_FORMAT = 1;
    private static final int KNOWN_DEVICES = 200_000;
    private static final Duration KNOWN_FOR_IF_SHARED = Duration.ofMinutes(1);
    private static final int PAGE_ITEMS = 1024;
    private static final Known NOTHING = new Known("", Set.of());

    private final Table table;
    private final RollupRules rules;
    private final InstantSource wallClock;
    private final Cache<DeviceId, Known> known;

    /** The record of a device; immutable. */
    private record Known(String fingerprint, Set<RollupLevel.Id> levels) {}

    /** What to store and what to remove along with the chunks of a window; sort keys ascend. */
    public record Change(List<Item> items, List<Bytes> superseded) {}

    public Rollups(Table table, RollupRules rules, InstantSource wallClock) {
        this.table = table;
        this.rules = rules;
        this.wallClock = wallClock;
        Caffeine<Object, Object> cache = Caffeine.newBuilder().maximumSize(KNOWN_DEVICES);
        known = (table.isShared() ? cache.expireAfterWrite(KNOWN_FOR_IF_SHARED) : cache).build();
    }

    /** Whether rollups are made of a device's readings. */
    public boolean areKeptFor(DeviceId device) {
        return !rules.isEmpty() && !rules.levelsOf(device).isEmpty();
    }

    /** The levels at which a device may have rollups, the widest first. */
    public List<RollupLevel.Id> levelsOf(DeviceId device) {
        Set<RollupLevel.Id> levels = new HashSet<>(knownOf(device).levels);
        rules.levelsOf(device).forEach(level -> levels.add(level.id()));
        List<RollupLevel.Id> sorted = new ArrayList<>(levels);
        sorted.sort(Comparator.comparingLong((RollupLevel.Id level) -> -level.widthMicros())
                .thenComparingLong(level -> -level.keptSeconds()));
        return sorted;
    }

    /** Those of some metrics of a device that are not kept at a level from now on; none if there is no such level any more. */
    public Set<String> notKept(DeviceId device, RollupLevel.Id id, Set<String> metrics) {
        for (RollupLevel level : rules.levelsOf(device)) {
            if (level.id().equals(id)) {
                return rules.notKept(device, level, metrics);
            }
        }
        return Set.of();
    }

    /** Whether the windows that were sealed before these rules came into force still have to be worked up. */
    public boolean isBehind(DeviceId device) {
        return !rules.isEmpty() && !knownOf(device).fingerprint.equals(rules.fingerprint());
    }

    /** Says that {@link #change} has been stored for every window. */
    public void caughtUp(DeviceId device) {
        store(device, before -> new Known(rules.fingerprint(), before.levels));
    }

    /** Makes sure that the record of a device names every level at which {@link #change} may make rollups of it. */
    private void announce(DeviceId device) {
        Set<RollupLevel.Id> ofRules = new LinkedHashSet<>();
        rules.levelsOf(device).forEach(level -> ofRules.add(level.id()));
        if (!knownOf(device).levels.containsAll(ofRules)) {
            store(device, before -> {
                Set<RollupLevel.Id> levels = new LinkedHashSet<>(before.levels);
                levels.addAll(ofRules);
                return new Known(before.fingerprint, levels);
            });
        }
    }

    /**
     * The rollups of a window whose chunks are going to be these. What was made of readings that have left the table since
     * stays as it is.
     *
     * @param rawUntilSeconds when the last of the chunks leaves the table, epoch seconds; zero never
     * @param hybridTime of the sealing or erasure, later than any before: tells these rollups from those of others
     */
    public Change change(DeviceId device, long window, List<Chunk> chunks, long rawUntilSeconds, long hybridTime) {
        announce(device);
        List<Item> items = new ArrayList<>();
        Map<Bytes, Item> superseded = new TreeMap<>();
        Set<RollupLevel.Id> kept = new HashSet<>();
        for (RollupLevel.Id level : knownOf(device).levels) {
            for (Item stored : items(device, level, window, window + SeriesKeys.WINDOW_MICROS)) {
                if (hasLostRaw(RollupReader.read(stored.body().array(), window, metric -> false))) {
                    kept.add(level);
                } else {
                    superseded.put(stored.key().sortKey(), stored);
                }
            }
        }
        if (!chunks.isEmpty() && isWritable(window)) {
            WindowReadings readings = null;
            for (RollupLevel level : rules.levelsOf(device)) {
                if (!kept.contains(level.id())) {
                    readings = readings == null ? WindowReadings.of(window, chunks) : readings;
                    WindowRollup rollup = readings.rollup(rules, device, level, rawUntilSeconds);
                    items.addAll(items(device, level.id(), window, rollup, hybridTime));
                }
            }
        }
        items.removeIf(item -> isSame(item, superseded.remove(item.key().sortKey())));
        return new Change(items, List.copyOf(superseded.keySet()));
    }

    private static boolean isSame(Item item, @Nullable Item stored) {
        return stored != null
                && item.body().equals(stored.body())
                && item.expiresAtSeconds() == stored.expiresAtSeconds();
    }

    /** Windows at the ends of time have no place in a calendar. */
    private static boolean isWritable(long window) {
        return window >= EpochMicros.MIN_RFC3339 + 2 * SeriesKeys.WINDOW_MICROS * 366
                && window <= EpochMicros.MAX_RFC3339 - SeriesKeys.WINDOW_MICROS;
    }

    private boolean hasLostRaw(WindowRollup rollup) {
        return rollup.rawUntilSeconds() != 0
                && rollup.rawUntilSeconds() <= wallClock.instant().getEpochSecond();
    }

    private static List<Item> items(
            DeviceId device, RollupLevel.Id level, long window, WindowRollup rollup, long version) {
        List<Item> items = new ArrayList<>();
        long expiresAt = level.keptSeconds() == 0
                ? 0
                : Math.max(1, (window + SeriesKeys.WINDOW_MICROS) / 1_000_000 + level.keptSeconds());
        for (byte[] body : new RollupWriter(rollup).encode()) {
            items.add(new Item(
                    SeriesKeys.rollup(device, level, window, items.size()),
                    Bytes.wrap(body),
                    expiresAt,
                    version,
                    null));
        }
        return items;
    }

    private List<Item> items(DeviceId device, RollupLevel.Id level, long startMicros, long endMicros) {
        List<Item> items = new ArrayList<>();
        walk(device, level, startMicros, endMicros, Consistency.STRONG).forEachRemaining(items::add);
        return items;
    }

    private ItemWalk walk(
            DeviceId device, RollupLevel.Id level, long startMicros, long endMicros, Consistency consistency) {
        Query query = new Query(
                device.value(),
                SeriesKeys.rollups(level, startMicros, endMicros),
                Direction.ASCENDING,
                PAGE_ITEMS,
                null,
                consistency);
        return new ItemWalk(table, query, PAGE_ITEMS);
    }

    /**
     * The rollups of one level, by the start of their window; a window whose items are not all there has none.
     *
     * @param metrics which metrics to read; empty reads all
     */
    public SortedMap<Long, WindowRollup> read(
            DeviceId device, RollupLevel.Id level, TimeRange range, Set<String> metrics, Consistency consistency) {
        SortedMap<Long, WindowRollup> rollups = new TreeMap<>();
        ItemWalk walk = walk(device, level, range.startMicros(), range.endMicros(), consistency);
        while (walk.hasNext()) {
            Stored stored = next(walk, metrics);
            if (stored.isWhole()) {
                rollups.put(stored.window, stored.rollup);
            }
        }
        return rollups;
    }

    /** The items of one window and level together. */
    private record Stored(long window, WindowRollup rollup, List<Bytes> sortKeys) {
        boolean isWhole() {
            return sortKeys.size() == rollup.items();
        }
    }

    private static Stored next(ItemWalk walk, Set<String> metrics) {
        long window = SeriesKeys.rollupWindowStart(walk.peek().key().sortKey());
        List<Bytes> sortKeys = new ArrayList<>(1);
        WindowRollup whole = null;
        while (walk.hasNext() && SeriesKeys.rollupWindowStart(walk.peek().key().sortKey()) == window) {
            Item item = walk.next();
            sortKeys.add(item.key().sortKey());
            WindowRollup one = RollupReader.read(
                    item.body().array(), window, metric -> metrics.isEmpty() || metrics.contains(metric));
            whole = whole == null ? one : whole.with(one);
        }
        return new Stored(window, Objects.requireNonNull(whole), sortKeys);
    }

    /**
     * Removes what rollups know of readings that an erasure may cover, where that cannot be made anew: the whole of every part that
     * shares time with its range, unless all of it was written later.
     *
     * @param changed windows for which {@link #change} has been stored since the readings were erased
     */
    public void erase(Erasure erasure, Set<Long> changed) {
        TimeRange range = erasure.range();
        for (RollupLevel.Id level : knownOf(erasure.device()).levels) {
            ItemWalk walk = walk(erasure.device(), level, range.startMicros(), range.endMicros(), Consistency.STRONG);
            while (walk.hasNext()) {
                long window = SeriesKeys.rollupWindowStart(walk.peek().key().sortKey());
                List<Item> items = new ArrayList<>(1);
                while (walk.hasNext()
                        && SeriesKeys.rollupWindowStart(walk.peek().key().sortKey()) == window) {
                    items.add(walk.next());
                }
                while (!erase(erasure, window, items, changed.contains(window))) {
                    // Another process has changed it meanwhile.
                    items = items(erasure.device(), level, window, window + SeriesKeys.WINDOW_MICROS);
                }
            }
        }
    }

    /** False if another process has changed an item meanwhile. Each item stays one, so that a crash leaves none incomplete. */
    private boolean erase(Erasure erasure, long window, List<Item> items, boolean isChanged) {
        List<Item> left = new ArrayList<>();
        List<Item> gone = new ArrayList<>();
        boolean isEmpty = true;
        for (Item item : items) {
            WindowRollup rollup;
            try {
                rollup = RollupReader.read(item.body().array(), window, metric -> true);
            } catch (CorruptItemException e) {
                gone.add(item); // it answers nothing, and nobody knows what it holds
                continue;
            }
            if (isChanged && !hasLostRaw(rollup)) {
                return true; // made anew
            }
            WindowRollup without = rollup.without(erasure);
            isEmpty &= without.isEmpty();
            if (!without.erased().equals(rollup.erased())) {
                Bytes body = Bytes.wrap(
                        new RollupWriter(without).encodeItem(item.body().array()));
                left.add(new Item(item.key(), body, item.expiresAtSeconds(), item.version() + 1, null));
            }
        }
        if (isEmpty && !left.isEmpty()) {
            left.clear();
            gone = items;
        }
        return replace(left, gone);
    }

    /** False if another process was first with one of them. */
    private boolean replace(List<Item> items, List<Item> gone) {
        if (!table.isShared()) {
            if (!items.isEmpty() || !gone.isEmpty()) {
                String device = (items.isEmpty() ? gone : items).get(0).key().partitionKey();
                List<Bytes> superseded =
                        gone.stream().map(item -> item.key().sortKey()).toList();
                Blocking.await(table.replace(device, items, superseded));
            }
            return true;
        }
        // Two erasures at once must not undo each other.
        try {
            for (Item item : items) {
                Blocking.await(table.put(item, Condition.version(item.version() - 1)));
            }
            for (Item item : gone) {
                Blocking.await(table.delete(item.key(), Condition.version(item.version())));
            }
            return true;
        } catch (ConditionFailedException e) {
            return false;
        }
    }

    /** Forgets a device whose readings have all been erased. */
    public void eraseRecord(DeviceId device) {
        Blocking.await(table.write(List.of(new Write.Delete(SeriesKeys.rollupLevels(device)))));
        known.invalidate(device);
    }

    /** Forgets what is cached of a device whose record another process may have removed. */
    public void forget(DeviceId device) {
        known.invalidate(device);
    }

    private Known knownOf(DeviceId device) {
        return known.get(device, this::load);
    }

    private Known load(DeviceId device) {
        return Blocking.await(table.get(SeriesKeys.rollupLevels(device), Consistency.STRONG))
                .map(Rollups::decode)
                .orElse(NOTHING);
    }

    /** Changes the record as it is stored: another process may have added levels that this one does not know. */
    private void store(DeviceId device, UnaryOperator<Known> change) {
        Key key = SeriesKeys.rollupLevels(device);
        while (true) {
            Optional<Item> found = Blocking.await(table.get(key, Consistency.STRONG));
            Known record = change.apply(found.map(Rollups::decode).orElse(NOTHING));
            long version = found.map(Item::version).orElse(0L);
            Condition condition = found.isPresent() ? Condition.version(version) : Condition.absent();
            Item next = new Item(key, encode(record), 0, version + 1, null);
            try {
                Blocking.await(table.put(next, condition));
            } catch (ConditionFailedException e) {
                continue;
            }
            known.put(device, record);
            return;
        }
    }

    private static Bytes encode(Known record) {
        ByteWriter out = new ByteWriter(64);
        out.writeByte(RECORD_FORMAT);
        out.writeText(record.fingerprint);
        out.writeVarint(record.levels.size());
        for (RollupLevel.Id level : record.levels) {
            out.writeVarint(level.widthMicros());
            out.writeVarint(level.keptSeconds());
        }
        return Bytes.wrap(out.toByteArray());
    }

    public static Known decode(Item item) {
        ByteReader in = new ByteReader(item.body().array());
        Format.require(in.readByte(), RECORD_FORMAT, "a record of rollups");
        String fingerprint = in.readText();
        Set<RollupLevel.Id> levels = new LinkedHashSet<>();
        for (int left = in.readCount(in.remaining()); left > 0; left--) {
            levels.add(new RollupLevel.Id(in.readVarint(), in.readVarint()));
        }
        return new Known(fingerprint, levels);
    }
}
