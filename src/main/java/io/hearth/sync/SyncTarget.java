package io.hearth.sync;

import io.hearth.bytes.UnsupportedFormatException;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.series.replicate.ApplyResult;
import io.hearth.series.replicate.RemoteWrites;
import io.hearth.series.value.ClockAheadException;
import io.hearth.series.value.RemoteRun;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.document.RegionMerge;
import io.hearth.sync.wire.PeerPage;
import io.hearth.sync.wire.PutAside;
import io.hearth.sync.wire.RecordLines;
import io.hearth.sync.wire.SyncRecord;
import io.hearth.table.Blocking;
import io.hearth.table.Table;
import io.hearth.table.TableException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jboss.logging.Logger;

/**
 * Takes in the records of peers. In whatever order and however often they come, the outcome is the same. Blocks until all of
 * it is durable. Safe for several threads.
 *
 * <p>A record that cannot be taken in holds no other up. It is put aside for a month, and looked at again at each start: a
 * later build may know it, or what was wrong may have been mended. If there is no room for it, it is refused and logged.
 */
public final class SyncTarget {
    private static final Logger LOG = Logger.getLogger(SyncTarget.class);
    private static final int SHADOWS_AT_A_TIME = 16;

    /** What is put aside has at most so many bytes. */
    static final long MOST_ASIDE_BYTES = 64L << 20;

    private final PutAsideItems putAside;
    private final RemoteWrites series;
    private final ShadowStore shadows;
    private final Duration maxClockAhead;

    /** @param maxClockAhead how far the clock of another region may be ahead of the one here */
    public SyncTarget(
            Table table, RemoteWrites series, ShadowStore shadows, InstantSource clock, Duration maxClockAhead) {
        this.putAside = new PutAsideItems(table, clock, MOST_ASIDE_BYTES);
        this.series = series;
        this.shadows = shadows;
        this.maxClockAhead = maxClockAhead;
    }

    /**
     * What became of records.
     *
     * @param readings what became of runs and chunks
     * @param lostFields fields of shadows that two regions had written without knowing of each other
     * @param putAside how many lines were put aside, by reason
     * @param noRoom how many lines there was no room for
     */
    record Taken(ApplyResult readings, int lostFields, Map<PutAside.Reason, Integer> putAside, int noRoom) {}

    /** What is put aside. */
    public record Kept(int lines, long bytes) {}

    /** What is put aside, as far as this process knows. */
    public Kept kept() {
        PutAsideItems.Kept kept = putAside.kept();
        return new Kept(kept.lines(), kept.bytes());
    }

    /** A page that is being taken in. */
    private static final class Intake {
        private final RegionId peer;
        private final List<PutAside> aside = new ArrayList<>();
        private ApplyResult readings = ApplyResult.NOTHING;
        private int lostFields;

        Intake(RegionId peer) {
            this.peer = peer;
        }
    }

    /**
     * Takes in a page.
     *
     * @throws ClockAheadException the peer's clock is too far ahead; some of the page may be stored, and all may come again
     * @throws TableException as above
     */
    Taken take(PeerPage page, RegionId peer) {
        Intake intake = new Intake(peer);
        intake.aside.addAll(page.aside());
        take(page.records(), intake);
        if (intake.readings.reason() != null) {
            LOG.errorf("Region %s sent what cannot be stored, and was left out: %s", peer, intake.readings.reason());
        }
        Map<PutAside.Reason, Integer> counts = new EnumMap<>(PutAside.Reason.class);
        int noRoom = 0;
        if (!intake.aside.isEmpty()) {
            for (PutAside line : intake.aside) {
                counts.merge(line.reason(), 1, Integer::sum);
            }
            List<PutAside> refused = putAside.keep(intake.aside, peer);
            for (PutAside line : refused) {
                counts.merge(line.reason(), -1, Integer::sum);
            }
            noRoom = refused.size();
            log(intake, refused);
        }
        return new Taken(intake.readings, intake.lostFields, counts, noRoom);
    }

    private static void log(Intake intake, List<PutAside> refused) {
        PutAside first = intake.aside.get(0);
        LOG.warnf(
                "%d lines of region %s were put aside until they can be taken in, the first as %s: %s",
                intake.aside.size() - refused.size(),
                intake.peer,
                first.reason().text(),
                first.why());
        if (!refused.isEmpty()) {
            LOG.errorf(
                    "%d more were left out, as there is no room to put them aside, the first: %s",
                    refused.size(), refused.get(0).why());
        }
    }

    private void take(List<SyncRecord> records, Intake intake) {
        DevicesFirst rest = new DevicesFirst(intake);
        records.forEach(record -> record.accept(rest));
        takeRuns(rest.runs, intake);
        for (SyncRecord.Chunk chunk : rest.chunks) {
            isolated(chunk, intake, () -> add(series.apply(chunk.device(), chunk.body(), maxClockAhead), intake));
        }
        merge(rest.shadows, intake);
    }

