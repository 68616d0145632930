package io.hearth.sync;

import io.hearth.changes.ChangeRecord;
import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.series.WindowDigests;
import io.hearth.series.value.RemoteRun;
import io.hearth.shadow.StoredShadow;
import io.hearth.sync.wire.SyncPage;
import io.hearth.sync.wire.SyncRecord;
import io.hearth.table.Blocking;
import io.hearth.table.Change;
import io.hearth.table.ChangePage;
import io.hearth.table.ChangeStart;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import io.hearth.table.Page;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** What this region has, for peers and apps: its changes in commit order, and everything. Blocks until the table answers. */
public final class SyncSource {
    /** No further than this is it counted how much lies behind a page. */
    public static final int MOST_COUNTED = 10_000;

    /** The most records of a page. */
    public static final int MOST_RECORDS = 20_000;

    private static final Logger LOG = Logger.getLogger(SyncSource.class);
    private static final ChangeRecord.Visitor<Optional<SyncRecord>> RECORDS = new Records();
    private static final int CHANGES_AT_A_TIME = 512;
    private static final int ITEMS_AT_A_TIME = 512;

    /** A page ends behind the commit, or the page of the table, with which it gets larger than this. */
    private static final long PAGE_BYTES = 2L << 20;

    private static final long COUNT_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Table table;
    private final RegionId region;
    private final AtomicLong lastCountNanos = new AtomicLong(System.nanoTime() - COUNT_INTERVAL_NANOS);

    public SyncSource(Table table, RegionId region) {
        this.table = table;
        this.region = region;
    }

    /** Whose changes a feed has. */
    public enum Origin {
        /** Those that began in this region. */
        OWN,
        /** All, those that came from other regions included. */
        ALL
    }

    /**
     * What of the feed is wanted.
     *
     * @param devices only these; empty for all
     * @param kinds only these; empty for all
     * @param except a region whose own writes are left out, as it is the one that asks; null for none
     */
    public record Wanted(
            Set<DeviceId> devices,
            Set<SyncRecord.Kind> kinds,
            Origin origin,
            @Nullable RegionId except) {
        public static final Wanted EVERYTHING = new Wanted(Set.of(), Set.of(), Origin.ALL, null);

        public Wanted {
            devices = Set.copyOf(devices);
            kinds = Set.copyOf(kinds);
        }
    }

    public RegionId region() {
        return region;
    }

    /** Behind every change so far. */
    public Cursor now() {
        return Blocking.await(table.changesFrom(ChangeStart.NOW));
    }

    /** Before the oldest change that is still kept. */
    public Cursor oldest() {
        return Blocking.await(table.changesFrom(ChangeStart.OLDEST));
    }

    /**
     * The changes behind {@code after}, as far as they are committed.
     *
     * @param limit about how many records
     * @throws io.hearth.table.CursorExpiredException they are no longer kept
     * @throws io.hearth.table.InvalidCursorException the place is none of this feed
     */
    public SyncPage changes(Cursor after, int limit, Wanted wanted) {
        List<SyncRecord> records = new ArrayList<>();
        Cursor place = after;
        long bytes = 0;
        boolean more = true;
        while (more && records.size() < limit && bytes < PAGE_BYTES) {
            ChangePage page = Blocking.await(table.changes(place, Math.min(limit, CHANGES_AT_A_TIME)));
            for (Change change : page.changes()) {
                if (change instanceof Change.Stored stored) {
                    bytes += stored.item().body().length();
                    SyncRecord record = changeRecord(stored.item(), wanted);
                    if (record != null) {
                        records.add(record);
                    }
                }
            }
            more = !page.next().equals(place);
            place = page.next();
        }
        return new SyncPage(records, place, more, more ? countBehind(place) : 0);
    }

    private long countBehind(Cursor place) {
        long now = System.nanoTime();
        long last = lastCountNanos.get();
        if (now - last < COUNT_INTERVAL_NANOS || !lastCountNanos.compareAndSet(last, now)) {
            return -1;
        }
        return Blocking.await(table.changes(place, MOST_COUNTED)).changes().size();
    }

