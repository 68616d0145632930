package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.bytes.CorruptItemException;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.SeriesFixture;
import io.hearth.series.chunk.CorruptChunkException;
import io.hearth.series.rollup.RollupRules;
import io.hearth.series.value.AppendBatch;
import io.hearth.series.value.ClockAheadException;
import io.hearth.shadow.document.ShadowException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.shadow.document.ShadowUpdate;
import io.hearth.table.TableException;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One run of regions with random events. Some runs have what others do not: several processes in a region, different times to keep
 * readings, rollups, days that pass, clocks that are wrong by hours or years, damaged chunks, a hub.
 */
@SuppressWarnings("NullAway")
final class Simulation {
    static final List<String> FIELDS = List.of("x", "y", "z");

    private static final Instant START = Instant.parse("2026-11-22T02:00:00Z");
    private static final List<DeviceId> DEVICES = List.of(new DeviceId("d1"), new DeviceId("d2"), new DeviceId("d3"));
    private static final List<String> METRICS = List.of("a", "b");
    private static final List<String> SHADOWS = List.of("", "", "night");

    private static final Duration SHORT_RETENTION = Duration.ofHours(15);
    private static final Duration LONG_RETENTION = Duration.ofDays(5);

    /** Clocks that are right differ by up to twice of it, those of the processes of a region by less. */
    private static final long MAX_OFFSET_MILLIS = 20_000;

    private static final long MAX_PROCESS_OFFSET_MILLIS = 1_000;

    /** A clock without a battery begins in some year. */
    private static final Duration YEARS = Duration.ofDays(3750);

    private static final Duration ADMITTED_AHEAD = Duration.ofMinutes(10);

    /** A process takes over the erasures of another one when that has had so long for them. */
    private static final Duration TAKEN_OVER_AFTER = Duration.ofMinutes(1);

    private final Random random;
    private final Shape shape;
    private final List<SimulatedSite> sites = new ArrayList<>();
    private final List<SimulatedLink> links = new ArrayList<>();
    private final Oracle oracle = new Oracle();
    private final ShadowOracle shadowOracle = new ShadowOracle();
    private final ConvergenceCheck check = new ConvergenceCheck(sites, oracle, shadowOracle);

    /** The latest stamp that each process had seen, packed. */
    private final Map<SimulatedRegion, Long> seen = new HashMap<>();

    /** The true time. */
    private final Instant[] now = {START};

    /** What is written is of the hours before it. */
    private Instant base = START;

    private Instant latestClock = START;

    /**
     * The only region whose clock goes behind by years. What two such regions write and remove of one field of a shadow is in an order
     * that nobody remembers, as the removal counts as forgotten at once.
     */
    private @Nullable SimulatedSite yearsBehind;

    private boolean anyStampsWereAhead;
    private boolean anyChunkWasDamaged;

    /**
     * What is drawn once for a run.
     *
     * @param hub whether the first region passes on what the others write, who do not know each other
     * @param retentions of the readings that a region writes, in turn
     */
    private record Shape(
            int regions,
            boolean hub,
            boolean sealsBehindHub,
            boolean daysPass,
            boolean clocksGoBehind,
            boolean clocksGoAhead,
            boolean chunksAreDamaged,
            List<Duration> retentions) {
        /** How old the older readings are: some of them expire meanwhile; damaged ones are of days that regions compare. */
        private Duration age() {
            Duration shortest =
                    retentions.stream().min(Comparator.naturalOrder()).orElseThrow();
            return chunksAreDamaged ? Duration.ofDays(2) : shortest.minusHours(1);
        }

        private static Shape draw(Random random) {
            int regions = 2 + random.nextInt(3);
            List<Duration> retentions = switch (random.nextInt(5)) {
                case 0 -> List.of(SHORT_RETENTION, LONG_RETENTION, Duration.ofDays(2));
                case 1, 2 -> List.of(LONG_RETENTION);
                default -> List.of(SHORT_RETENTION);
            };
            return new Shape(
                    regions,
                    regions > 2 && random.nextInt(4) == 0,
                    random.nextBoolean(),
                    random.nextInt(6) == 0,
                    random.nextInt(6) == 0,
                    random.nextInt(6) == 0,
                    retentions.equals(List.of(LONG_RETENTION)) && random.nextInt(3) == 0,
                    retentions);
        }
    }

