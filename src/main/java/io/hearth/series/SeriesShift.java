package io.hearth.series;

import io.hearth.model.Column;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.StampShift;
import io.hearth.model.Value;
import io.hearth.model.WriteStamp;
import io.hearth.series.catalog.StoredDevice;
import io.hearth.series.chunk.Chunk;
import io.hearth.series.chunk.ChunkScratch;
import io.hearth.series.chunk.ChunkWriter;
import io.hearth.series.chunk.Span;
import io.hearth.series.clock.ClockWatch;
import io.hearth.series.clock.StampLease;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.erase.ErasureLog;
import io.hearth.series.erase.StoredErasure;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.RunReader;
import io.hearth.series.item.RunWriter;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.item.StampedPoints;
import io.hearth.series.item.StoredRun;
import io.hearth.series.rollup.RollupReader;
import io.hearth.series.rollup.RollupWriter;
import io.hearth.series.rollup.WindowRollup;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Write;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Moves what is stored of readings to other write stamps, item by item, after the clock was wrong. Readings of a time that was
 * still to come were taken in by the clock that was ahead, so they go back with it. To be used while nothing else writes.
 */
public final class SeriesShift {
    private final RegionId region;

    /** @param region of the table */
    public SeriesShift(RegionId region) {
        this.region = region;
    }

    /**
     * Adds the stamps of an item that is of readings.
     *
     * @throws RuntimeException it is damaged
     */
    public void collect(Item item, StampShift.Builder stamps) {
        Key key = item.key();
        if (StoredRun.isRun(key)) {
            WriteStamp stamp = SeriesKeys.runStamp(key.sortKey());
            if (stamp.region().equals(region)) {
                stamps.addWrite(stamp.time().packed(), RunReader.firstIngestMicros(item));
                stamps.addBefore(stamp.time().packed());
            }
            stamps.add(stamp.time().packed());
        } else if (StoredRun.isChunk(key)) {
            stamps.add(SeriesKeys.runHybridTime(key.sortKey()));
            for (Span span : Chunk.open(item.body().array()).spans()) {
                add(span.stamp(), stamps);
            }
        } else if (StoredErasure.isErasure(key)) {
            add(StoredErasure.of(item).stamp(), stamps);
        } else if (ErasureLog.isEntry(key)) {
            add(ErasureLog.decode(item).erasure().stamp(), stamps);
        } else if (StoredDevice.isDevice(key)) {
            stamps.add(hybridTimeOf(StoredDevice.of(item).firstSeenMicros()));
        } else if (isTransmissions(key)) {
            stamps.add(SeriesKeys.runHybridTime(key.sortKey()));
        }
    }

    private void add(WriteStamp stamp, StampShift.Builder stamps) {
        stamps.add(stamp.time().packed());
        if (stamp.region().equals(region)) {
            stamps.addBefore(stamp.time().packed());
        }
    }

    /** The first stamp of the millisecond. */
    private static long hybridTimeOf(long micros) {
        return Math.max(0, Math.floorDiv(micros, 1000L)) << HybridTime.COUNTER_BITS;
    }

    /**
     * What to write in place of an item; nothing if it stays.
     *
     * @param moved takes the number of readings whose time is moved
     * @throws RuntimeException it is damaged
     */
    public List<Write> shift(Item item, StampShift shift, LongConsumer moved) {
        Key key = item.key();
        if (StoredRun.isRun(key)) {
            return shift.isAhead(SeriesKeys.runHybridTime(key.sortKey())) ? shiftRun(item, shift, moved) : List.of();
        }
        if (StoredRun.isChunk(key)) {
            return shiftChunk(item, shift, moved);
        }
        if (StoredErasure.isErasure(key)) {
            return shiftErasure(item, shift);
        }
        if (ErasureLog.isEntry(key)) {
            return shiftErasureEntry(item, shift);
        }
        if (StoredDevice.isDevice(key)) {
            return shiftDevice(item, shift);
        }
        if (isTransmissions(key)) {
            return shiftTransmissions(item, shift);
        }
        boolean isOfTheClock = ClockWatch.isMark(key)
                || (WriteClock.isHorizon(key) && isAhead(WriteClock.horizonMillis(key), shift))
                || (StampLease.isStretch(key) && isAhead(StampLease.untilMillis(item), shift));
        boolean isRollup = SeriesKeys.isRollup(key.sortKey()) && DeviceId.isValid(key.partitionKey());
        boolean isOfAFuture = isRollup && SeriesKeys.rollupWindowStart(key.sortKey()) > EpochMicros.of(shift.now());
        if (isOfTheClock || isOfAFuture) {
            return List.of(new Write.Delete(key));
        }
        return isRollup ? shiftRollup(item, shift) : List.of();
    }

