package io.hearth.series;

import com.github.benmanes.caffeine.cache.Ticker;
import io.hearth.concurrent.Sleep;
import io.hearth.model.DeviceId;
import io.hearth.model.PointBuffer;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.aggregate.Aggregation;
import io.hearth.series.aggregate.AnswerBudget;
import io.hearth.series.aggregate.BucketSeries;
import io.hearth.series.catalog.DeviceCatalog;
import io.hearth.series.clock.WriteClock;
import io.hearth.series.erase.Eraser;
import io.hearth.series.erase.ErasurePass;
import io.hearth.series.erase.Erasures;
import io.hearth.series.item.Expiry;
import io.hearth.series.read.LatestCache;
import io.hearth.series.replicate.RemoteWrites;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.rollup.Rollups;
import io.hearth.series.seal.Sealer;
import io.hearth.series.value.AggregateQuery;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.ClockAheadException;
import io.hearth.series.value.DevicePage;
import io.hearth.series.value.DeviceSummary;
import io.hearth.series.value.Erasure;
import io.hearth.series.value.LatestPage;
import io.hearth.series.value.LatestReadings;
import io.hearth.series.value.SealResult;
import io.hearth.series.value.Transmission;
import io.hearth.series.window.Windows;
import io.hearth.series.write.Appender;
import io.hearth.series.write.Redelivery;
import io.hearth.series.write.UnsettledAppends;
import io.hearth.table.Blocking;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Table;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The readings of all devices, on a table. Writes are asynchronous and safe for several threads; reads block until the
 * table answers, so call them on a thread that may.
 */
public final class SeriesStore {
    private static final Logger LOG = Logger.getLogger(SeriesStore.class);

    /** How many processes may write to a table at the same time. */
    public static final int MAX_PROCESSES = WriteClock.MAX_PROCESSES;

    private final InstantSource wallClock;
    private final WriteClock clock;
    private final DeviceCatalog catalog;
    private final Rollups rollups;
    private final Redelivery redelivery;
    private final Sealer sealer;
    private final Eraser eraser;

    /** Up to this number, every append has its stamp behind the erasures of the log. */
    private volatile long learnedNumber;

    private final SeriesReader reader;
    private final Erasures erasures;
    private final RemoteWrites remote;
    private final UnsettledAppends unsettled = new UnsettledAppends();
    private final Appender appender;

    /** Opens the series that {@code table} holds, without rollups. */
    public SeriesStore(Table table, RegionId region, InstantSource wallClock, Duration retention) {
        this(table, region, wallClock, retention, RollupRules.NONE);
    }

    /**
     * Opens the series that {@code table} holds.
     *
     * @param retention how long readings are kept after their device time, in whole seconds; zero for ever
     * @param rollupRules which aggregates are kept beside the readings
     */
    public SeriesStore(
            Table table, RegionId region, InstantSource wallClock, Duration retention, RollupRules rollupRules) {
        this(table, region, wallClock, retention, rollupRules, DeviceCatalog.CACHED_BYTES, Sleep::forMillis);
    }

    /**
     * The same with a bound on the memory for the devices' records, of which there is one per device: two bytes a character, 200 a
     * device and 96 a metric.
     */
    public SeriesStore(
            Table table,
            RegionId region,
            InstantSource wallClock,
            Duration retention,
            RollupRules rollupRules,
            long catalogBytes) {
        this(table, region, wallClock, retention, rollupRules, catalogBytes, Sleep::forMillis);
    }

    /** @param pauseMillis waits for so many milliseconds */
    SeriesStore(
            Table table,
            RegionId region,
            InstantSource wallClock,
            Duration retention,
            RollupRules rollupRules,
            long catalogBytes,
            LongConsumer pauseMillis) {
        this.wallClock = wallClock;
        LatestCache latest = new LatestCache(region, table.isShared());
        this.clock = new WriteClock(table, wallClock, this::learnErasures);
        this.catalog = new DeviceCatalog(table, region, this::erasedUntilMicros, catalogBytes, Ticker.systemTicker());
        this.rollups = new Rollups(table, rollupRules, wallClock);
        Expiry expiry = new Expiry(rollups::areKeptFor, wallClock);
        this.erasures = new Erasures(table, region, wallClock, retention, this::learned);
        Blocking.await(clock.ready());
        this.reader = new SeriesReader(table, wallClock, catalog, rollups, erasures, latest);
        this.appender = new Appender(new Appender.Parts(
                table, region, wallClock, retention, clock, catalog, expiry, latest, erasures, unsettled));
        Windows windows = new Windows(table, rollups, expiry, clock::hybridTimeBehind, wallClock);
        this.redelivery = new Redelivery(table, windows, clock, wallClock);
        this.sealer = new Sealer(table, catalog, windows, rollups, expiry, erasures);
        ErasurePass erasurePass = new ErasurePass(table, region, windows, rollups, expiry);
        this.eraser = new Eraser(new Eraser.Parts(
                table,
                region,
                wallClock,
                clock,
                catalog,
                erasurePass,
                windows,
                rollups,
                latest,
                erasures,
                new EarlierWrites(unsettled, this::remote, clock, pauseMillis)));
        this.remote = new RemoteWrites(new RemoteWrites.Parts(
                table, region, wallClock, clock, catalog, expiry, latest, erasures, erasurePass, eraser, rollups));
        if (!table.isShared()) {
            finishWhatACrashLeft();
        }
    }

