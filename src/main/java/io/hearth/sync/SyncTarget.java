package io.hearth.sync;

import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.series.Erasure;
import io.hearth.series.RemoteWrites;
import io.hearth.series.RemoteWrites.RemoteRun;
import io.hearth.shadow.ShadowStore;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import io.hearth.table.Key;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Multi;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.jboss.logging.Logger;

/**
 * Takes in the records of peers. In whatever order and however often they come, the outcome is the same. Blocks until all of
 * it is durable. Safe for several threads.
 *
 * <p>Lines that this build does not know are kept for a month, and looked at again at each start: a later build takes them in.
 */
public final class SyncTarget {
    private static final Logger LOG = Logger.getLogger(SyncTarget.class);
    private static final Duration UNKNOWN_KEPT = Duration.ofDays(30);
    private static final String UNKNOWN = "unknown/";
    private static final int SHADOWS_AT_A_TIME = 16;

    private final Table table;
    private final RemoteWrites series;
    private final ShadowStore shadows;
    private final InstantSource clock;
    private final Duration maxClockAhead;
    private final Consumer<Erasure> erased;

    /**
     * @param maxClockAhead how far the clock of another region may be ahead of the one here
     * @param erased is told of each erasure that came in and is news, when it is done
     */
    public SyncTarget(
            Table table,
            RemoteWrites series,
            ShadowStore shadows,
            InstantSource clock,
            Duration maxClockAhead,
            Consumer<Erasure> erased) {
        this.table = table;
        this.series = series;
        this.shadows = shadows;
        this.clock = clock;
        this.maxClockAhead = maxClockAhead;
        this.erased = erased;
    }

    /**
     * What became of records.
     *
     * @param readings what became of runs and chunks
     * @param lostFields fields of shadows that two regions had written without knowing of each other
     * @param unknown lines that were put aside
     */
    record Taken(RemoteWrites.Outcome readings, int lostFields, int unknown) {}

    /**
     * Takes in a page.
     *
     * @throws io.hearth.series.ClockAheadException the peer's clock is too far ahead; some of the page may be stored, and all
     *     may come again
     * @throws io.hearth.table.TableException as above
     */
    Taken take(PeerTransport.Answer page, RegionId peer) {
        Taken taken = take(page.records(), peer);
        keep(page.unknown());
        return new Taken(taken.readings, taken.lostFields, page.unknown().size());
    }

    private Taken take(List<SyncRecord> records, RegionId peer) {
        List<RemoteRun> runs = new ArrayList<>();
        List<SyncRecord.Shadow> documents = new ArrayList<>();
        RemoteWrites.Outcome outcome = RemoteWrites.Outcome.NOTHING;
        // Devices and erasures first: both spare the readings work.
        for (SyncRecord record : records) {
            if (record instanceof SyncRecord.Device device) {
                series.apply(device.summary());
            } else if (record instanceof SyncRecord.Erased found && series.apply(found.erasure(), maxClockAhead)) {
                erased.accept(found.erasure());
            } else if (record instanceof SyncRecord.Run run) {
                runs.add(run.run());
            } else if (record instanceof SyncRecord.Shadow shadow) {
                documents.add(shadow);
            }
        }
        if (!runs.isEmpty()) {
            outcome = series.apply(runs, peer, maxClockAhead);
        }
        for (SyncRecord record : records) {
            if (record instanceof SyncRecord.Chunk chunk) {
                outcome = outcome.plus(series.apply(chunk.device(), chunk.body(), maxClockAhead));
            }
        }
        if (outcome.reason() != null) {
            LOG.errorf("Region %s sent what cannot be stored, and was left out: %s", peer, outcome.reason());
        }
        return new Taken(outcome, merge(documents, peer), 0);
    }

    private int merge(List<SyncRecord.Shadow> documents, RegionId peer) {
        for (SyncRecord.Shadow shadow : documents) {
            WriteStamp last = shadow.document().lastWrite();
            if (last != null) {
                series.observe(last, maxClockAhead);
            }
        }
        AtomicInteger lost = new AtomicInteger();
        Multi.createFrom()
                .iterable(documents)
                .onItem()
                .transformToUni(shadow -> shadows.merge(shadow.id(), shadow.document(), "region:" + peer.value())
                        .invoke(merge -> lost.addAndGet(merge.lost().size())))
                .merge(SHADOWS_AT_A_TIME)
                .collect()
                .last()
                .await()
                .indefinitely();
        return lost.get();
    }

    private void keep(List<String> unknown) {
        if (unknown.isEmpty()) {
            return;
        }
        List<Write> writes = new ArrayList<>();
        for (String line : unknown) {
            byte[] utf8 = line.getBytes(StandardCharsets.UTF_8);
            if (utf8.length < Item.MAX_ITEM_BYTES / 2) {
                CRC32C crc = new CRC32C();
                crc.update(utf8, 0, utf8.length);
                byte[] name = UNKNOWN.getBytes(StandardCharsets.US_ASCII);
                ByteBuffer sortKey = ByteBuffer.allocate(name.length + Integer.BYTES * 2)
                        .put(name)
                        .putInt((int) crc.getValue())
                        .putInt(utf8.length);
                writes.add(new Write.Put(new Item(
                        new Key(SyncItems.PARTITION, Bytes.wrap(sortKey.array())),
                        Bytes.wrap(utf8),
                        clock.instant().plus(UNKNOWN_KEPT).getEpochSecond(),
                        0,
                        null)));
            }
        }
        LOG.warnf("%d records of a later version were put aside until this build knows them", unknown.size());
        table.write(writes).await().indefinitely();
    }

    /** Takes in what was put aside and this build knows. To be called once at the start. */
    void retryKept(RegionId self) {
        for (Item item : SyncItems.all(table, UNKNOWN)) {
            List<SyncRecord> records =
                    RecordLines.readKept(new String(item.body().array(), StandardCharsets.UTF_8));
            if (!records.isEmpty()) {
                take(records, self);
                table.write(List.of(new Write.Delete(item.key()))).await().indefinitely();
            }
        }
    }
}