    /** Which erasures are later than what a part was made of is no longer known. */
    private static List<Write> shiftRollup(Item item, StampShift shift) {
        byte[] body = item.body().array();
        long window = SeriesKeys.rollupWindowStart(item.key().sortKey());
        WindowRollup rollup = RollupReader.read(body, window, metric -> true);
        if (Arrays.stream(rollup.earliest())
                .noneMatch(time -> time != WindowRollup.NO_READINGS && shift.isAhead(time))) {
            return List.of();
        }
        Bytes shifted = Bytes.wrap(new RollupWriter(rollup.withoutEarliest()).encodeItem(body));
        return List.of(
                new Write.Put(new Item(item.key(), shifted, item.expiresAtSeconds(), item.version(), item.index())));
    }

    private static boolean isAhead(long millis, StampShift shift) {
        return shift.isAhead(millis << HybridTime.COUNTER_BITS);
    }

    private static List<Write> shiftRun(Item item, StampShift shift, LongConsumer moved) {
        ReadingBlock block = StoredRun.readings(item);
        long retentionSeconds = new RunReader(item).retentionSeconds();
        WriteStamp stamp = SeriesKeys.runStamp(item.key().sortKey());
        WriteStamp to = shift.stamp(stamp);
        StampedPoints points = StampedPoints.withTransmissionsOf(item);
        long movedHere = add(block, 0, block.size(), to, retentionSeconds, shift, points);
        moved.accept(movedHere);
        List<Write> writes = new ArrayList<>();
        writes.add(new Write.Delete(item.key()));
        if (movedHere == 0) {
            // As it is, with the time at which it arrived.
            Key key = SeriesKeys.run(
                    new DeviceId(item.key().partitionKey()),
                    SeriesKeys.runFirstTimeMicros(item.key().sortKey()),
                    to.time().packed(),
                    to.region().value().getBytes(StandardCharsets.US_ASCII));
            byte[] body = RunWriter.withStamp(
                    item.body().array(),
                    stamp.time().physicalMillis(),
                    to.time().physicalMillis(),
                    shift::timeMicros);
            writes.add(new Write.Put(new Item(key, Bytes.wrap(body), expiresAt(item, block, shift), 0, null)));
        } else {
            points.runs(new DeviceId(item.key().partitionKey()), Expiry.WITHOUT_ROLLUPS)
                    .forEach(run -> writes.add(new Write.Put(run)));
        }
        return writes;
    }

    /** Returns how many of the readings are of another time now. */
    private static long add(
            ReadingBlock block,
            int from,
            int end,
            WriteStamp to,
            long retentionSeconds,
            StampShift shift,
            StampedPoints points) {
        long moved = 0;
        for (int row = from; row < end; row++) {
            long time = block.timesMicros()[row];
            long shifted = shift.timeMicros(time);
            moved += shifted == time ? 0 : 1;
            for (Column column : block.columns()) {
                Value value = column.valueAt(row);
                if (value != null) {
                    points.add(shifted, column.metric(), value, to, retentionSeconds);
                }
            }
        }
        return moved;
    }

    private static List<Write> shiftChunk(Item item, StampShift shift, LongConsumer moved) {
        DeviceId device = new DeviceId(item.key().partitionKey());
        Bytes sortKey = item.key().sortKey();
        Chunk chunk = Chunk.open(item.body().array());
        boolean hasStampsAhead = chunk.spans().stream()
                .anyMatch(span -> shift.isAhead(span.stamp().time().packed()));
        if (!hasStampsAhead && !shift.isAhead(SeriesKeys.runHybridTime(sortKey))) {
            return List.of();
        }
        List<Write> writes = new ArrayList<>();
        writes.add(new Write.Delete(item.key()));
        ReadingBlock block = chunk.decode(metric -> true, new ChunkScratch());
        if (chunk.lastMicros() > EpochMicros.of(shift.now())) {
            // Its readings are of other days now: runs, until these are sealed.
            StampedPoints points = new StampedPoints();
            int row = 0;
            long movedHere = 0;
            for (Span span : chunk.spans()) {
                int end = row + span.readings();
                movedHere += add(block, row, end, shift.stamp(span.stamp()), span.retentionSeconds(), shift, points);
                row = end;
            }
            moved.accept(movedHere);
            points.runs(device, Expiry.WITHOUT_ROLLUPS).forEach(run -> writes.add(new Write.Put(run)));
            return writes;
        }
        List<Span> spans = chunk.spans().stream()
                .map(span -> new Span(span.readings(), shift.stamp(span.stamp()), span.retentionSeconds()))
                .toList();
        long sealed = shift.stamp(SeriesKeys.runHybridTime(sortKey));
        int number = SeriesKeys.chunkNumber(sortKey);
        for (byte[] body : ChunkWriter.encode(block, spans, chunk.extras())) {
            writes.add(new Write.Put(new Item(
                    SeriesKeys.chunk(device, SeriesKeys.chunkWindowStart(sortKey), sealed, number++),
                    Bytes.wrap(body),
                    item.expiresAtSeconds(),
                    0,
                    null)));
        }
        return writes;
    }