    /** Nothing that was to be erased may be in an answer of this process; what fails stays hidden, and is tried again. */
    private void finishWhatACrashLeft() {
        try {
            eraser.removePending();
        } catch (RuntimeException e) {
            LOG.errorf("Erasures of the last process are not all finished: %s", e.getMessage());
        }
    }

    /** Completes with the number of the last erasure that is known here, and behind which every append now has its stamp. */
    private Uni<Long> learnErasures() {
        return erasures.refresh().chain(() -> {
            long number = erasures.lastNumber();
            if (number == learnedNumber) {
                return Uni.createFrom().item(number);
            }
            return unsettled.settled().map(done -> {
                learnedNumber = number;
                return number;
            });
        });
    }

    private void learned(Erasure erasure) {
        try {
            clock.observeStored(erasure.stamp().time());
        } catch (ClockAheadException e) {
            LOG.warnf("The erasure %s is ahead of the clock here: %s", erasure, e.getMessage());
        }
        if (erasure.wholeDevice()) {
            catalog.forget(erasure.device());
            rollups.forget(erasure.device());
        }
    }

    private long erasedUntilMicros(DeviceId device) {
        Erasure last = erasures.lastOfWhole(device);
        return last == null ? 0 : last.behindMicros();
    }

    /** Takes in what other regions have written. */
    public RemoteWrites remote() {
        return remote;
    }

    /**
     * Stores a batch. Each reading must have a device time.
     *
     * @return completes when all of it is durable; fails as {@link Table#write} does, and may then be subscribed to again,
     *     which stores the same items and doubles nothing. The batch must not change before it has completed.
     */
    public Uni<Void> append(AppendBatch batch) {
        return append(batch, () -> {});
    }

    /**
     * As above.
     *
     * @param stamped is called each time the batch has got its stamps: an append that begins afterwards gets later ones. That
     *     is once, unless an erasure or a sealing comes between a failure and the next subscription
     */
    public Uni<Void> append(AppendBatch batch, Runnable stamped) {
        return appender.append(batch, stamped);
    }

    /**
     * The number that this process has among those that write to the table at the same time, below {@value #MAX_PROCESSES}; -1
     * if it is the only one.
     */
    public int processNumber() {
        return clock.processNumber();
    }

    /**
     * No write before this process began was stamped with a later time, in microseconds; 0 if that is not known. If the wall
     * clock is behind it, it was set back.
     */
    public long stampedUntilMicros() {
        return clock.storedHorizonMillis() * 1_000;
    }

    /** How far the stamp of the next write will be ahead of the wall clock, as that was ahead once; 0 if it is not. */
    public long stampsAheadMillis() {
        return Math.max(0, clock.reachedMillis() - wallClock.millis());
    }

    /**
     * Whether a device may send the metrics of a reading beside those it has sent, {@value DeviceCatalog#MAX_METRICS} in
     * all; if so, they count from now on.
     */
    public boolean hasRoomFor(DeviceId device, PointBuffer points, int reading) {
        return catalog.knows(device, points, reading) || catalog.learn(device, points, reading);
    }

    /** What only reads. */
    public SeriesReader reader() {
        return reader;
    }

    /**
     * The readings of a device, block by block in the order of {@code direction}; each block ascends.
     *
     * @param metrics which metrics to answer; empty answers all. A reading without any of them is left out
     */
    public Iterator<ReadingBlock> scan(
            DeviceId device, TimeRange range, Set<String> metrics, Direction direction, Consistency consistency) {
        return reader.scan(device, range, metrics, direction, consistency);
    }

    /**
     * Adds the readings of a device to an aggregation, whose grid says of which time; from rollups and the headers of chunks
     * where those answer what is asked. Readings that have expired count where a rollup of them is kept.
     *
     * @param metrics the metrics of the aggregation; empty means all
     */
    public void aggregate(DeviceId device, Aggregation aggregation, Set<String> metrics, Consistency consistency) {
        reader.aggregate(device, aggregation, metrics, consistency);
    }

    /** What the readings of a device come to; no more is held than {@code budget} allows. */
    public BucketSeries aggregate(DeviceId device, AggregateQuery query, AnswerBudget budget) {
        return reader.aggregate(device, query, budget);
    }

    /**
     * The latest value of each metric of a device; empty if it has none. The same object until something changes, unless other
     * processes write to the table: then it is read each time.
     */
    public LatestReadings latest(DeviceId device) {
        return reader.latest(device);
    }