    /**
     * Everything in a segment of the table.
     *
     * @param after where an earlier page ended; null begins
     * @throws io.hearth.table.InvalidCursorException the place is none of this snapshot
     */
    public SyncPage snapshot(int segment, int segments, @Nullable Cursor after) {
        List<SyncRecord> records = new ArrayList<>();
        Cursor place = after;
        long bytes = 0;
        do {
            Page page = Blocking.await(table.scan(new Scan(segment, segments, ITEMS_AT_A_TIME, place)));
            for (Item item : page.items()) {
                SyncRecord record = record(item);
                if (record != null) {
                    records.add(record);
                    bytes += item.body().length();
                }
            }
            place = page.next();
        } while (place != null && bytes < PAGE_BYTES);
        return new SyncPage(records, place, place != null, -1);
    }

    /** All that is stored of a day of a device. */
    public SyncPage window(DeviceId device, long startMicros) {
        List<SyncRecord> records = new ArrayList<>();
        for (Item item : WindowDigests.stored(table, device, startMicros)) {
            SyncRecord record = record(item);
            if (record != null) {
                records.add(record);
            }
        }
        return new SyncPage(records, null, false, -1);
    }

    private @Nullable SyncRecord changeRecord(Item item, Wanted wanted) {
        ChangeRecord change = ChangeRecord.of(item);
        if (change instanceof ChangeRecord.Run run && !isOrigin(run.stamp().region(), wanted)) {
            return null; // nearly all that there is, so without making a record of it
        }
        SyncRecord record = change == null ? null : record(change);
        boolean isWanted = record != null
                && (wanted.kinds.isEmpty() || wanted.kinds.contains(record.kind()))
                && (wanted.devices.isEmpty() || wanted.devices.contains(record.device()))
                && isOrigin(record, wanted);
        return isWanted ? record : null;
    }

    private boolean isOrigin(SyncRecord record, Wanted wanted) {
        if (record instanceof SyncRecord.Erased erased) {
            return isOrigin(erased.erasure().stamp().region(), wanted);
        }
        if (record instanceof SyncRecord.Chunk) {
            // Chunks are in the feed where they came from another region; what is sealed here is not.
            return wanted.origin == Origin.ALL;
        }
        if (record instanceof SyncRecord.Shadow shadow) {
            // A write here is later than every write that it has seen: what was written here last was merged here last.
            // Who asks for all also gets documents that itself wrote last, as they may have earlier writes of others.
            WriteStamp last = shadow.document().lastWrite();
            return wanted.origin == Origin.ALL || last == null || last.region().equals(region);
        }
        return true;
    }

    private boolean isOrigin(RegionId writer, Wanted wanted) {
        return (wanted.origin == Origin.ALL || writer.equals(region)) && !writer.equals(wanted.except);
    }

    private static @Nullable SyncRecord record(Item item) {
        ChangeRecord change = ChangeRecord.of(item);
        return change == null ? null : record(change);
    }

    private static @Nullable SyncRecord record(ChangeRecord change) {
        try {
            return change.accept(RECORDS).orElse(null);
        } catch (RuntimeException e) {
            // Reading an item asks nothing of the table: whatever fails is of this item, and must not stop the feed.
            LOG.errorf(
                    "An item of %s cannot be sent to other regions: %s",
                    change.item().key().partitionKey(), e.toString());
            return null;
        }
    }

    /** What regions tell each other of a stored item. */
    private static final class Records implements ChangeRecord.Visitor<Optional<SyncRecord>> {
        @Override
        public Optional<SyncRecord> run(ChangeRecord.Run run) {
            return Optional.of(new SyncRecord.Run(
                    new RemoteRun(run.item().key(), run.item().body())));
        }

        @Override
        public Optional<SyncRecord> chunk(ChangeRecord.Chunk chunk) {
            return Optional.of(new SyncRecord.Chunk(chunk.device(), chunk.item().body()));
        }

        @Override
        public Optional<SyncRecord> device(ChangeRecord.Device device) {
            return Optional.of(new SyncRecord.Device(device.summary()));
        }

        @Override
        public Optional<SyncRecord> erased(ChangeRecord.Erased erased) {
            return Optional.of(new SyncRecord.Erased(erased.erasure()));
        }

        @Override
        public Optional<SyncRecord> shadow(ChangeRecord.Shadow shadow) {
            StoredShadow stored = shadow.shadow();
            return Optional.of(new SyncRecord.Shadow(stored.id(), stored.document()));
        }

        /** A device is connected to one region, which alone knows it. */
        @Override
        public Optional<SyncRecord> presence(ChangeRecord.PresenceChange presence) {
            return Optional.empty();
        }
    }
}