    /** Takes in devices and erasures, as both spare the readings work, and collects what comes behind them. */
    private final class DevicesFirst implements SyncRecord.Visitor<RuntimeException> {
        private final Intake intake;
        private final List<SyncRecord.Run> runs = new ArrayList<>();
        private final List<SyncRecord.Chunk> chunks = new ArrayList<>();
        private final List<SyncRecord.Shadow> shadows = new ArrayList<>();

        DevicesFirst(Intake intake) {
            this.intake = intake;
        }

        @Override
        public void run(SyncRecord.Run run) {
            runs.add(run);
        }

        @Override
        public void chunk(SyncRecord.Chunk chunk) {
            chunks.add(chunk);
        }

        @Override
        public void device(SyncRecord.Device device) {
            isolated(device, intake, () -> series.apply(device.summary()));
        }

        @Override
        public void erased(SyncRecord.Erased found) {
            isolated(found, intake, () -> series.apply(found.erasure(), maxClockAhead));
        }

        @Override
        public void shadow(SyncRecord.Shadow shadow) {
            shadows.add(shadow);
        }
    }

    private static void add(ApplyResult outcome, Intake intake) {
        intake.readings = intake.readings.plus(outcome);
    }

    private void takeRuns(List<SyncRecord.Run> runs, Intake intake) {
        if (runs.isEmpty()) {
            return;
        }
        try {
            add(series.apply(runs.stream().map(SyncRecord.Run::run).toList(), intake.peer, maxClockAhead), intake);
        } catch (RuntimeException e) {
            throwUnlessOfARecord(e);
            for (SyncRecord.Run run : runs) {
                List<RemoteRun> one = List.of(run.run());
                isolated(run, intake, () -> add(series.apply(one, intake.peer, maxClockAhead), intake));
            }
        }
    }

    private void merge(List<SyncRecord.Shadow> documents, Intake intake) {
        for (SyncRecord.Shadow shadow : documents) {
            WriteStamp last = shadow.document().lastWrite();
            if (last != null) {
                series.observe(last, maxClockAhead);
            }
        }
        AtomicInteger lost = new AtomicInteger();
        try {
            Blocking.await(Multi.createFrom()
                    .iterable(documents)
                    .onItem()
                    .transformToUni(shadow -> merge(shadow, intake)
                            .invoke(merge -> lost.addAndGet(merge.lost().size())))
                    .merge(SHADOWS_AT_A_TIME)
                    .collect()
                    .last());
            intake.lostFields += lost.get();
        } catch (RuntimeException e) {
            throwUnlessOfARecord(e);
            for (SyncRecord.Shadow shadow : documents) {
                isolated(
                        shadow,
                        intake,
                        () -> intake.lostFields +=
                                Blocking.await(merge(shadow, intake)).lost().size());
            }
        }
    }

    private Uni<RegionMerge> merge(SyncRecord.Shadow shadow, Intake intake) {
        return shadows.merge(shadow.id(), shadow.document(), "region:" + intake.peer.value());
    }

    /** Takes in a record; where that fails because of what it holds, or of what is stored beside it, puts it aside. */
    private static void isolated(SyncRecord record, Intake intake, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            throwUnlessOfARecord(e);
            // The others are read where their line is: what is unknown then is stored here.
            boolean isReadHere = record instanceof SyncRecord.Run || record instanceof SyncRecord.Chunk;
            PutAside.Reason reason = isReadHere && e instanceof UnsupportedFormatException
                    ? PutAside.Reason.LATER_VERSION
                    : PutAside.Reason.FAILED;
            String why = "a record of " + deviceOf(record) + ": " + e;
            LOG.errorf(e, "A record of region %s cannot be taken in and is put aside: %s", intake.peer, why);
            intake.aside.add(new PutAside(RecordLines.line(record), reason, why));
        }
    }

    /** A run may be of no device that there can be. */
    private static String deviceOf(SyncRecord record) {
        return record instanceof SyncRecord.Run run
                ? run.run().key().partitionKey()
                : record.device().value();
    }

    /** Throws what all records would fail with, and what passes by itself. */
    private static void throwUnlessOfARecord(RuntimeException e) {
        if (e instanceof TableException
                || e instanceof ClockAheadException
                || Thread.currentThread().isInterrupted()) {
            throw e;
        }
    }

    /**
     * Takes in what was put aside and can be taken in now; what cannot stays.
     *
     * @throws TableException the table failed; what is left stays
     */
    void retryKept(RegionId self) {
        AtomicInteger taken = new AtomicInteger();
        putAside.forEach(stored -> {
            List<SyncRecord> records = RecordLines.readKept(stored.line());
            if (!records.isEmpty() && isTaken(records, self)) {
                putAside.forget(stored);
                taken.incrementAndGet();
            }
        });
        putAside.count();
        if (taken.get() > 0) {
            LOG.infof("%d lines that were put aside have been taken in", taken.get());
        }
    }

    private boolean isTaken(List<SyncRecord> records, RegionId self) {
        Intake intake = new Intake(self);
        try {
            take(records, intake);
        } catch (ClockAheadException e) {
            LOG.warnf("A line that was put aside stays there: %s", e.getMessage());
            return false;
        }
        return intake.aside.isEmpty();
    }
}
