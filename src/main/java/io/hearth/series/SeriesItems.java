package io.hearth.series;

import io.hearth.bytes.CorruptItemException;
import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.layout.DeviceItems;
import io.hearth.layout.Partitions;
import io.hearth.model.EpochMicros;
import io.hearth.series.catalog.StoredDevice;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.clock.StampLease;
import io.hearth.series.erase.StoredErasure;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.IncomingRun;
import io.hearth.series.item.SealedTransmissions;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.rollup.RollupReader;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.value.RemoteRun;
import io.hearth.series.window.Reorganisation;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import io.hearth.table.Key;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/** Reads any item that this room stores, all of it, to find those that are not what was written. */
public final class SeriesItems {
    private SeriesItems() {}

    /**
     * Reads an item.
     *
     * @return whether it is of a kind that this room stores
     * @throws UnsupportedFormatException a later build has written it
     * @throws RuntimeException of any other kind if it is damaged
     */
    public static boolean check(Item item) {
        return switch (item.key().partitionKey()) {
            case Partitions.ERASURES -> {
                StoredErasure.of(item);
                yield true;
            }
            case Partitions.STAMPS -> {
                StampLease.untilMillis(item);
                yield true;
            }
            case Partitions.GUARDS -> {
                Reorganisation.checkGuard(item);
                yield true;
            }
            case Partitions.CLOCK -> {
                if (item.key().sortKey().length() != Long.BYTES) {
                    throw new CorruptItemException("a horizon of the clock has no time");
                }
                yield true;
            }
            default -> checkOfDevice(item);
        };
    }

    /** What an item with a key is and of when; null if it is of none of this room's kinds, or of no time. */
    public static @Nullable String name(Key key) {
        Bytes sortKey = key.sortKey();
        if (SeriesKeys.isRun(sortKey)) {
            return "readings from " + EpochMicros.toInstant(SeriesKeys.runFirstTimeMicros(sortKey)) + " on";
        }
        if (SeriesKeys.isChunk(sortKey)) {
            return "the sealed day " + EpochMicros.toInstant(SeriesKeys.chunkWindowStart(sortKey));
        }
        return SeriesKeys.isDevice(sortKey) ? "the record" : null;
    }

    private static boolean checkOfDevice(Item item) {
        switch (SeriesKeys.kindOf(item.key().sortKey())) {
            case DeviceItems.DEVICE -> StoredDevice.of(item);
            case DeviceItems.RUN -> IncomingRun.parse(new RemoteRun(item.key(), item.body()), Expiry.WITHOUT_ROLLUPS);
            case DeviceItems.CHUNK -> checkChunk(item);
            case DeviceItems.TRANSMISSIONS -> SealedTransmissions.read(item, new ArrayList<>());
            case DeviceItems.ROLLUP ->
                RollupReader.read(
                        item.body().array(),
                        SeriesKeys.rollupWindowStart(item.key().sortKey()),
                        metric -> true);
            case DeviceItems.ROLLUP_LEVELS -> Rollups.decode(item);
            default -> {
                return false;
            }
        }
        return true;
    }

    private static void checkChunk(Item item) {
        Chunk chunk = Chunk.open(item.body().array());
        chunk.spans();
        chunk.metrics();
        chunk.decode(metric -> true, new ChunkScratch());
        long window = SeriesKeys.chunkWindowStart(item.key().sortKey());
        if (chunk.firstMicros() < window || chunk.lastMicros() - window >= SeriesKeys.WINDOW_MICROS) {
            throw new CorruptItemException("a chunk has readings outside of its day");
        }
    }
}
