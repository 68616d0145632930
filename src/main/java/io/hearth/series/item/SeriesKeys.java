package io.hearth.series.item;

import io.hearth.layout.DeviceItems;
import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.table.Bytes;
import io.hearth.table.Key;
import io.hearth.table.SortRange;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/*
 * Sort keys of a device's partition; the partition key is the device id. Engines compare bytes as unsigned, so flipping the
 * sign bit makes byte order equal time order, before 1970 too.
 *
 *   device   01
 *   run      10 | [8] first device time, µs, ^ Long.MIN_VALUE | [8] hybrid time | region, ASCII
 *
 *   chunk    20 | [8] start of its window, µs, ^ Long.MIN_VALUE | [8] hybrid time of the sealing | [2] number
 *
 *   sent     21 | [8] start of its window, µs, ^ Long.MIN_VALUE | [8] hybrid time of the sealing
 *
 *   rollup   30 | [8] mean width of its level, µs | [8] how long it is kept, s | [8] start of its window ^ Long.MIN_VALUE | [2] number
 *
 *   levels   31
 *
 * The stamp of the write ends a run's key, so that two writes never share one, not even of two regions. A run never crosses
 * a slot of 15 minutes, so a reading at time t is in a run that begins in t's slot: that is how far back a range query has
 * to start. A chunk never crosses its window of a day; what a window is sealed into again sorts behind what it was.
 *
 * A change needs a new format version; SeriesGoldenTest pins the bytes.
 */
public final class SeriesKeys {
    /** The width of a slot, which no run crosses. */
    public static final long SLOT_MICROS = 15L * 60 * 1_000_000;

    /** The width of a window, whose readings are sealed together: a day in UTC. */
    public static final long WINDOW_MICROS = 24L * 60 * 60 * 1_000_000;

    private static final int RUN_TIME_AT = 1;
    private static final int RUN_STAMP_AT = 9;
    private static final int RUN_REGION_AT = 17;
    private static final int CHUNK_BYTES = 19;
    private static final int ROLLUP_WINDOW_AT = 17;
    private static final int ROLLUP_NUMBER_AT = 25;

    private static final Bytes DEVICE_KEY = Bytes.wrap(new byte[] {DeviceItems.DEVICE});
    private static final Bytes ROLLUP_LEVELS_KEY = Bytes.wrap(new byte[] {DeviceItems.ROLLUP_LEVELS});

    private SeriesKeys() {}

    public static Key device(DeviceId device) {
        return new Key(device.value(), DEVICE_KEY);
    }

    public static Key run(DeviceId device, long firstTimeMicros, long hybridTime, byte[] region) {
        byte[] key = new byte[RUN_REGION_AT + region.length];
        key[0] = DeviceItems.RUN;
        putLong(key, RUN_TIME_AT, firstTimeMicros ^ Long.MIN_VALUE);
        putLong(key, RUN_STAMP_AT, hybridTime);
        System.arraycopy(region, 0, key, RUN_REGION_AT, region.length);
        return new Key(device.value(), Bytes.wrap(key));
    }

    public static Key chunk(DeviceId device, long windowStartMicros, long sealHybridTime, int number) {
        byte[] key = new byte[CHUNK_BYTES];
        key[0] = DeviceItems.CHUNK;
        putLong(key, RUN_TIME_AT, windowStartMicros ^ Long.MIN_VALUE);
        putLong(key, RUN_STAMP_AT, sealHybridTime);
        key[CHUNK_BYTES - 2] = (byte) (number >> 8);
        key[CHUNK_BYTES - 1] = (byte) number;
        return new Key(device.value(), Bytes.wrap(key));
    }

    /** Which transmissions a window was sealed with. */
    public static Key transmissions(DeviceId device, long windowStartMicros, long sealHybridTime) {
        byte[] key = new byte[RUN_REGION_AT];
        key[0] = DeviceItems.TRANSMISSIONS;
        putLong(key, RUN_TIME_AT, windowStartMicros ^ Long.MIN_VALUE);
        putLong(key, RUN_STAMP_AT, sealHybridTime);
        return new Key(device.value(), Bytes.wrap(key));
    }

