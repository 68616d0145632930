package io.hearth.series;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.ReadingBlock;
import io.hearth.model.TimeRange;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.erase.Erasures;
import io.hearth.series.item.Segment;
import io.hearth.series.read.LatestCache;
import io.hearth.series.read.LatestValues;
import io.hearth.series.read.ParallelReads;
import io.hearth.series.read.RolledAggregates;
import io.hearth.series.read.SegmentAggregation;
import io.hearth.series.read.SegmentScan;
import io.hearth.series.read.SeriesScan;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.value.AggregateQuery;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.LatestPage;
import io.hearth.series.value.LatestReadings;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.Table;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Answers from the readings of all devices: scans, latest values, aggregates. Safe for several threads. Blocks. */
public final class SeriesReader {
    private static final int WARM_UP_DEVICES = 1000;

    private final Table table;
    private final InstantSource wallClock;
    private final DeviceCatalog catalog;
    private final Erasures erasures;
    private final LatestCache latest;
    private final RolledAggregates rolledAggregates;
    private final ParallelReads readers = new ParallelReads();

    SeriesReader(
            Table table,
            InstantSource wallClock,
            DeviceCatalog catalog,
            Rollups rollups,
            Erasures erasures,
            LatestCache latest) {
        this.table = table;
        this.wallClock = wallClock;
        this.catalog = catalog;
        this.erasures = erasures;
        this.latest = latest;
        this.rolledAggregates = new RolledAggregates(
                table,
                rollups,
                device -> catalog.find(device).map(DeviceSummary::metrics).orElseGet(TreeSet::new),
                erasures::hidden);
    }

    /**
     * The readings of a device, block by block in the order of {@code direction}; each block ascends.
     *
     * @param metrics which metrics to answer; empty answers all. A reading without any of them is left out
     */
    public Iterator<ReadingBlock> scan(
            DeviceId device, TimeRange range, Set<String> metrics, Direction direction, Consistency consistency) {
        return new SeriesScan(segments(device, range, metrics, direction, consistency));
    }

    /**
     * Adds the readings of a device to an aggregation, whose grid says of which time; from rollups and the headers of chunks
     * where those answer what is asked. Readings that have expired count where a rollup of them is kept.
     *
     * @param metrics the metrics of the aggregation; empty means all
     */
    public void aggregate(DeviceId device, Aggregation aggregation, Set<String> metrics, Consistency consistency) {
        aggregation.nextDevice();
        rolledAggregates.add(
                device,
                aggregation,
                metrics,
                consistency,
                nowMicros(),
                (range, some, nowMicros) -> SegmentAggregation.add(
                        aggregation,
                        some,
                        new SegmentScan(
                                table,
                                device,
                                range,
                                some,
                                Direction.ASCENDING,
                                consistency,
                                nowMicros,
                                erasures.hidden(device))));
    }

    /** What the readings of a device come to; no more is held than {@code budget} allows. */
    public BucketSeries aggregate(DeviceId device, AggregateQuery query, AnswerBudget budget) {
        Aggregation aggregation = query.newAggregation(budget);
        aggregate(device, aggregation, query.metrics(), query.consistency());
        return aggregation.result(query.fill());
    }

    private SegmentScan segments(
            DeviceId device, TimeRange range, Set<String> metrics, Direction direction, Consistency consistency) {
        return new SegmentScan(
                table, device, range, metrics, direction, consistency, nowMicros(), erasures.hidden(device));
    }

    /**
     * The latest value of each metric of a device; empty if it has none. The same object until something changes, unless other
     * processes write to the table: then it is read each time.
     */
    public LatestReadings latest(DeviceId device) {
        return latest.latest(device, nowMicros(), found -> loadLatest(device, found));
    }

    /** The latest values of several devices, in their order. */
    public List<LatestReadings> latest(List<DeviceId> devices) {
        return latest.isKept() ? devices.stream().map(this::latest).toList() : readers.readAll(devices, this::latest);
    }

    /**
     * The latest values of the first devices behind one.
     *
     * @param after null begins with the first device
     */
    public LatestPage latestAfter(@Nullable DeviceId after, int limit) {
        List<DeviceId> devices = catalog.idsAfter(after, limit + 1);
        List<DeviceId> answered = devices.subList(0, Math.min(limit, devices.size()));
        return new LatestPage(latest(answered), devices.size() > limit);
    }

    /**
     * Loads the latest values of all devices, as many as are kept in memory, so that nobody has to wait for them later; only
     * which devices there are if other processes write to the table. Ends early when the thread is interrupted.
     *
     * @param pause is called with the nanoseconds that a device took, and may make the caller wait so that others get on
     */
    public void warmUp(LongConsumer pause) {
        catalog.readIds();
        if (!latest.isKept()) {
            return;
        }
        int loaded = 0;
        DeviceId last = null;
        List<DeviceId> devices = catalog.idsAfter(null, WARM_UP_DEVICES);
        while (!devices.isEmpty() && loaded < LatestCache.CACHED_DEVICES) {
            for (DeviceId device : devices) {
                if (Thread.currentThread().isInterrupted()) {
                    return;
                }
                long startNanos = System.nanoTime();
                latest(device);
                pause.accept(System.nanoTime() - startNanos);
                last = device;
            }
            loaded += devices.size();
            devices = catalog.idsAfter(last, WARM_UP_DEVICES);
        }
    }

    /** From the headers of chunks where they answer; decodes nothing that is sealed. */
    private void loadLatest(DeviceId device, LatestValues found) {
        Optional<DeviceSummary> record = catalog.find(device);
        // Another process may have erased the record of a device that this one goes on storing.
        if (record.isEmpty() && !table.isShared()) {
            return;
        }
        // By name: what has been committed since the record was read may have other metrics.
        Set<String> metrics = record.map(DeviceSummary::metrics).orElseGet(TreeSet::new);
        SegmentScan scan = segments(device, TimeRange.ALL, Set.of(), Direction.DESCENDING, Consistency.STRONG);
        while ((record.isEmpty() || !found.haveAll(metrics)) && scan.hasNext()) {
            Segment segment = scan.next();
            if (segment instanceof Segment.Sealed sealed) {
                found.add(sealed.chunk(), scan.shortestKeptMicros());
            } else if (segment instanceof Segment.Open open) {
                found.add(open, scan.shortestKeptMicros());
            }
        }
    }

    private long nowMicros() {
        return EpochMicros.of(wallClock.instant());
    }
}