    private static boolean isTransmissions(Key key) {
        return SeriesKeys.isOfSealing(key.sortKey())
                && !SeriesKeys.isChunk(key.sortKey())
                && DeviceId.isValid(key.partitionKey());
    }

    private static List<Write> shiftTransmissions(Item item, StampShift shift) {
        Bytes sortKey = item.key().sortKey();
        if (!shift.isAhead(SeriesKeys.runHybridTime(sortKey))) {
            return List.of();
        }
        long window = SeriesKeys.chunkWindowStart(sortKey);
        long shifted = SeriesKeys.windowStart(shift.timeMicros(window));
        Key key = SeriesKeys.transmissions(
                new DeviceId(item.key().partitionKey()), shifted, shift.stamp(SeriesKeys.runHybridTime(sortKey)));
        long expiresAtSeconds =
                shifted == window ? item.expiresAtSeconds() : shift.expiresAtSeconds(item.expiresAtSeconds());
        return List.of(
                new Write.Delete(item.key()),
                new Write.Put(new Item(key, item.body(), expiresAtSeconds, item.version(), null)));
    }

    private static List<Write> shiftErasure(Item item, StampShift shift) {
        Erasure erasure = StoredErasure.of(item);
        if (!shift.isAhead(erasure.stamp().time().packed())) {
            return List.of();
        }
        WriteStamp to = shift.stamp(erasure.stamp());
        return List.of(
                new Write.Delete(item.key()),
                new Write.Put(new Item(
                        StoredErasure.key(to),
                        item.body(),
                        shift.expiresAtSeconds(
                                item.expiresAtSeconds(), erasure.stamp().time()),
                        item.version(),
                        null)));
    }

    /**
     * What seemed to have expired by the clock that was ahead was in nobody's sight, also when it was to be erased, here or by
     * another region. So whatever the log has is erased once more by the next start.
     */
    private static List<Write> shiftErasureEntry(Item item, StampShift shift) {
        ErasureLog.Entry entry = ErasureLog.decode(item);
        Erasure erasure = entry.erasure();
        ErasureLog.Entry pending = new ErasureLog.Entry(
                entry.number(),
                new Erasure(erasure.device(), erasure.range(), erasure.wholeDevice(), shift.stamp(erasure.stamp())),
                ErasureLog.State.PENDING,
                0);
        return List.of(new Write.Put(new Item(item.key(), ErasureLog.body(pending), 0, item.version(), null)));
    }

    private static List<Write> shiftDevice(Item item, StampShift shift) {
        DeviceSummary device = StoredDevice.of(item);
        long firstSeen = hybridTimeOf(device.firstSeenMicros());
        if (!shift.isAhead(firstSeen)) {
            return List.of();
        }
        long toMicros = (shift.stamp(firstSeen) >>> HybridTime.COUNTER_BITS) * 1000;
        Item moved = StoredDevice.itemSince(device, toMicros);
        return List.of(new Write.Put(new Item(moved.key(), moved.body(), 0, item.version(), moved.index())));
    }

    /** What came late stayed for some days by the clock that was ahead. */
    private static long expiresAt(Item item, ReadingBlock block, StampShift shift) {
        long latest = shift.now().plus(Expiry.GRACE).getEpochSecond();
        long last = block.timesMicros()[block.size() - 1];
        long retentionSeconds = new RunReader(item).retentionSeconds();
        if (item.expiresAtSeconds() == 0 || retentionSeconds == 0) {
            return 0;
        }
        return Math.min(item.expiresAtSeconds(), Math.max(latest, Expiry.ofReadings(last, retentionSeconds)));
    }
}
