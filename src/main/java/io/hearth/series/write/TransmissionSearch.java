package io.hearth.series.write;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.series.item.RunReader;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.value.Transmission;
import io.hearth.table.Blocking;
import io.hearth.table.Bytes;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Item;
import io.hearth.table.Page;
import io.hearth.table.Query;
import io.hearth.table.Table;

/**
 * Looks for the last use of a packet id by a client among the runs of a device. Runs are in the order of device times, and a
 * reading may have one ahead of the clock; which use was the last one, the write stamps tell.
 */
final class TransmissionSearch {
    /** More than a client may have in flight: so many of its transmissions are looked through. */
    private static final int MAX_LOOKED_AT = 2048;

    private static final int FIRST_PAGE_ITEMS = 64;
    private static final int PAGE_ITEMS = 1024;

    private final Table table;
    private final DeviceId device;
    private final Transmission wanted;
    private final long sinceMicros;
    private int lookedAt;
    private long foundHybridTime = -1;
    private int foundPayloadHash;

    /** What the runs say of the transmission. */
    enum Outcome {
        STORED,
        /** The last use of the packet id had another payload. */
        OTHER,
        /** The packet id is not among those that the client used last. */
        TOO_MANY,
        /** No run has the packet id. */
        UNKNOWN
    }

    /** @param sinceMicros how far back in device time to look */
    TransmissionSearch(Table table, DeviceId device, Transmission wanted, long sinceMicros) {
        this.table = table;
        this.device = device;
        this.wanted = wanted;
        this.sinceMicros = sinceMicros;
    }

    /** Looks through the runs that begin before a device time, the latest first. Blocks. */
    void lookBefore(long endMicros) {
        Query query = new Query(
                device.value(),
                SeriesKeys.runs(sinceMicros, endMicros),
                Direction.DESCENDING,
                FIRST_PAGE_ITEMS,
                null,
                Consistency.STRONG);
        lookedAt = 0;
        long stopMicros = Long.MIN_VALUE;
        while (true) {
            Page page = Blocking.await(table.query(query));
            for (Item item : page.items()) {
                Bytes sortKey = item.key().sortKey();
                if (SeriesKeys.runFirstTimeMicros(sortKey) < stopMicros) {
                    return;
                }
                if (hasLaterUse(item)) {
                    // A packet id is used again only after its acknowledgement: readings of a later use have come
                    // later.
                    long writtenMicros = (foundHybridTime >>> HybridTime.COUNTER_BITS) * 1000;
                    stopMicros = SeriesKeys.slotStart(Math.min(writtenMicros, SeriesKeys.runFirstTimeMicros(sortKey)));
                }
            }
            Cursor next = page.next();
            if (next == null || lookedAt > MAX_LOOKED_AT) {
                return;
            }
            query = query.from(next, PAGE_ITEMS);
        }
    }

    /** Whether a run has a later use of the packet id than what was found before. */
    private boolean hasLaterUse(Item run) {
        boolean found = false;
        long hybridTime = SeriesKeys.runHybridTime(run.key().sortKey());
        for (Transmission stored : RunReader.transmissionsOf(run)) {
            if (stored.clientHash() == wanted.clientHash()) {
                lookedAt++;
                // Of several in a run the last one came last.
                if (stored.packetId() == wanted.packetId() && hybridTime >= foundHybridTime) {
                    foundHybridTime = hybridTime;
                    foundPayloadHash = stored.payloadHash();
                    found = true;
                }
            }
        }
        return found;
    }

    Outcome outcome() {
        if (foundHybridTime >= 0) {
            return foundPayloadHash == wanted.payloadHash() ? Outcome.STORED : Outcome.OTHER;
        }
        return lookedAt > MAX_LOOKED_AT ? Outcome.TOO_MANY : Outcome.UNKNOWN;
    }
}
