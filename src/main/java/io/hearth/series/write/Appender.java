package io.hearth.series.write;

import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.PointBuffer;
import io.hearth.model.RegionId;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.clock.HybridClock;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.erase.Erasures;
import io.hearth.series.item.Expiry;
import io.hearth.series.item.RunWriter;
import io.hearth.series.item.SeriesKeys;
import io.hearth.series.read.LatestCache;
import io.hearth.series.value.AppendBatch;
import io.hearth.table.Bytes;
import io.hearth.table.Item;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Stores the readings of batches as runs, with the records of devices that are new. What has been stamped before an erasure or a
 * sealing is not stored behind it under its old stamp. Safe for several threads.
 */
public final class Appender {
    private final Table table;
    private final byte[] region;
    private final InstantSource wallClock;
    private final long retentionSeconds;
    private final WriteClock clock;
    private final RunCutter cutter;
    private final DeviceCatalog catalog;
    private final Expiry expiry;
    private final LatestCache latest;
    private final Erasures erasures;
    private final UnsettledAppends unsettled;

    /** How many passes of sealing have begun. */
    private final AtomicLong sealings = new AtomicLong();

    private final ThreadLocal<RunWriter> runWriters = ThreadLocal.withInitial(RunWriter::new);

    /** What an appender is made of. */
    public record Parts(
            Table table,
            RegionId region,
            InstantSource wallClock,
            Duration retention,
            WriteClock clock,
            DeviceCatalog catalog,
            Expiry expiry,
            LatestCache latest,
            Erasures erasures,
            UnsettledAppends unsettled) {}

    public Appender(Parts parts) {
        table = parts.table;
        region = parts.region.value().getBytes(StandardCharsets.US_ASCII);
        wallClock = parts.wallClock;
        retentionSeconds = parts.retention.toSeconds();
        clock = parts.clock;
        cutter = new RunCutter(clock);
        catalog = parts.catalog;
        expiry = parts.expiry;
        latest = parts.latest;
        erasures = parts.erasures;
        unsettled = parts.unsettled;
    }

    /**
     * What an append has to store, and to tell afterwards.
     *
     * @param firstHybridTime the earliest of its stamps
     * @param last the last of its stamps
     * @param erased how many erasures were known before the stamp was taken
     * @param sealings how many passes of sealing had begun
     */
    private record Prepared(
            List<Write> writes,
            List<Item> records,
            long firstHybridTime,
            HybridClock.Tick last,
            long erased,
            long sealings) {}

    /**
     * Stores a batch. Each reading must have a device time.
     *
     * @param stamped is called each time the batch has got its stamps: an append that begins afterwards gets later ones. That
     *     is once, unless an erasure or a sealing comes between a failure and the next subscription
     * @return completes when all of it is durable; fails as {@link Table#write} does, and may then be subscribed to again,
     *     which stores the same items and doubles nothing. The batch must not change before it has completed.
     */
    public Uni<Void> append(AppendBatch batch, Runnable stamped) {
        return Uni.createFrom().deferred(new Supplier<Uni<? extends Void>>() {
            private @Nullable Prepared prepared;

            @Override
            public Uni<? extends Void> get() {
                return !clock.isShared() || prepared != null
                        ? attempt()
                        : clock.ready().chain(this::attempt);
            }

            private Uni<Void> attempt() {
                Prepared earlier = prepared;
                UnsettledAppends.Append append = unsettled.begin(
                        earlier == null ? clock.reachedMillis() << HybridTime.COUNTER_BITS : earlier.firstHybridTime);
                long failuresBefore = latest.failures();
                return Uni.createFrom()
                        .deferred(() -> {
                            Prepared ready = prepared;
                            if (ready == null
                                    || ready.erased != erasures.changes()
                                    || ready.sealings != sealings.get()) {
                                // What was prepared before an erasure must not come back behind it under its old stamp;
                                // nor behind a sealing, which may have given an earlier write a later stamp than this
                                // one has.
                                ready = prepare(batch, stamped);
                                prepared = ready;
                            }
                            Prepared now = ready;
                            return store(now).invoke(() -> committed(batch, now, failuresBefore));
                        })
                        .onFailure(OutcomeUnknownException.class)
                        .invoke(() -> batch.devices().forEach(readings -> latest.failed(readings.device())))
                        .onTermination()
                        .invoke(() -> unsettled.end(append));
            }
        });
    }

