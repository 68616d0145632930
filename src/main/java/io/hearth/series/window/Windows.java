package io.hearth.series.window;

import io.hearth.bytes.ByteReader;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.item.BlockBuilder;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.SealedTransmissions;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.value.Transmission;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.ItemWalk;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;

/** What windows are stored as: their chunks, and what goes with these. Sealing and erasure have it in common. */
public final class Windows {
    /** Earlier builds remembered so many transmissions in each chunk. */
    private static final int TRANSMISSIONS_IN_CHUNK = 64;

    /**
     * Expired readings stay in a chunk until all of it has expired. Who left them out would believe a wall clock that may be wrong,
     * and rollups are made of them.
     */
    public static final long KEPT = Expiry.BEFORE_EXPIRY;

    private static final byte[] NO_EXTRAS = {};
    private static final int PAGE_ITEMS = 2048;

    private final Table table;
    private final Rollups rollups;
    private final Expiry expiry;
    private final LongUnaryOperator hybridTimes;
    private final InstantSource wallClock;
    private final ReentrantLock onlyOne = new ReentrantLock();

    /** @param hybridTimes gives out hybrid times, each once, and later than the one it is given */
    public Windows(
            Table table, Rollups rollups, Expiry expiry, LongUnaryOperator hybridTimes, InstantSource wallClock) {
        this.table = table;
        this.rollups = rollups;
        this.expiry = expiry;
        this.hybridTimes = hybridTimes;
        this.wallClock = wallClock;
    }

    /** Runs something while no other thread of this process seals or erases. */
    public <T> T exclusively(Supplier<T> action) {
        onlyOne.lock();
        try {
            return action.get();
        } finally {
            onlyOne.unlock();
        }
    }

    public Reorganisation beginReorganisation(DeviceId device) {
        return Reorganisation.begin(table, device, wallClock);
    }

    public ItemWalk walk(DeviceId device, SortRange range) {
        return new ItemWalk(
                table,
                new Query(device.value(), range, Direction.ASCENDING, PAGE_ITEMS, null, Consistency.STRONG),
                PAGE_ITEMS);
    }

    public List<Item> chunks(DeviceId device, long window) {
        return all(device, SeriesKeys.chunksOfWindow(window));
    }

    /** The items that remember which transmissions brought what was sealed; none if the window is too old for that. */
    public List<Item> transmissions(DeviceId device, long window) {
        return SealedTransmissions.areKeptOf(window, wallClock.instant())
                ? all(device, SeriesKeys.transmissionsOfWindow(window))
                : List.of();
    }

    /** The items that are to remember transmissions from now on. */
    public List<Item> transmissionItems(
            DeviceId device, long window, long hybridTime, List<Transmission> transmissions) {
        return SealedTransmissions.items(device, window, hybridTime, transmissions, wallClock.instant());
    }

    public List<Item> all(DeviceId device, SortRange range) {
        List<Item> items = new ArrayList<>();
        walk(device, range).forEachRemaining(items::add);
        return items;
    }

    /** A time to store chunks under, so that they sort behind all that are there: see {@code SegmentScan}. */
    public long timeBehind(List<Item> chunks) {
        long latest = 0;
        for (Item chunk : chunks) {
            latest = Math.max(latest, SeriesKeys.chunkHybridTime(chunk.key().sortKey()));
        }
        return hybridTimes.applyAsLong(latest);
    }

    /** The chunks that hold what builders have merged, each by itself; none of one that has nothing. */
    public List<Item> chunksOf(DeviceId device, long window, List<BlockBuilder> builders, long hybridTime) {
        List<Item> items = new ArrayList<>();
        for (BlockBuilder builder : builders) {
            ReadingBlock block = builder.build();
            if (block.size() == 0) {
                continue;
            }
            for (byte[] body : ChunkWriter.encode(block, builder.spans(), NO_EXTRAS)) {
                items.add(new Item(
                        SeriesKeys.chunk(device, window, hybridTime, items.size()),
                        Bytes.wrap(body),
                        expiry.ofChunk(device, window, Chunk.open(body)),
                        0,
                        null));
            }
        }
        return items;
    }

    /**
     * Adds what has to be stored and removed for the rollups of a window.
     *
     * @param chunks all that the window is going to have
     * @param hybridTime as for {@link Rollups#change}
     */
    public void addRollups(
            DeviceId device,
            long window,
            List<Item> chunks,
            long hybridTime,
            List<Item> items,
            List<Bytes> superseded) {
        long rawUntilSeconds = 0;
        boolean expires = !chunks.isEmpty();
        List<Chunk> opened = new ArrayList<>();
        for (Item item : chunks) {
            expires &= item.expiresAtSeconds() != 0;
            rawUntilSeconds = Math.max(rawUntilSeconds, item.expiresAtSeconds());
            opened.add(Chunk.open(item.body().array()));
        }
        Rollups.Change change = rollups.change(device, window, opened, expires ? rawUntilSeconds : 0, hybridTime);
        items.addAll(change.items());
        superseded.addAll(change.superseded());
    }

    /*
     * Extras of a chunk of an earlier build: varint transmissions, each [8] client hash | [2] packet id | [4] payload hash.
     */
    public static List<Transmission> transmissionsIn(Chunk chunk) {
        ByteReader in = new ByteReader(chunk.extras());
        List<Transmission> transmissions = new ArrayList<>();
        int count = in.remaining() == 0 ? 0 : in.readCount(TRANSMISSIONS_IN_CHUNK);
        for (int i = 0; i < count; i++) {
            transmissions.add(new Transmission(in.readLong(), in.readShort(), in.readInt(), true));
        }
        return transmissions;
    }
}
