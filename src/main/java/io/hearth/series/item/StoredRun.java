package io.hearth.series.item;

import io.hearth.bytes.CorruptItemException;
import io.hearth.model.DeviceId;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.CorruptChunkException;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import io.hearth.table.Key;
import java.util.Set;

/** Reads runs where they turn up outside of the store, as in the table's change feed. */
public final class StoredRun {
    private StoredRun() {}

    /** Whether a key of the table is that of a run. */
    public static boolean isRun(Key key) {
        return SeriesKeys.isRun(key.sortKey()) && DeviceId.isValid(key.partitionKey());
    }

    /** Whether a key of the table is that of a chunk. */
    public static boolean isChunk(Key key) {
        return SeriesKeys.isChunk(key.sortKey()) && DeviceId.isValid(key.partitionKey());
    }

    /**
     * The readings of a chunk, also those that have expired.
     *
     * @throws CorruptItemException it is none, or damaged
     */
    public static ReadingBlock readingsOfChunk(Bytes chunk) {
        try {
            return Chunk.open(chunk.array()).decode(metric -> true, new ChunkScratch());
        } catch (CorruptChunkException e) {
            throw new CorruptItemException("a chunk is corrupt: " + e.getMessage(), e);
        }
    }

    /** When and where a run was written. */
    public static WriteStamp stamp(Key run) {
        return SeriesKeys.runStamp(run.sortKey());
    }

    /**
     * The readings of a run as they were written, also those that have expired since.
     *
     * @throws CorruptItemException it is none, or damaged
     */
    public static ReadingBlock readings(Item run) {
        // Half of the smallest time, so that no retention added to it goes over the edge.
        BlockBuilder block = new BlockBuilder(Set.of(), TimeRange.ALL, Long.MIN_VALUE / 2, 0);
        block.addRun(run);
        return block.build();
    }
}