    Simulation(Random random) {
        this.random = random;
        shape = Shape.draw(random);
        for (int i = 0; i < shape.regions; i++) {
            sites.add(new SimulatedSite(
                    new RegionId("r" + i),
                    now,
                    shape.retentions.get(i % shape.retentions.size()),
                    random.nextInt(4) == 0 ? RollupRules.parse("1h for 20d", ZoneOffset.UTC) : RollupRules.NONE,
                    random.nextInt(3) == 0 ? 2 : 1));
        }
        sites.forEach(this::connect);
    }

    private void connect(SimulatedSite from) {
        List<Peer> peers = new ArrayList<>();
        Map<SimulatedRegion, Map<RegionId, SimulatedLink>> linksOf = new HashMap<>();
        from.processes.forEach(process -> linksOf.put(process, new HashMap<>()));
        SimulatedSite first = sites.get(0);
        for (SimulatedSite to : sites) {
            boolean areLinked = from != to && (!shape.hub || from == first || to == first);
            if (areLinked) {
                SyncSource.Origin origin = shape.hub && to == first ? SyncSource.Origin.ALL : SyncSource.Origin.OWN;
                SyncSource.Wanted wanted = new SyncSource.Wanted(Set.of(), Set.of(), origin, from.id);
                peers.add(new Peer(to.id, URI.create("http://127.0.0.1:1"), ""));
                for (SimulatedRegion process : from.processes) {
                    SimulatedLink link = new SimulatedLink(() -> any(to.processes), wanted, random);
                    linksOf.get(process).put(to.id, link);
                    links.add(link);
                }
            }
        }
        from.connect(peers, linksOf);
    }

    void run(int steps) throws IOException {
        for (int i = 0; i < steps; i++) {
            step();
            if (shape.daysPass && random.nextInt(40) == 0) {
                settle();
                check();
                passTime(Duration.ofMinutes(random.nextInt(72 * 60)));
                check();
                links.forEach(link -> link.faulty = true);
            }
        }
        settle();
        check();
    }

    /** Time passes in which everybody is in touch, and places in feeds are stored; what is written next is of the last hours again. */
    private void passTime(Duration time) {
        now[0] = now[0].plusSeconds(60);
        sites.forEach(this::pullAll);
        now[0] = now[0].plus(time);
        base = now[0];
        seen.clear(); // a clock remembers for a day what it had reached
        links.forEach(SimulatedLink::forget); // an answer is not on its way for days
        for (SimulatedSite site : sites) {
            pullAll(site);
            site.processes.forEach(site::restart);
            site.forgetBackup(); // an old one brings back what was erased so long ago that nobody remembers
        }
        oracle.forgetBefore(EpochMicros.of(now[0].minus(LONG_RETENTION)));
    }

    private void step() {
        now[0] = now[0].plusMillis(random.nextInt(60_000));
        for (SimulatedSite each : sites) {
            each.processes.forEach(process -> each.service(process).lookAgain());
            oracle.observe(each); // an erasure that another process began may be finished
        }
        SimulatedSite site = any(sites);
        SimulatedRegion process = any(site.processes);
        int what = random.nextInt(200);
        if (what < 60) {
            append(site, process);
        } else if (what < 68) {
            erase(site, process);
        } else if (what < 84) {
            changeShadow(site, process);
        } else if (what < 94) {
            seal(site, process);
        } else if (what < 168) {
            pull(site);
        } else if (what < 173) {
            restart(site, process);
        } else if (what < 177) {
            setClock(site);
        } else if (what < 185) {
            any(links).cut ^= true;
        } else if (what < 190) {
            loadLatest(process);
        } else if (what < 192) {
            site.puller = random.nextInt(site.processes.size());
        } else if (what < 194) {
            verify(site);
        } else if (what < 196) {
            site.backUp();
        } else if (what < 197) {
            loseAndRestore(site);
        } else if (what < 198) {
            wipe(site);
        } else if (shape.chunksAreDamaged) {
            site.damageAChunk(random);
            anyChunkWasDamaged |= site.isDamaged();
        }
        oracle.observe(site);
        noteClocks();
    }

