package io.hearth.sync;

import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesFixture;
import io.hearth.series.SeriesStore;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.value.AppendBatch;
import io.hearth.shadow.ShadowStore;
import io.hearth.shadow.document.Limits;
import io.hearth.sync.wire.PeerTransport;
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
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A process of a region: the rooms it consists of, on a table that outlives it, by a clock that may be wrong. */
@SuppressWarnings("NullAway")
final class SimulatedRegion implements InstantSource {
    static final Duration KEPT_AFTER_DELETE = Duration.ofDays(2);
    static final Duration MAX_CLOCK_AHEAD = Duration.ofMinutes(10);

    final RegionId id;
    private final Instant[] now;
    private final Duration retention;
    private final RollupRules rollups;
    long clockOffsetMillis;
    CrashingTable table;
    SeriesStore series;
    ShadowStore shadows;
    SyncSource source;
    SyncTarget target;
    private final Map<RegionId, PeerPull> pulls = new HashMap<>();
    final Map<RegionId, PeerProgress> progress = new HashMap<>();

    /** @param now the true time */
    SimulatedRegion(RegionId id, Instant[] now, Duration retention) {
        this(id, now, retention, new MemoryTable(() -> now[0]));
    }

    /** A process on a table that others may use, too. */
    SimulatedRegion(RegionId id, Instant[] now, Duration retention, Table table) {
        this(id, now, retention, RollupRules.NONE, table);
    }

    SimulatedRegion(RegionId id, Instant[] now, Duration retention, RollupRules rollups, Table table) {
        this.id = id;
        this.now = now;
        this.retention = retention;
        this.rollups = rollups;
        open(table);
    }

    @Override
    public Instant instant() {
        return now[0].plusMillis(clockOffsetMillis);
    }

    /** The process dies, and another one begins with the table. */
    void restart() {
        open();
        series.remote().finishErasures();
    }

    /** Another process begins, with a table. */
    void open(Table other) {
        table = new CrashingTable(other, this);
        open();
    }

    /** Another process begins, with the same table. */
    void open() {
        table.heal();
        // Who has to wait for other processes does so in the time of the simulation.
        series = SeriesFixture.open(table, id, this, retention, rollups, millis -> now[0] = now[0].plusMillis(millis));
        shadows = new ShadowStore(
                table, id, this, new ShadowStore.Settings(Limits.DEFAULT, KEPT_AFTER_DELETE, Duration.ofDays(30)));
        source = new SyncSource(table, id);
        target = new SyncTarget(table, series.remote(), shadows, this, MAX_CLOCK_AHEAD);
        pulls.clear();
        progress.clear();
    }

    /** What {@code mend-clock} does: stamps that are ahead go back, in a table that has an id of its own. */
    ClockMend.Report mendClock(@Nullable Duration ahead) {
        Table mended = copyOf(table, () -> now[0]);
        ClockMend.Report report =
                new ClockMend(mended, id, List.of()).run(instant(), ClockMend.TOLERANCE, ahead, false);
        open(mended);
        series.remote().finishErasures();
        return report;
    }

    /** A table of its own with everything that is in another one. */
    static MemoryTable copyOf(Table table, InstantSource clock) {
        MemoryTable copy = new MemoryTable(clock);
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
        return service(peer -> transport, mayPull, 100);
    }

    SyncService service(Function<Peer, PeerTransport> transports, Predicate<RegionId> mayPull, int limit) {
        return new SyncService(
                table,
                id,
                target,
                series.remote(),
                this,
                verification(),
                new SyncService.Settings(limit, Duration.ZERO, MAX_CLOCK_AHEAD),
                transports,
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