    /** Which kind of item of a device has such a key; 0 for none. */
    public static byte kindOf(Bytes sortKey) {
        return sortKey.length() == 0 ? 0 : sortKey.array()[0];
    }

    public static boolean isDevice(Bytes sortKey) {
        return sortKey.equals(DEVICE_KEY);
    }

    public static boolean isChunk(Bytes sortKey) {
        return sortKey.length() == CHUNK_BYTES && sortKey.array()[0] == DeviceItems.CHUNK;
    }

    /** Whether an item is stored by a sealing under a key that nothing has had before. */
    public static boolean isOfSealing(Bytes sortKey) {
        return isChunk(sortKey)
                || (sortKey.length() == RUN_REGION_AT && sortKey.array()[0] == DeviceItems.TRANSMISSIONS);
    }

    public static boolean isRollup(Bytes sortKey) {
        return sortKey.length() == ROLLUP_NUMBER_AT + Short.BYTES && sortKey.array()[0] == DeviceItems.ROLLUP;
    }

    public static boolean isRun(Bytes sortKey) {
        return sortKey.length() > RUN_REGION_AT && sortKey.array()[0] == DeviceItems.RUN;
    }

    /** The sort keys of every run that can hold a reading of {@code [startMicros, endMicros)}. */
    public static SortRange runs(long startMicros, long endMicros) {
        return new SortRange(time(DeviceItems.RUN, slotStart(startMicros)), time(DeviceItems.RUN, endMicros));
    }

    /** The sort keys of every chunk that can hold a reading of {@code [startMicros, endMicros)}. */
    public static SortRange chunks(long startMicros, long endMicros) {
        return new SortRange(time(DeviceItems.CHUNK, windowStart(startMicros)), time(DeviceItems.CHUNK, endMicros));
    }

    /** The sort keys of the transmissions of windows from that of a time on. */
    public static SortRange transmissionsFrom(long startMicros) {
        return new SortRange(
                time(DeviceItems.TRANSMISSIONS, windowStart(startMicros)),
                Bytes.wrap(new byte[] {DeviceItems.TRANSMISSIONS + 1}));
    }

    public static SortRange transmissionsOfWindow(long windowMicros) {
        return between(DeviceItems.TRANSMISSIONS, windowMicros, WINDOW_MICROS);
    }

    /** The sort keys of the runs that begin in the slot that starts at a time. */
    public static SortRange runsOfSlot(long slotMicros) {
        return between(DeviceItems.RUN, slotMicros, SLOT_MICROS);
    }

    /** The sort keys of the chunks of the window that starts at a time. */
    public static SortRange chunksOfWindow(long windowMicros) {
        return between(DeviceItems.CHUNK, windowMicros, WINDOW_MICROS);
    }

    /** From the start of a slot or window to that of the next, which is no further than its width at the ends of time. */
    private static SortRange between(byte kind, long startMicros, long widthMicros) {
        long last = startMicros > Long.MAX_VALUE - widthMicros ? Long.MAX_VALUE : startMicros + widthMicros;
        long end = floor(last, widthMicros);
        byte[] behind = {(byte) (kind + 1)};
        return new SortRange(time(kind, startMicros), end > startMicros ? time(kind, end) : Bytes.wrap(behind));
    }

    /** The record of the levels at which a device has rollups. */
    public static Key rollupLevels(DeviceId device) {
        return new Key(device.value(), ROLLUP_LEVELS_KEY);
    }

    public static Key rollup(DeviceId device, RollupLevel.Id level, long windowStartMicros, int number) {
        byte[] key = Arrays.copyOf(rollupWindow(level, windowStartMicros), ROLLUP_NUMBER_AT + Short.BYTES);
        key[ROLLUP_NUMBER_AT] = (byte) (number >>> 8);
        key[ROLLUP_NUMBER_AT + 1] = (byte) number;
        return new Key(device.value(), Bytes.wrap(key));
    }