    private void noteClocks() {
        latestClock = sites.stream()
                .flatMap(site -> site.processes.stream())
                .map(SimulatedRegion::instant)
                .reduce(latestClock, (one, other) -> one.isAfter(other) ? one : other);
    }

    private <T> T any(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    /** Runs something that may be cut short by a crash, after which the process starts again. Whether it went through. */
    private boolean perhapsCrashing(SimulatedSite site, SimulatedRegion process, Runnable action) {
        if (random.nextInt(10) == 0) {
            process.table.crashAfter(random.nextInt(5), random);
        }
        boolean done = false;
        try {
            action.run();
            done = !process.table.hasCrashed();
        } catch (TableException e) {
            if (!process.table.hasCrashed()) {
                throw e;
            }
        } catch (CorruptChunkException | CorruptItemException e) {
            throwUnlessDamaged(e);
        }
        if (process.table.hasCrashed()) {
            restart(site, process);
        }
        process.table.heal();
        return done;
    }

    private void throwUnlessDamaged(RuntimeException e) {
        if (sites.stream().noneMatch(SimulatedSite::isDamaged)) {
            throw e;
        }
    }

    /** The start may die, too, until one does not. */
    private void restart(SimulatedSite site, SimulatedRegion process) {
        do {
            process.table.heal();
            if (random.nextInt(4) == 0) {
                process.table.crashAfter(random.nextInt(4), random);
            }
            try {
                site.restart(process);
            } catch (TableException e) {
                if (!process.table.hasCrashed()) {
                    throw e;
                }
            }
        } while (process.table.hasCrashed());
        process.table.heal();
    }

    private void append(SimulatedSite site, SimulatedRegion process) {
        AppendBatch batch = new AppendBatch();
        Map<String, Object> points = new TreeMap<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            Map<String, Object> values = new TreeMap<>();
            for (int j = random.nextInt(2); j >= 0; j--) {
                values.put(any(METRICS), anyValue());
            }
            DeviceId device = any(DEVICES);
            long time = anyTime();
            if (isAdmitted(site, process, time)) {
                SeriesFixture.add(batch, device.value(), time, values, EpochMicros.of(process.instant()), null);
                values.forEach((metric, value) -> points.put(device + "/" + time + "/" + metric, value));
            }
        }
        if (points.isEmpty()) {
            return;
        }
        long seenBefore = seen.getOrDefault(process, 0L);
        boolean done = perhapsCrashing(
                site, process, () -> process.series.append(batch).await().indefinitely());
        Oracle.Committed committed = oracle.observe(site);
        Map<String, Object> stored = new TreeMap<>();
        committed.writes().stream()
                .sorted(Comparator.comparing(Oracle.PointWrite::stamp))
                .forEach(write ->
                        stored.put(write.device() + "/" + write.timeMicros() + "/" + write.metric(), write.value()));
        if (done) {
            assertThat(stored).as("what an append has stored").isEqualTo(points);
            checkCausality(process, committed, seenBefore);
        } else {
            assertThat(points).as("what an append was to store").containsAllEntriesOf(stored);
        }
    }

    /** Readings of the future, and expired ones, do not come as far as the store; by the clock of the process. */
    private static boolean isAdmitted(SimulatedSite site, SimulatedRegion process, long timeMicros) {
        Instant time = EpochMicros.toInstant(timeMicros);
        return time.isAfter(process.instant().minus(site.retention))
                && time.isBefore(process.instant().plus(ADMITTED_AHEAD));
    }

    /** What is written is later than everything that the process had seen; this needs no clock to be right. */
    private void checkCausality(SimulatedRegion process, Oracle.Committed committed, long seenBefore) {
        WriteStamp earliest = committed.earliest();
        if (earliest != null) {
            assertThat(earliest.time().packed())
                    .as("the stamp of a write in %s, of what it had seen", process.id)
                    .isGreaterThan(seenBefore);
            seen.merge(process, committed.latest(), Math::max);
        }
    }

    private Object anyValue() {
        return switch (random.nextInt(8)) {
            case 0 -> random.nextBoolean();
            case 1 -> "text " + random.nextInt(3);
            case 2 -> random.nextInt(1000) / 8.0;
            default -> (double) random.nextInt(3);
        };
    }

