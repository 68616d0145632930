package io.hearth.sync;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.AppendBatch;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.shadow.Limits;
import io.hearth.shadow.ShadowStore;
import io.hearth.table.Cursor;
import io.hearth.table.Direction;
import io.hearth.table.Page;
import io.hearth.table.Scan;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A region of the simulation: the rooms it consists of, on a table that outlives them, by a clock that is wrong. */
@SuppressWarnings("NullAway")
final class SimulatedRegion implements InstantSource {
    static final Duration RETENTION = Duration.ofHours(15);
    private static final Duration KEPT_AFTER_DELETE = Duration.ofDays(2);
    static final Duration MAX_CLOCK_AHEAD = Duration.ofMinutes(10);

    final RegionId id;
    private final Instant[] now;
    private final Duration retention;
    long clockOffsetMillis;
    CrashingTable table;
    SeriesStore series;
    ShadowStore shadows;
    SyncSource source;
    private SyncTarget target;
    private final Map<RegionId, PeerPull> pulls = new HashMap<>();
    final Map<RegionId, PeerProgress> progress = new HashMap<>();

    /** Where this region's own feed was last read for the oracle. */
    Cursor observed;

    /** @param now the true time */
    SimulatedRegion(RegionId id, Instant[] now, Duration retention) {
        this.id = id;
        this.now = now;
        this.retention = retention;
        wipe();
    }

    /** A process on a table that others may use, too. */
    SimulatedRegion(RegionId id, Instant[] now, Duration retention, Table table) {
        this.id = id;
        this.now = now;
        this.retention = retention;
        this.table = new CrashingTable(table);
        open();
    }

    @Override
    public Instant instant() {
        return now[0].plusMillis(clockOffsetMillis);
    }

    /** All that the region had is lost. */
    void wipe() {
        table = new CrashingTable(new MemoryTable(this));
        restart();
        observed = source.now();
    }

    /** The process dies, and another one begins with the table. */
    void restart() {
        open();
        series.remote().finishErasures();
    }

    /** What {@code mend-clock} does: stamps that are ahead go back, in a table that has an id of its own. */
    ClockMend.Report mendClock(@Nullable Duration ahead) {
        Table mended = copy();
        ClockMend.Report report = new ClockMend(mended, id, List.of()).run(instant(), ahead, false);
        table = new CrashingTable(mended);
        restart();
        return report;
    }

    /** A table of its own with everything that is in that of the region. */
    private Table copy() {
        Table copy = new MemoryTable(this);
        Cursor place = null;
        do {
            Page page = table.scan(new Scan(0, 1, 1000, place)).await().indefinitely();
            List<Write> writes =
                    page.items().stream().<Write>map(Write.Put::new).toList();
            if (!writes.isEmpty()) {
                copy.write(writes).await().indefinitely();
            }
            place = page.next();
        } while (place != null);
        return copy;
    }

    private void open() {
        table.heal();
        series = new SeriesStore(table, id, this, retention);
        shadows = new ShadowStore(
                table, id, this, new ShadowStore.Settings(Limits.DEFAULT, KEPT_AFTER_DELETE, Duration.ofDays(30)));
        source = new SyncSource(table, id);
        target = new SyncTarget(table, series.remote(), shadows, this, MAX_CLOCK_AHEAD, erasure -> {});
        pulls.clear();
        progress.clear();
    }

    /** Stores a reading that arrives now, by the region's clock. */
    void append(DeviceId device, long timeMicros, Map<String, ?> values) {
        AppendBatch batch = new AppendBatch();
        SeriesFixture.add(batch, device.value(), timeMicros, values, EpochMicros.of(instant()), null);
        series.append(batch).await().indefinitely();
    }

    PeerPull pull(RegionId peer, PeerTransport transport) {
        return pulls.computeIfAbsent(peer, id -> {
            PeerProgress made = new PeerProgress(this);
            progress.put(peer, made);
            return new PeerPull(
                    peer, transport, target, new SyncItems(table), made, new PeerPull.Settings(7, Duration.ZERO), null);
        });
    }

    Verification verification() {
        return new Verification(series, target, shadowVerification(), this, retention);
    }

    SyncService service(PeerTransport transport) {
        return service(transport, peer -> true);
    }

    /** @param mayPull whether this is the process of its region that pulls */
    SyncService service(PeerTransport transport, Predicate<RegionId> mayPull) {
        return new SyncService(
                table,
                id,
                target,
                series.remote(),
                this,
                verification(),
                new SyncService.Settings(100, Duration.ZERO, MAX_CLOCK_AHEAD),
                peer -> transport,
                mayPull);
    }

    ShadowVerification shadowVerification() {
        return new ShadowVerification(table, shadows, target, this, KEPT_AFTER_DELETE);
    }

    /** Every reading of a device, by time. */
    Map<Long, Map<String, Object>> readings(DeviceId device) {
        Map<Long, Map<String, Object>> readings = new TreeMap<>();
        SeriesFixture.scan(series, device.value(), TimeRange.ALL, Set.of(), Direction.ASCENDING)
                .forEach(reading -> readings.put(reading.getKey(), new TreeMap<>(reading.getValue())));
        return readings;
    }

    /** The latest values of a device, with their times. */
    Map<String, Object> latest(DeviceId device) {
        Map<String, Object> latest = new LinkedHashMap<>();
        series.latest(device)
                .points()
                .forEach((metric, point) -> latest.put(metric, point.value() + "@" + point.deviceTimeMicros()));
        return latest;
    }
}