    /** The sort keys of every rollup of a level that can hold anything of {@code [startMicros, endMicros)}. */
    public static SortRange rollups(RollupLevel.Id level, long startMicros, long endMicros) {
        return new SortRange(
                Bytes.wrap(rollupWindow(level, windowStart(startMicros))), Bytes.wrap(rollupWindow(level, endMicros)));
    }

    public static long rollupWindowStart(Bytes sortKey) {
        return getLong(sortKey.array(), ROLLUP_WINDOW_AT) ^ Long.MIN_VALUE;
    }

    private static byte[] rollupWindow(RollupLevel.Id level, long windowStartMicros) {
        byte[] key = new byte[ROLLUP_NUMBER_AT];
        key[0] = DeviceItems.ROLLUP;
        putLong(key, 1, level.widthMicros());
        putLong(key, 1 + Long.BYTES, level.keptSeconds());
        putLong(key, ROLLUP_WINDOW_AT, windowStartMicros ^ Long.MIN_VALUE);
        return key;
    }

    /** The stamp of a write in the place where {@link #compareStamps} looks for it; no key of the table. */
    static Bytes stampOnly(WriteStamp stamp) {
        byte[] region = stamp.region().value().getBytes(StandardCharsets.US_ASCII);
        byte[] key = new byte[RUN_REGION_AT + region.length];
        putLong(key, RUN_STAMP_AT, stamp.time().packed());
        System.arraycopy(region, 0, key, RUN_REGION_AT, region.length);
        return Bytes.wrap(key);
    }

    public static int chunkNumber(Bytes sortKey) {
        byte[] key = sortKey.array();
        return (key[CHUNK_BYTES - 2] & 0xFF) << 8 | key[CHUNK_BYTES - 1] & 0xFF;
    }

    public static long chunkWindowStart(Bytes sortKey) {
        return getLong(sortKey.array(), RUN_TIME_AT) ^ Long.MIN_VALUE;
    }

    /** The hybrid time of the sealing. */
    public static long chunkHybridTime(Bytes sortKey) {
        return getLong(sortKey.array(), RUN_STAMP_AT);
    }

    public static long runFirstTimeMicros(Bytes sortKey) {
        return getLong(sortKey.array(), RUN_TIME_AT) ^ Long.MIN_VALUE;
    }

    public static long runHybridTime(Bytes sortKey) {
        return getLong(sortKey.array(), RUN_STAMP_AT);
    }

    public static WriteStamp runStamp(Bytes sortKey) {
        byte[] key = sortKey.array();
        String region = new String(key, RUN_REGION_AT, key.length - RUN_REGION_AT, StandardCharsets.US_ASCII);
        return new WriteStamp(new HybridTime(runHybridTime(sortKey)), new RegionId(region));
    }

    /** Orders the stamps of two run keys as {@link WriteStamp} does, without making any. */
    static int compareStamps(Bytes one, Bytes other) {
        return Arrays.compareUnsigned(
                one.array(), RUN_STAMP_AT, one.length(), other.array(), RUN_STAMP_AT, other.length());
    }

    /** The start of the slot in which a time lies; saturates at the ends of time. */
    public static long slotStart(long timeMicros) {
        return floor(timeMicros, SLOT_MICROS);
    }

    /** The start of the window in which a time lies; saturates at the ends of time. */
    public static long windowStart(long timeMicros) {
        return floor(timeMicros, WINDOW_MICROS);
    }

    private static long floor(long timeMicros, long width) {
        long start = timeMicros - Math.floorMod(timeMicros, width);
        return start > timeMicros ? Long.MIN_VALUE : start;
    }

    private static Bytes time(byte kind, long timeMicros) {
        byte[] key = new byte[RUN_STAMP_AT];
        key[0] = kind;
        putLong(key, RUN_TIME_AT, timeMicros ^ Long.MIN_VALUE);
        return Bytes.wrap(key);
    }

    private static void putLong(byte[] target, int at, long value) {
        for (int i = 7, shift = 0; i >= 0; i--, shift += 8) {
            target[at + i] = (byte) (value >>> shift);
        }
    }

    private static long getLong(byte[] source, int at) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | (source[at + i] & 0xFF);
        }
        return value;
    }
}