    /** Of few, so that regions meet: of hours or days ago, or of the last minutes. */
    private long anyTime() {
        Instant from = base.minus(random.nextBoolean() ? shape.age() : Duration.ofMinutes(20));
        return EpochMicros.of(from.plusSeconds(random.nextInt(12) * 100L));
    }

    private void erase(SimulatedSite site, SimulatedRegion process) {
        DeviceId device = any(DEVICES);
        long seenBefore = seen.getOrDefault(process, 0L);
        boolean done;
        if (random.nextInt(3) == 0) {
            done = perhapsCrashing(site, process, () -> process.series.erase(device));
        } else {
            long one = anyTime();
            long other = anyTime();
            TimeRange range = new TimeRange(Math.min(one, other), Math.max(one, other) + random.nextInt(2));
            done = perhapsCrashing(site, process, () -> process.series.erase(device, range));
        }
        Oracle.Committed committed = oracle.observe(site);
        if (done) {
            assertThat(committed.erasures()).as("erasures that are committed").hasSize(1);
            checkCausality(process, committed, seenBefore);
        }
    }

    private void seal(SimulatedSite site, SimulatedRegion process) {
        if (shape.hub && !shape.sealsBehindHub) {
            return;
        }
        perhapsCrashing(site, process, () -> {
            long settled = site.service(process).settledMillis();
            if (settled > 0) {
                process.series.seal(EpochMicros.of(process.instant()), settled, nanos -> {});
            }
        });
    }

    private void pull(SimulatedSite site) {
        SimulatedRegion process = any(site.processes);
        for (SimulatedSite peer : sites) {
            if (site.link(process, peer.id) != null && (sites.size() == 2 || random.nextInt(sites.size() - 1) == 0)) {
                perhapsCrashing(site, process, () -> {
                    for (int i = random.nextInt(4); i >= 0 && !process.table.hasCrashed(); i--) {
                        turn(site, process, peer);
                    }
                });
            }
        }
    }

    private PeerProgress.State turn(SimulatedSite site, SimulatedRegion process, SimulatedSite peer) {
        SimulatedLink link = site.link(process, peer.id);
        link.latestDelivered = 0;
        site.service(process).turn(peer.id);
        PeerProgress.State state =
                site.service(process).progress(peer.id).orElseThrow().state();
        boolean isTaken = state == PeerProgress.State.FOLLOWING
                || state == PeerProgress.State.CATCHING_UP
                || state == PeerProgress.State.SNAPSHOT;
        if (isTaken && !process.table.hasCrashed()) {
            seen.merge(process, link.latestDelivered, Math::max);
        }
        return state;
    }

    /** Pulls from all peers until nothing is left. */
    private void pullAll(SimulatedSite site) {
        for (SimulatedSite peer : sites) {
            if (site.link(site.pulling(), peer.id) != null) {
                pullUntilNothingIsLeft(site, peer);
            }
        }
        oracle.observe(site);
    }

    private void pullUntilNothingIsLeft(SimulatedSite site, SimulatedSite peer) {
        SimulatedRegion process = site.pulling();
        int turns = 0;
        while (turn(site, process, peer) != PeerProgress.State.FOLLOWING) {
            turns++;
            assertThat(turns)
                    .as(() -> "turns of " + site.id + " from " + peer.id + ": "
                            + site.service(process)
                                    .progress(peer.id)
                                    .orElseThrow()
                                    .lastError())
                    .isLessThan(10_000);
        }
    }

    /**
     * A clock is set right, or wrong by hours or years. Of those that are ahead there is one at a time, as regions are mended one
     * by one. Where processes share a table, stamps follow clocks that differ by seconds only, and there is no mending.
     */
    private void setClock(SimulatedSite site) {
        boolean mayBeAhead = shape.clocksGoAhead && sites.stream().noneMatch(other -> other.stampsAreAhead);
        boolean mayBeWrong = (mayBeAhead || shape.clocksGoBehind) && site.processes.size() == 1;
        boolean isWrong = mayBeWrong && random.nextInt(2) == 0;
        if (isWrong) {
            boolean isByHours = random.nextBoolean();
            boolean isAhead = mayBeAhead && (!shape.clocksGoBehind || random.nextBoolean());
            if (!isByHours && !isAhead && yearsBehind == null) {
                yearsBehind = site;
            }
            Duration wrong =
                    isByHours || (!isAhead && yearsBehind != site) ? Duration.ofHours(1 + random.nextInt(12)) : YEARS;
            site.setClock(isAhead ? wrong : wrong.negated());
            site.stampsAreAhead |= isAhead;
            anyStampsWereAhead |= isAhead;
            noteClocks();
        } else {
            long offset = random.nextLong(-MAX_OFFSET_MILLIS, MAX_OFFSET_MILLIS);
            for (SimulatedRegion process : site.processes) {
                process.clockOffsetMillis =
                        offset + random.nextLong(-MAX_PROCESS_OFFSET_MILLIS, MAX_PROCESS_OFFSET_MILLIS);
            }
        }
        if (random.nextInt(2) == 0) {
            site.processes.forEach(process -> restart(site, process));
        }
    }

