package io.hearth.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where the write stamps go that a clock gave out while it was ahead: back by as much as it was ahead, in the order that they
 * have, behind every other stamp of the same regions and not later than now. Two stamps never become one. Immutable.
 */
public final class StampShift {
    private final Instant now;
    private final long aheadFromMillis;
    private final long aheadMillis;
    private final long[] from;
    private final long[] to;

    private StampShift(Instant now, long aheadFromMillis, long aheadMillis, long[] from, long[] to) {
        this.now = now;
        this.aheadFromMillis = aheadFromMillis;
        this.aheadMillis = aheadMillis;
        this.from = from;
        this.to = to;
    }

    /** Gathers the stamps of a table. */
    public static final class Builder {
        /** The last stamp lies so far back, so that whatever is written next is later. */
        private static final long BEHIND_NOW_MILLIS = 2_000;

        private final Instant now;
        private final long aheadFromMillis;
        private long[] stamps = new long[1024];
        private int size;
        private long latestBefore;
        private long estimatedAheadMillis;

        /**
         * Begins without any.
         *
         * @param now the right time
         * @param tolerance stamps that are ahead by no more stay
         */
        public Builder(Instant now, Duration tolerance) {
            this.now = now;
            this.aheadFromMillis = now.plus(tolerance).toEpochMilli() + 1;
        }

        /** Adds a stamp, or a time as the first stamp of its millisecond. */
        public void add(long hybridTime) {
            if (hybridTime >>> HybridTime.COUNTER_BITS < aheadFromMillis) {
                return;
            }
            if (size == stamps.length) {
                sortAndLeaveOutTheSame();
                stamps = size > stamps.length / 2 ? Arrays.copyOf(stamps, stamps.length * 2) : stamps;
            }
            stamps[size++] = hybridTime;
        }

        /**
         * Adds the stamp of a write of this region.
         *
         * @param arrivedMicros when what was written arrived, by the clock that the process had then
         */
        public void addWrite(long hybridTime, long arrivedMicros) {
            add(hybridTime);
            long stampMillis = hybridTime >>> HybridTime.COUNTER_BITS;
            long arrivedMillis = Math.floorDiv(arrivedMicros, 1000L);
            if (stampMillis >= aheadFromMillis && arrivedMillis < aheadFromMillis) {
                // Written after the clock was mended, as stamps never go back: the first such write shows how far it
                // was ahead.
                estimatedAheadMillis = Math.max(estimatedAheadMillis, stampMillis - arrivedMillis);
            }
        }

        /** Adds a stamp of this region that is not ahead; those that are shall stay behind it. */
        public void addBefore(long hybridTime) {
            if (hybridTime >>> HybridTime.COUNTER_BITS < aheadFromMillis) {
                latestBefore = Math.max(latestBefore, hybridTime);
            }
        }

        private void sortAndLeaveOutTheSame() {
            Arrays.sort(stamps, 0, size);
            int kept = 0;
            for (int i = 0; i < size; i++) {
                if (i == 0 || stamps[i] != stamps[i - 1]) {
                    stamps[kept++] = stamps[i];
                }
            }
            size = kept;
        }

        /**
         * Says where the stamps go.
         *
         * @param ahead how far the clock was ahead; null to go by what is stored
         */
        public StampShift build(@Nullable Duration ahead) {
            sortAndLeaveOutTheSame();
            long[] from = Arrays.copyOf(stamps, size);
            long[] to = new long[size];
            long latest = (now.toEpochMilli() - BEHIND_NOW_MILLIS) << HybridTime.COUNTER_BITS;
            long aheadMillis = 0;
            if (ahead != null) {
                aheadMillis = ahead.toMillis();
            } else if (size > 0) {
                long newestMillis = from[size - 1] >>> HybridTime.COUNTER_BITS;
                aheadMillis = estimatedAheadMillis > 0 ? estimatedAheadMillis : newestMillis - now.toEpochMilli();
            }
            long before = latestBefore;
            for (int i = 0; i < size; i++) {
                long shifted = Math.max(0, from[i] - (aheadMillis << HybridTime.COUNTER_BITS));
                before = Math.max(before + 1, Math.min(shifted, latest));
                to[i] = before;
            }
            return new StampShift(now, aheadFromMillis, aheadMillis, from, to);
        }
    }

    /** How many different stamps are ahead. */
    public int size() {
        return from.length;
    }

    /** How far back they go. */
    public Duration ahead() {
        return Duration.ofMillis(aheadMillis);
    }

    /** The right time. */
    public Instant now() {
        return now;
    }

    /** The latest of the stamps that are ahead, as {@linkplain HybridTime#packed() packed}; 0 if none is. */
    public long latest() {
        return from.length == 0 ? 0 : from[from.length - 1];
    }

    /** Whether a stamp is moved. */
    public boolean isAhead(long hybridTime) {
        return hybridTime >>> HybridTime.COUNTER_BITS >= aheadFromMillis;
    }

    /**
     * Where a stamp goes; one that is not ahead stays.
     *
     * @throws IllegalArgumentException it is ahead, and was not among those that this was made of
     */
    public long stamp(long hybridTime) {
        if (!isAhead(hybridTime)) {
            return hybridTime;
        }
        int at = Arrays.binarySearch(from, hybridTime);
        if (at < 0) {
            throw new IllegalArgumentException("stamp " + hybridTime + " was not there before");
        }
        return to[at];
    }

    /** As above. */
    public WriteStamp stamp(WriteStamp stamp) {
        return new WriteStamp(new HybridTime(stamp(stamp.time().packed())), stamp.region());
    }

    /** A time by the clock that was ahead, in epoch microseconds, as it should have been; one that is not ahead of now stays. */
    public long timeMicros(long micros) {
        return micros > EpochMicros.of(now) ? micros - aheadMillis * 1000 : micros;
    }

    /** When something expires, in epoch seconds, that goes where its stamp goes; 0 for never. Whose stamp stays, stays, too. */
    public long expiresAtSeconds(long seconds, HybridTime stamp) {
        long movedMillis = stamp.physicalMillis() - new HybridTime(stamp(stamp.packed())).physicalMillis();
        return seconds == 0 ? 0 : Math.max(1, seconds - movedMillis / 1000);
    }

    /** When something expires, in epoch seconds, that was stored with a time by the clock that was ahead; 0 for never. */
    public long expiresAtSeconds(long seconds) {
        return seconds == 0 ? 0 : Math.max(1, seconds - aheadMillis / 1000);
    }
}
