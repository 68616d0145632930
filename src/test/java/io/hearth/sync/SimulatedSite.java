package io.hearth.sync;

import io.hearth.model.RegionId;
import io.hearth.series.item.StoredRun;
import io.hearth.series.rollup.RollupRules;
import io.hearth.table.Bytes;
import io.hearth.table.ChangeStart;
import io.hearth.table.Consistency;
import io.hearth.table.Cursor;
import io.hearth.table.Item;
import io.hearth.table.Scan;
import io.hearth.table.SharedTable;
import io.hearth.table.Table;
import io.hearth.table.memory.MemoryTable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** A region of the simulation: a table, and the processes on it, of which one pulls from each peer. */
@SuppressWarnings("NullAway")
final class SimulatedSite {
    final RegionId id;
    final Duration retention;
    final List<SimulatedRegion> processes = new ArrayList<>();
    private final Instant[] now;
    private final Map<SimulatedRegion, SyncService> services = new HashMap<>();
    private final Map<SimulatedRegion, Map<RegionId, SimulatedLink>> links = new HashMap<>();
    private List<Peer> peers = List.of();
    private final List<DamagedChunk> damaged = new ArrayList<>();
    private @Nullable Table backup;
    Table table;
    int puller;

    /** Whether its clock was so far ahead that its stamps are, until they are mended. */
    boolean stampsAreAhead;

    private record DamagedChunk(Item whole, Item damaged) {}

    /** Where this region's own feed was last read for the oracle. */
    Cursor observed;

    SimulatedSite(RegionId id, Instant[] now, Duration retention, RollupRules rollups, int count) {
        this.id = id;
        this.now = now;
        this.retention = retention;
        this.table = shared(new MemoryTable(this::engineClock), count);
        for (int i = 0; i < count; i++) {
            processes.add(new SimulatedRegion(id, now, retention, rollups, table));
        }
        observed = end();
    }

    /** An engine removes nothing before it has expired by the clock of every process, nor as that of one is ahead. */
    private Instant engineClock() {
        return processes.stream()
                .map(SimulatedRegion::instant)
                .reduce(now[0], (one, other) -> one.isBefore(other) ? one : other);
    }

    private static Table shared(Table table, int count) {
        return count > 1 ? new SharedTable(table) : table;
    }

    private Cursor end() {
        return table.changesFrom(ChangeStart.NOW).await().indefinitely();
    }

    /** @param all the links of each process, by the peer */
    void connect(List<Peer> all, Map<SimulatedRegion, Map<RegionId, SimulatedLink>> linksByProcess) {
        peers = all;
        links.putAll(linksByProcess);
        processes.forEach(this::startService);
    }

    private void startService(SimulatedRegion process) {
        SyncService service =
                process.service(peer -> links.get(process).get(peer.id()), peer -> processes.get(puller) == process, 7);
        services.put(process, service);
        service.prepare(peers);
        service.attemptStart();
    }

    /** The process dies, and another one begins; that may die, too. */
    void restart(SimulatedRegion process) {
        process.open();
        startService(process);
    }

    SyncService service(SimulatedRegion process) {
        return services.get(process);
    }

    SimulatedLink link(SimulatedRegion process, RegionId peer) {
        return links.get(process).get(peer);
    }

    SimulatedRegion pulling() {
        return processes.get(puller);
    }

    /** All processes have a clock that is wrong by so much. */
    void setClock(Duration offset) {
        for (SimulatedRegion process : processes) {
            process.clockOffsetMillis = offset.toMillis();
        }
    }

    /** Whether the others hold this region, or it holds them. */
    boolean isClockWrong() {
        return processes.stream()
                .anyMatch(process -> Math.abs(process.clockOffsetMillis) >= SimulatedRegion.MAX_CLOCK_AHEAD.toMillis());
    }

    /** Takes a backup: a copy of the table. What is damaged cannot be backed up. */
    void backUp() {
        if (!isDamaged()) {
            backup = SimulatedRegion.copyOf(table, this::engineClock);
        }
    }

    void forgetBackup() {
        backup = null;
    }

    boolean hasBackup() {
        return backup != null;
    }

    /** The disk is lost, and the table of the backup is put back, with an id of its own, as {@code restore} does. */
    void restore() {
        begin(SimulatedRegion.copyOf(backup, this::engineClock));
        new SyncItems(table).forgetPlaces();
        processes.forEach(this::restart);
    }

    /** All that the region had is lost. */
    void wipe() {
        backup = null;
        begin(new MemoryTable(this::engineClock));
        processes.forEach(this::restart);
    }

    private void begin(Table other) {
        damaged.clear();
        table = shared(other, processes.size());
        processes.forEach(process -> process.open(table));
        observed = end();
    }

    /** Every process ends, stamps that are ahead go back, as {@code mend-clock} does it, and all begin again. */
    void mendClock() {
        MemoryTable mended = SimulatedRegion.copyOf(table, this::engineClock);
        new ClockMend(mended, id, List.of()).run(now[0], SimulatedRegion.MAX_CLOCK_AHEAD, null, false);
        backup = null;
        begin(mended);
        processes.forEach(this::restart);
        stampsAreAhead = false;
    }

    /** A bit of a chunk turns on the disk, if there is a chunk. */
    void damageAChunk(Random random) {
        List<Item> chunks = table.scan(new Scan(0, 1, 10_000, null)).await().indefinitely().items().stream()
                .filter(item -> StoredRun.isChunk(item.key()))
                .toList();
        if (!chunks.isEmpty()) {
            Item whole = chunks.get(random.nextInt(chunks.size()));
            byte[] body = whole.body().array().clone();
            body[random.nextInt(body.length)] ^= (byte) (1 << random.nextInt(8));
            Item broken = new Item(whole.key(), Bytes.wrap(body), whole.expiresAtSeconds(), whole.version(), null);
            replace(broken);
            damaged.add(new DamagedChunk(whole, broken));
        }
    }

    boolean isDamaged() {
        return !damaged.isEmpty();
    }

    /** What was damaged is whole again, where nothing has taken its place. The last damage first: one may be of another. */
    void mendDamage() {
        for (int i = damaged.size() - 1; i >= 0; i--) {
            DamagedChunk chunk = damaged.get(i);
            boolean isThere = table.get(chunk.whole.key(), Consistency.STRONG)
                    .await()
                    .indefinitely()
                    .filter(chunk.damaged::equals)
                    .isPresent();
            if (isThere) {
                replace(chunk.whole);
            }
        }
        damaged.clear();
    }

    private void replace(Item item) {
        table.replace(item.key().partitionKey(), List.of(item), List.of())
                .await()
                .indefinitely();
    }
}