    private void loadLatest(SimulatedRegion process) {
        try {
            DEVICES.forEach(process::latest); // from now on kept in memory
        } catch (CorruptChunkException | CorruptItemException e) {
            throwUnlessDamaged(e);
        }
    }

    private void verify(SimulatedSite site) {
        SimulatedRegion process = any(site.processes);
        SimulatedSite peer = any(sites);
        SimulatedLink link = site.link(process, peer.id);
        if (link == null) {
            return;
        }
        perhapsCrashing(site, process, () -> {
            link.latestDelivered = 0;
            try {
                site.service(process).verify(peer.id);
                seen.merge(process, link.latestDelivered, Math::max);
            } catch (IOException notReached) {
                // It is tried again at another time.
            } catch (ClockAheadException e) {
                assertThat(site.isClockWrong() || sites.stream().anyMatch(other -> other.stampsAreAhead))
                        .isTrue();
            }
        });
    }

    /** A region loses everything; but not before the others have what it has, or nobody would. */
    private boolean othersHaveAllOf(SimulatedSite site) {
        if (sites.stream().anyMatch(other -> other.stampsAreAhead || other.isClockWrong())) {
            return false; // regions hold each other
        }
        heal();
        for (SimulatedSite other : sites) {
            if (other != site && other.link(other.pulling(), site.id) != null) {
                pullUntilNothingIsLeft(other, site);
                oracle.observe(other);
            }
        }
        oracle.observe(site);
        now[0] = now[0].plusSeconds(60);
        return true;
    }

    private void wipe(SimulatedSite site) {
        if (othersHaveAllOf(site)) {
            site.wipe();
            begunAnew(site);
        }
    }

    private void loseAndRestore(SimulatedSite site) {
        if (site.hasBackup() && othersHaveAllOf(site)) {
            site.restore();
            begunAnew(site);
        }
    }

    private void begunAnew(SimulatedSite site) {
        seen.keySet().removeAll(site.processes);
        links.forEach(SimulatedLink::forget);
        links.forEach(link -> link.faulty = true);
    }

    private void heal() {
        links.forEach(link -> {
            link.cut = false;
            link.faulty = false;
        });
    }

    private void changeShadow(SimulatedSite site, SimulatedRegion process) {
        ShadowId id = new ShadowId(any(DEVICES), any(SHADOWS));
        WriteStamp before = lastWrite(process, id);
        int what = random.nextInt(20);
        if (what == 0) {
            eraseShadows(site, process, id.thing());
        } else if (what < 4) {
            try {
                WriteStamp stamp = process.shadows
                        .delete(id, new ShadowRequest(null, null, null), "test")
                        .await()
                        .indefinitely()
                        .lastWrite();
                checkShadowCausality(before, stamp, process);
                FIELDS.forEach(field -> noteShadowWrite(id, field, stamp, null));
            } catch (ShadowException none) {
                // There was no shadow to delete.
            }
        } else {
            String field = any(FIELDS);
            Integer value = random.nextInt(4) == 0 ? null : random.nextInt(100);
            byte[] body =
                    ("{\"state\":{\"desired\":{\"" + field + "\":" + value + "}}}").getBytes(StandardCharsets.UTF_8);
            ShadowUpdate update = process.shadows
                    .update(id, ShadowRequest.update(body, process.shadows.limits()), "test")
                    .await()
                    .indefinitely();
            WriteStamp stamp = update.current().lastWrite();
            checkShadowCausality(before, stamp, process);
            noteShadowWrite(id, field, stamp, value);
        }
    }

