package io.hearth.table.memory;

import io.hearth.table.Bytes;
import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Condition;
import io.hearth.table.ConditionFailedException;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.CursorCodec;
import io.hearth.table.CursorCodec.Kind;
import io.hearth.table.CursorExpiredException;
import io.hearth.table.Direction;
import io.hearth.table.InvalidCursorException;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A table in sorted maps behind one lock: each operation is one step on them. Batches are atomic. The change feed keeps
 * the latest {@value #KEPT_CHANGES} changes.
 */
public final class MemoryTable implements Table {
    static final int KEPT_CHANGES = 100_000;

    /** A page ends with the item that reaches this many bytes of bodies, as in the other engines. */
    static final int MAX_PAGE_BYTES = 1 << 20;

    private static final long PURGE_INTERVAL_SECONDS = 60;

    private final InstantSource clock;

    /** In cursors of the change feed, so that none of another table, or of an earlier process, is taken for one of this. */
    private final UUID tableId = UUID.randomUUID();

    private final NavigableMap<Position, Item> items = new TreeMap<>();
    private final NavigableMap<Position, Item> index = new TreeMap<>();
    private final NavigableMap<Long, Change> changes = new TreeMap<>();
    private long lastSequence;
    private long nextPurgeSeconds;
    private boolean closed;

    /** @param clock decides what has expired */
    public MemoryTable(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public Uni<Void> write(List<Write> writes) {
        return step(() -> {
            writes.forEach(MemoryTable::requireEncodable);
            writes.forEach(this::apply);
            return null;
        });
    }

    @Override
    public Uni<Void> put(Item item, Condition condition) {
        return step(() -> {
            Write put = new Write.Put(item);
            requireEncodable(put);
            require(condition, item.key());
            apply(put);
            return null;
        });
    }

    @Override
    public Uni<Void> delete(Key key, Condition condition) {
        return step(() -> {
            require(condition, key);
            apply(new Write.Delete(key));
            return null;
        });
    }

    @Override
    public Uni<Void> replace(String partitionKey, List<Item> replacements, List<Bytes> superseded) {
        return step(() -> {
            if (replacements.stream().anyMatch(item -> item.index() != null)) {
                throw new IllegalArgumentException("an item that replaces others has no index key");
            }
            replacements.forEach(item -> requireEncodable(new Write.Put(item)));
            superseded.forEach(sortKey -> remove(new Key(partitionKey, sortKey)));
            replacements.forEach(item -> remove(item.key()));
            replacements.forEach(item -> items.put(Position.of(item.key()), item));
            return null;
        });
    }

    @Override
    public Uni<Void> reclaim() {
        return Uni.createFrom().voidItem();
    }

    @Override
    public Uni<Optional<Item>> get(Key key, Consistency consistency) {
        return step(() -> Optional.ofNullable(live(key)));
    }

    @Override
    public Uni<Page> query(Query query) {
        return step(() -> page(query, Kind.QUERY, items));
    }

    @Override
    public Uni<Page> queryIndex(Query query) {
        return step(() -> page(query, Kind.INDEX, index));
    }

    @Override
    public Uni<Page> scan(Scan scan) {
        return step(() -> {
            byte[] request = CursorCodec.request(scan);
            NavigableMap<Position, Item> rest = items;
            if (scan.cursor() != null) {
                rest = items.tailMap(Position.decode(CursorCodec.decode(Kind.SCAN, request, scan.cursor())), false);
            }
            List<Item> found = new ArrayList<>();
            int bytes = 0;
            for (var entry : rest.entrySet()) {
                Item item = entry.getValue();
                boolean inSegment =
                        Math.floorMod(item.key().partitionKey().hashCode(), scan.segments()) == scan.segment();
                if (inSegment && !item.isExpiredAt(nowSeconds())) {
                    found.add(item);
                    bytes += item.body().length();
                    if (found.size() == scan.limit() || bytes >= MAX_PAGE_BYTES) {
                        return new Page(
                                found,
                                CursorCodec.encode(
                                        Kind.SCAN, request, entry.getKey().encode()));
                    }
                }
            }
            return new Page(found, null);
        });
    }

    @Override
    public Uni<Cursor> changesFrom(ChangeStart start) {
        return step(() -> feedCursor(
                switch (start) {
                    case OLDEST -> changes.isEmpty() ? lastSequence : changes.firstKey() - 1;
                    case NOW -> lastSequence;
                }));
    }

    @Override
    public Uni<ChangePage> changes(Cursor after, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("limit: " + limit);
        }
        return step(() -> {
            byte[] position = CursorCodec.decode(Kind.CHANGES, new byte[0], after);
            if (position.length != 3 * Long.BYTES) {
                throw new InvalidCursorException("the cursor has no position", null);
            }
            ByteBuffer bytes = ByteBuffer.wrap(position);
            boolean isOfThisTable = tableId.equals(new UUID(bytes.getLong(), bytes.getLong()));
            long sequence = bytes.getLong();
            if (!isOfThisTable
                    || sequence > lastSequence
                    || sequence + 1 < (changes.isEmpty() ? 0 : changes.firstKey())) {
                throw new CursorExpiredException("the changes behind the cursor are no longer kept", null);
            }
            List<Change> found = new ArrayList<>();
            for (var entry : changes.tailMap(sequence, false).entrySet()) {
                found.add(entry.getValue());
                sequence = entry.getKey();
                if (found.size() == limit) {
                    break;
                }
            }
            return new ChangePage(found, feedCursor(sequence));
        });
    }

    @Override
    public synchronized void close() {
        closed = true;
    }

    private <T extends @Nullable Object> Uni<T> step(Supplier<T> operation) {
        return Uni.createFrom().item(() -> {
            synchronized (this) {
                if (closed) {
                    throw new TableException("the table is closed", null);
                }
                return operation.get();
            }
        });
    }

    private void apply(Write write) {
        purge();
        remove(write.key());
        if (write instanceof Write.Put put) {
            items.put(Position.of(put.key()), put.item());
            if (put.item().index() != null) {
                index.put(Position.of(put.item().index(), put.item().key()), put.item());
            }
            changes.put(++lastSequence, new Change.Stored(put.item()));
        } else {
            changes.put(++lastSequence, new Change.Removed(write.key()));
        }
        if (changes.size() > KEPT_CHANGES) {
            changes.pollFirstEntry();
        }
    }

    private void remove(Key key) {
        Item old = items.remove(Position.of(key));
        if (old != null && old.index() != null) {
            index.remove(Position.of(old.index(), old.key()));
        }
    }

    private static void requireEncodable(Write write) {
        Key.encodePartitionKey(write.key().partitionKey());
        if (write instanceof Write.Put put && put.item().index() != null) {
            Key.encodePartitionKey(put.item().index().partitionKey());
        }
    }

    private void purge() {
        long now = nowSeconds();
        if (now >= nextPurgeSeconds) {
            items.values().removeIf(item -> item.isExpiredAt(now));
            index.values().removeIf(item -> item.isExpiredAt(now));
            nextPurgeSeconds = now + PURGE_INTERVAL_SECONDS;
        }
    }

    private void require(Condition condition, Key key) {
        Item stored = live(key);
        boolean holds = condition.expectsAbsence()
                ? stored == null
                : stored != null && stored.version() == condition.expectedVersion();
        if (!holds) {
            throw new ConditionFailedException(
                    "the stored item is not the expected one: "
                            + (stored == null ? "none" : "version " + stored.version()),
                    null);
        }
    }

    private @Nullable Item live(Key key) {
        Item item = items.get(Position.of(key));
        return item == null || item.isExpiredAt(nowSeconds()) ? null : item;
    }

    private Page page(Query query, Kind kind, NavigableMap<Position, Item> map) {
        byte[] request = CursorCodec.request(query);
        NavigableMap<Position, Item> ordered = inRange(map, query);
        if (query.direction() == Direction.DESCENDING) {
            ordered = ordered.descendingMap();
        }
        Position after =
                query.cursor() == null ? null : Position.decode(CursorCodec.decode(kind, request, query.cursor()));
        List<Item> found = new ArrayList<>();
        int bytes = 0;
        for (var entry :
                after == null ? ordered.entrySet() : behind(ordered, after).entrySet()) {
            if (!entry.getValue().isExpiredAt(nowSeconds())) {
                found.add(entry.getValue());
                bytes += entry.getValue().body().length();
                if (found.size() == query.limit() || bytes >= MAX_PAGE_BYTES) {
                    return new Page(
                            found,
                            CursorCodec.encode(kind, request, entry.getKey().encode()));
                }
            }
        }
        return new Page(found, null);
    }

    private static NavigableMap<Position, Item> inRange(NavigableMap<Position, Item> map, Query query) {
        Bytes partition = Bytes.wrap(Key.encodePartitionKey(query.partitionKey()));
        Bytes start =
                query.range().start() == null ? Bytes.EMPTY : query.range().start();
        Bytes end = query.range().end();
        if (end != null && end.compareTo(start) <= 0) {
            return new TreeMap<>();
        }
        // No byte string lies between a partition key and the same with a zero byte behind it.
        Bytes nextPartition = Bytes.wrap(Arrays.copyOf(partition.array(), partition.length() + 1));
        return map.subMap(
                new Position(List.of(partition, start)),
                true,
                new Position(end == null ? List.of(nextPartition) : List.of(partition, end)),
                false);
    }

    private static NavigableMap<Position, Item> behind(NavigableMap<Position, Item> ordered, Position after) {
        try {
            return ordered.tailMap(after, false);
        } catch (IllegalArgumentException e) {
            throw new InvalidCursorException("the cursor lies outside of its query", e);
        }
    }

    private Cursor feedCursor(long sequence) {
        return CursorCodec.encode(
                Kind.CHANGES,
                new byte[0],
                ByteBuffer.allocate(3 * Long.BYTES)
                        .putLong(tableId.getMostSignificantBits())
                        .putLong(tableId.getLeastSignificantBits())
                        .putLong(sequence)
                        .array());
    }

    private long nowSeconds() {
        return clock.instant().getEpochSecond();
    }
}