    /**
     * Begins a pass of sealing. Sealing may give a reading a later stamp than it has, which must not pass that of an append that
     * is under way.
     *
     * @param writtenBeforeMillis only what was written before that may be sealed, by the hybrid time of the write
     * @return only what was written before that may be sealed in regard of appends, too, {@linkplain HybridTime#packed() packed}
     */
    public long beginSealing(long writtenBeforeMillis) {
        sealings.incrementAndGet();
        long limit = writtenBeforeMillis >= Long.MAX_VALUE >>> HybridTime.COUNTER_BITS
                ? Long.MAX_VALUE
                : writtenBeforeMillis << HybridTime.COUNTER_BITS;
        if (!table.isShared()) {
            // Appends that begin from here on are later. Where others append, too, this clock says nothing of them.
            limit = Math.min(limit, clock.awaitNext().hybridTime());
        }
        return unsettled.earliest(limit);
    }

    private Prepared prepare(AppendBatch batch, Runnable stamped) {
        long erased = erasures.changes();
        long sealingsBefore = sealings.get();
        HybridClock.Tick last = cutter.stamp(batch);
        stamped.run();
        PointBuffer points = batch.points();
        List<Write> writes = new ArrayList<>();
        List<Item> records = new ArrayList<>(0);
        for (AppendBatch.DeviceReadings readings : batch.devices()) {
            int from = 0;
            for (int run = 0; run < readings.runs(); run++) {
                int end = readings.runEnd(run);
                writes.add(run(batch, readings, from, end, readings.runTime(run)));
                from = end;
            }
            recordIfNew(readings, points, seenMicros(last)).ifPresent(records::add);
        }
        clock.horizonOf(last).ifPresent(horizon -> writes.add(new Write.Put(horizon)));
        return new Prepared(writes, records, batch.firstHybridTime(), last, erased, sealingsBefore);
    }

    /**
     * Device records come first, so that the catalog is never behind the readings; and by themselves, as they are indexed,
     * which would keep the engine from taking the runs as they are.
     */
    private Uni<Void> store(Prepared prepared) {
        if (prepared.records.isEmpty()) {
            return table.write(prepared.writes);
        }
        return catalog.store(prepared.records).chain(() -> table.write(prepared.writes));
    }

    private void committed(AppendBatch batch, Prepared prepared, long failuresBefore) {
        clock.stored(prepared.last);
        long keptMicros = Expiry.keptMicros(retentionSeconds);
        for (AppendBatch.DeviceReadings readings : batch.devices()) {
            latest.committed(readings, batch.points(), keptMicros);
        }
        latest.settled(failuresBefore);
    }

    private Write run(AppendBatch batch, AppendBatch.DeviceReadings readings, int from, int to, long hybridTime) {
        PointBuffer points = batch.points();
        byte[] body = runWriters
                .get()
                .write(
                        points,
                        readings.readings(),
                        from,
                        to,
                        batch.ingestTimesMicros(),
                        hybridTime >>> HybridTime.COUNTER_BITS,
                        retentionSeconds,
                        readings.transmissions());
        long firstTimeMicros = points.timeMicros(readings.reading(from));
        long lastTimeMicros = points.timeMicros(readings.reading(to - 1));
        return new Write.Put(new Item(
                SeriesKeys.run(readings.device(), firstTimeMicros, hybridTime, region),
                Bytes.wrap(body),
                expiry.ofRun(readings.device(), lastTimeMicros, retentionSeconds),
                0,
                null));
    }

    /** When the write of a tick was, for the record: not before an erasure that it is later than, if the wall clock stepped back. */
    private long seenMicros(HybridClock.Tick tick) {
        return Math.max(EpochMicros.of(wallClock.instant()), (tick.hybridTime() >>> HybridTime.COUNTER_BITS) * 1000);
    }

    private Optional<Item> recordIfNew(AppendBatch.DeviceReadings readings, PointBuffer points, long seenMicros) {
        for (int i = 0; i < readings.size(); i++) {
            boolean repeats = i > 0 && points.haveSameMetrics(readings.reading(i - 1), readings.reading(i));
            if (!repeats && !catalog.knows(readings.device(), points, readings.reading(i))) {
                Set<String> metrics = new HashSet<>();
                for (int j = 0; j < readings.size(); j++) {
                    int reading = readings.reading(j);
                    for (int point = points.firstPoint(reading); point < points.firstPoint(reading + 1); point++) {
                        metrics.add(points.metric(point));
                    }
                }
                return Optional.of(catalog.recordWith(readings.device(), metrics, seenMicros));
            }
        }
        return Optional.empty();
    }
}