    private void eraseShadows(SimulatedSite site, SimulatedRegion process, DeviceId thing) {
        process.shadows.erase(thing).await().indefinitely();
        for (String name : Set.copyOf(SHADOWS)) {
            ShadowId id = new ShadowId(thing, name);
            WriteStamp stamp = lastWrite(process, id);
            if (stamp != null && stamp.region().equals(site.id)) {
                FIELDS.forEach(field -> noteShadowWrite(id, field, stamp, null));
            }
            int told = process.shadows
                    .history(id, null, 10)
                    .await()
                    .indefinitely()
                    .changes()
                    .size();
            assertThat(told <= 1 || site.isClockWrong())
                    .as("history of what was erased: %d changes", told)
                    .isTrue();
        }
    }

    private void noteShadowWrite(ShadowId id, String field, WriteStamp stamp, @Nullable Integer value) {
        shadowOracle.write(id, field, stamp, value);
        Instant written = Instant.ofEpochMilli(stamp.time().physicalMillis());
        if (value == null && written.isBefore(now[0].minus(SimulatedRegion.KEPT_AFTER_DELETE))) {
            shadowOracle.forget(id, field);
        }
    }

    private static @Nullable WriteStamp lastWrite(SimulatedRegion process, ShadowId id) {
        return process.shadows.stored(id).await().indefinitely().document().lastWrite();
    }

    private static void checkShadowCausality(
            @Nullable WriteStamp before, @Nullable WriteStamp stamp, SimulatedRegion process) {
        assertThat(stamp).as("the stamp of a write of a shadow").isNotNull();
        assertThat(stamp.region()).isEqualTo(process.id);
        if (before != null) {
            assertThat(stamp).as("the stamp of a write of a shadow").isGreaterThan(before);
        }
    }

    /** The network works again, clocks and chunks are mended, and all pull until nothing is left. */
    private void settle() throws IOException {
        heal();
        now[0] = now[0].plusMillis(4 * MAX_OFFSET_MILLIS);
        for (SimulatedSite site : sites) {
            site.mendDamage();
            site.setClock(Duration.ZERO);
            if (site.stampsAreAhead) {
                mendClock(site);
            } else if (anyChunkWasDamaged) {
                site.processes.forEach(site::restart);
            }
        }
        finishErasures();
        for (int round = 0; round < 3; round++) {
            sites.forEach(this::pullAll);
        }
        if (anyChunkWasDamaged) {
            repair();
        }
    }

    /** What a process has left of erasures when it died is finished by another one, which first waits for a while. */
    private void finishErasures() {
        for (int round = 0; round < 2; round++) {
            for (SimulatedSite site : sites) {
                site.processes.forEach(process -> process.series.remote().finishErasures());
            }
            now[0] = now[0].plus(TAKEN_OVER_AFTER);
        }
        sites.forEach(oracle::observe);
    }

    /** What a damaged chunk has kept from being merged is found by comparing. */
    private void repair() throws IOException {
        for (int round = 0; round < 2; round++) {
            for (SimulatedSite site : sites) {
                for (SimulatedSite peer : sites) {
                    if (site.link(site.pulling(), peer.id) != null) {
                        site.service(site.pulling()).verify(peer.id);
                    }
                }
                oracle.observe(site);
            }
            sites.forEach(this::pullAll);
        }
    }

    private void mendClock(SimulatedSite site) {
        oracle.observe(site);
        site.mendClock();
        seen.keySet().removeAll(site.processes);
        links.forEach(SimulatedLink::forget);
    }

    private void check() throws IOException {
        noteClocks();
        check.run(DEVICES, knownOrder(), now[0], latestClock);
    }

    private ConvergenceCheck.KnownOrder knownOrder() {
        if (anyStampsWereAhead) {
            // How far the clock was ahead is an estimate.
            return ConvergenceCheck.KnownOrder.NONE;
        }
        // Behind a hub sealing cannot know what is still to come, so a sealed reading may win.
        boolean sealsEarly = shape.hub && shape.sealsBehindHub;
        return sealsEarly ? ConvergenceCheck.KnownOrder.SHADOWS : ConvergenceCheck.KnownOrder.ALL;
    }
}