    /** The latest values of several devices, in their order. */
    public List<LatestReadings> latest(List<DeviceId> devices) {
        return reader.latest(devices);
    }

    /**
     * The latest values of the first devices behind one.
     *
     * @param after null begins with the first device
     */
    public LatestPage latestAfter(@Nullable DeviceId after, int limit) {
        return reader.latestAfter(after, limit);
    }

    /**
     * Loads the latest values of all devices, as many as are kept in memory, so that nobody has to wait for them later; only
     * which devices there are if other processes write to the table. Ends early when the thread is interrupted.
     *
     * @param pause is called with the nanoseconds that a device took, and may make the caller wait so that others get on
     */
    public void warmUp(LongConsumer pause) {
        reader.warmUp(pause);
    }

    /** A device that has sent readings; empty if it never did. */
    public Optional<DeviceSummary> device(DeviceId device) {
        return catalog.find(device);
    }

    /** Whether a device has sent readings, as far as that can be told at once: false of some that have, never true of others. */
    public boolean isKnown(DeviceId device) {
        return catalog.isKnown(device);
    }

    /** Memory that the devices' records take, about. */
    public long catalogBytes() {
        return catalog.cachedBytes();
    }

    /** The devices that have sent readings, by id. */
    public DevicePage devices(int limit, @Nullable Cursor cursor) {
        return catalog.list(limit, cursor);
    }

    /** Every device that has sent readings, by id; reads a page at a time while it is consumed. */
    public Stream<DeviceSummary> allDevices() {
        return catalog.all();
    }

    /**
     * Whether a transmission has been stored already: whether the last one of its client with its packet id had its payload.
     *
     * @param sinceMicros how far back to look
     */
    public boolean isStored(DeviceId device, Transmission transmission, long sinceMicros) {
        return redelivery.isStored(device, transmission, sinceMicros);
    }

    /**
     * Erases the readings of a device in a range, all that are written before: they are in no answer any more on return, and
     * off the disk when the table next {@linkplain Table#reclaim() reclaims} space. Other regions learn of it from the item
     * that is kept of the erasure, and what they wrote before is not taken in any more.
     */
    public void erase(DeviceId device, TimeRange range) {
        eraser.erase(device, range, false);
    }

    /** Erases a device with all of its readings; it is known again when it sends again. */
    public void erase(DeviceId device) {
        eraser.erase(device, TimeRange.ALL, true);
    }

    /**
     * Tells {@code listener} of every erasure that is carried out, here or as another region's, also when it is finished after a
     * crash or looked at once more; so it hears of one more than once. An erasure is done when the listener has returned; what it
     * throws is thrown to whoever erases, and it hears of the erasure again. To be set before {@link #finishErasures} is called.
     */
    public void whenErased(Consumer<Erasure> listener) {
        eraser.whenErased(listener);
    }

    /**
     * Whether a reading was erased after it came in.
     *
     * @param deviceTimeMicros of the reading
     * @param cameInMicros epoch microseconds of the service
     */
    public boolean isErasedSince(DeviceId device, long deviceTimeMicros, long cameInMicros) {
        return erasures.isErasedSince(device, deviceTimeMicros, cameInMicros);
    }

    /** Runs work that stores what came in earlier and is not erased since; no erasure by this process begins meanwhile. */
    public <T> T besideErasures(Supplier<T> work) {
        return eraser.besideErasures(work);
    }

    /**
     * Finishes erasures that are still open: those that another process has left when it died, and those that must be looked at
     * once more, as a process that stalled may have stored something since. One that fails keeps no other from being finished.
     * To be called from time to time. Blocks.
     *
     * @throws RuntimeException what the first one failed with; it is hidden from answers, and tried again the next time
     */
    public void finishErasures() {
        eraser.finish();
    }

    /** How many erasures have been stored and not carried out: more than none for longer than a minute needs to be looked into. */
    public int pendingErasures() {
        return eraser.pending();
    }

    /** How often an erasure could not be finished. */
    public long failedErasures() {
        return eraser.failures();
    }

    /**
     * Turns the runs of every window that ended before a time into chunks. Answers are the same before, meanwhile and
     * afterwards. Ends early when the thread is interrupted; what is left is sealed the next time.
     *
     * @param writtenBeforeMillis only what was written before that, by the hybrid time of the write: of what sync has still to
     *     bring, nothing may be older
     * @param pause is called with the nanoseconds that a device took, and may make the caller wait so that others get on
     */
    public SealResult seal(long endedBeforeMicros, long writtenBeforeMillis, LongConsumer pause) {
        return sealer.sealAll(endedBeforeMicros, appender.beginSealing(writtenBeforeMillis), pause);
    }

    /** As above, whenever it was written. */
    public SealResult seal(long endedBeforeMicros, LongConsumer pause) {
        return seal(endedBeforeMicros, Long.MAX_VALUE, pause);
    }
}
