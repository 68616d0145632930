package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.model.WriteStamp;
import io.hearth.series.AppendBatch;
import io.hearth.series.SeriesFixture;
import io.hearth.shadow.ShadowException;
import io.hearth.shadow.ShadowId;
import io.hearth.shadow.ShadowJson;
import io.hearth.shadow.ShadowRequest;
import io.hearth.shadow.ShadowUpdate;
import io.hearth.table.OutcomeUnknownException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One run of regions with random events. */
@SuppressWarnings("NullAway")
final class Simulation {
    private static final Instant START = Instant.parse("2026-11-22T02:00:00Z");
    private static final List<DeviceId> DEVICES = List.of(new DeviceId("d1"), new DeviceId("d2"), new DeviceId("d3"));
    private static final List<String> METRICS = List.of("a", "b");
    private static final List<String> FIELDS = List.of("x", "y", "z");
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Clocks differ by up to twice of it. */
    private static final long MAX_OFFSET_MILLIS = 20_000;

    private static final long MARGIN_MILLIS = 60_000;

    private final Random random;
    private final boolean hub;
    private final Instant[] now = {START};
    private final List<SimulatedRegion> regions = new ArrayList<>();
    private final Map<List<RegionId>, SimulatedLink> links = new HashMap<>();
    private final Oracle oracle = new Oracle();
    private final Map<ShadowId, Map<String, FieldWrite>> shadowOracle = new HashMap<>();

    private record FieldWrite(WriteStamp stamp, @Nullable Integer value) {}

    /** @param hub whether the first region passes on what the others write, who do not know each other */
    Simulation(Random random, int count, boolean hub) {
        this.random = random;
        this.hub = hub;
        for (int i = 0; i < count; i++) {
            regions.add(new SimulatedRegion(id(i), now, SimulatedRegion.RETENTION));
        }
        for (SimulatedRegion from : regions) {
            for (SimulatedRegion to : regions) {
                if (from != to && (!hub || from == regions.get(0) || to == regions.get(0))) {
                    SyncSource.Origin origin =
                            hub && to == regions.get(0) ? SyncSource.Origin.ALL : SyncSource.Origin.OWN;
                    SyncSource.Wanted wanted = new SyncSource.Wanted(Set.of(), Set.of(), origin, from.id);
                    links.put(List.of(from.id, to.id), new SimulatedLink(to, wanted, random));
                }
            }
        }
    }

    static RegionId id(int index) {
        return new RegionId("r" + index);
    }

    void step() throws IOException {
        now[0] = now[0].plusMillis(random.nextInt(60_000));
        SimulatedRegion region = any(regions);
        int what = random.nextInt(100);
        if (what < 30) {
            append(region);
        } else if (what < 34) {
            erase(region);
        } else if (what < 42) {
            changeShadow(region);
        } else if (what < 46) {
            seal(region);
        } else if (what < 85) {
            pull(region, false);
        } else if (what < 88) {
            region.restart();
        } else if (what < 91) {
            region.clockOffsetMillis = random.nextLong(-MAX_OFFSET_MILLIS, MAX_OFFSET_MILLIS);
        } else if (what < 96) {
            any(new ArrayList<>(links.values())).cut ^= true;
        } else if (what < 99) {
            DEVICES.forEach(region::latest); // from now on kept in memory
        } else {
            wipe(region);
        }
        oracle.observe(region);
    }

    private <T> T any(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    /** Runs something that may be cut short by a crash, after which the region starts again. */
    private void perhapsCrashing(SimulatedRegion region, Runnable action) {
        if (random.nextInt(10) == 0) {
            region.table.crashAfter(random.nextInt(3), random);
        }
        try {
            action.run();
            region.table.heal();
        } catch (OutcomeUnknownException died) {
            region.restart();
        }
    }

    private void append(SimulatedRegion region) {
        AppendBatch batch = new AppendBatch();
        for (int i = random.nextInt(4); i >= 0; i--) {
            Map<String, Object> values = new TreeMap<>();
            for (int j = random.nextInt(2); j >= 0; j--) {
                values.put(any(METRICS), random.nextInt(3));
            }
            SeriesFixture.add(batch, any(DEVICES).value(), anyTime(), values, null);
        }
        perhapsCrashing(region, () -> region.series.append(batch).await().indefinitely());
    }

    /** Of few, so that regions meet: of yesterday, some of which expire meanwhile, or of today. */
    private long anyTime() {
        Instant from = random.nextBoolean() ? START.minus(Duration.ofHours(14)) : START.minus(Duration.ofMinutes(20));
        return EpochMicros.of(from.plusSeconds(random.nextInt(12) * 100L));
    }

    private void erase(SimulatedRegion region) {
        DeviceId device = any(DEVICES);
        if (random.nextInt(3) == 0) {
            perhapsCrashing(region, () -> region.series.erase(device));
        } else {
            long one = anyTime();
            long other = anyTime();
            TimeRange range = new TimeRange(Math.min(one, other), Math.max(one, other) + random.nextInt(2));
            perhapsCrashing(region, () -> region.series.erase(device, range));
        }
    }

    private void seal(SimulatedRegion region) {
        if (hub) {
            return; // whoever knows the hub only does not know what else is still to come
        }
        long settled = Long.MAX_VALUE;
        for (SimulatedRegion peer : regions) {
            if (peer != region) {
                PeerProgress progress = region.progress.get(peer.id);
                settled = Math.min(
                        settled, progress == null ? 0 : progress.contact().settledMillis());
            }
        }
        long before = settled - MARGIN_MILLIS;
        perhapsCrashing(region, () -> region.series.seal(EpochMicros.of(region.instant()), before, nanos -> {}));
    }

    private void pull(SimulatedRegion region, boolean whole) throws IOException {
        for (SimulatedRegion peer : regions) {
            SimulatedLink link = links.get(List.of(region.id, peer.id));
            if (link == null || !whole && random.nextInt(regions.size() - 1) != 0) {
                continue;
            }
            if (!whole) {
                perhapsCrashing(region, () -> {
                    try {
                        for (int i = random.nextInt(4); i >= 0; i--) {
                            region.pull(peer.id, link).step();
                        }
                    } catch (IOException notReached) {
                        // It is tried again at another time.
                    }
                });
                continue;
            }
            PeerPull pull = region.pull(peer.id, link);
            do {
                pull.step();
            } while (region.progress.get(peer.id).state() != PeerProgress.State.FOLLOWING);
        }
    }

    /** A region loses everything; but not before the others have what it has, or nobody would. */
    private void wipe(SimulatedRegion region) throws IOException {
        heal();
        for (SimulatedRegion other : regions) {
            if (links.containsKey(List.of(other.id, region.id))) {
                PeerPull pull = other.pull(region.id, links.get(List.of(other.id, region.id)));
                do {
                    pull.step();
                } while (other.progress.get(region.id).state() != PeerProgress.State.FOLLOWING);
                oracle.observe(other);
            }
        }
        oracle.observe(region);
        region.wipe();
        links.values().forEach(SimulatedLink::forget);
        links.values().forEach(link -> link.faulty = true);
    }

    private void heal() {
        links.values().forEach(link -> {
            link.cut = false;
            link.faulty = false;
        });
    }

    private void changeShadow(SimulatedRegion region) {
        ShadowId id = ShadowId.classic(any(DEVICES));
        Map<String, FieldWrite> fields = shadowOracle.computeIfAbsent(id, shadow -> new HashMap<>());
        if (random.nextInt(5) == 0) {
            try {
                WriteStamp stamp = region.shadows
                        .delete(id, new ShadowRequest(null, null, null), "test")
                        .await()
                        .indefinitely()
                        .lastWrite();
                FIELDS.forEach(field -> write(fields, field, new FieldWrite(stamp, null)));
            } catch (ShadowException none) {
                // There was no shadow to delete.
            }
            return;
        }
        String field = any(FIELDS);
        Integer value = random.nextInt(4) == 0 ? null : random.nextInt(100);
        byte[] body = ("{\"state\":{\"desired\":{\"" + field + "\":" + value + "}}}").getBytes(StandardCharsets.UTF_8);
        ShadowUpdate update = region.shadows
                .update(id, ShadowRequest.update(body, region.shadows.limits()), "test")
                .await()
                .indefinitely();
        write(fields, field, new FieldWrite(update.current().lastWrite(), value));
    }

    private static void write(Map<String, FieldWrite> fields, String field, FieldWrite write) {
        fields.merge(field, write, (one, other) -> one.stamp.compareTo(other.stamp) >= 0 ? one : other);
    }

    /** The network works again, the clocks are right, and all pull until nothing is left. */
    void settle() throws IOException {
        heal();
        now[0] = now[0].plusMillis(4 * MAX_OFFSET_MILLIS);
        for (SimulatedRegion region : regions) {
            region.table.heal();
            region.clockOffsetMillis = 0;
        }
        for (int round = 0; round < 3; round++) {
            for (SimulatedRegion region : regions) {
                pull(region, true);
                oracle.observe(region);
            }
        }
    }

    void check() throws IOException {
        long nowMicros = EpochMicros.of(now[0]);
        for (DeviceId device : DEVICES) {
            Map<Long, Map<String, Object>> expected = oracle.readings(device, nowMicros);
            for (SimulatedRegion region : regions) {
                assertThat(region.readings(device))
                        .as("readings of %s in %s", device, region.id)
                        .isEqualTo(expected);
                Map<String, Object> cached = region.latest(device);
                region.restart();
                assertThat(cached).as("latest of %s in %s", device, region.id).isEqualTo(region.latest(device));
                for (Map<String, Object> values : expected.values()) {
                    assertThat(region.series.device(device).orElseThrow().metrics())
                            .as("metrics of %s in %s", device, region.id)
                            .containsAll(values.keySet());
                }
            }
        }
        for (Map.Entry<ShadowId, Map<String, FieldWrite>> shadow : shadowOracle.entrySet()) {
            for (SimulatedRegion region : regions) {
                for (String field : FIELDS) {
                    FieldWrite expected = shadow.getValue().get(field);
                    assertThat(desired(region, shadow.getKey(), field))
                            .as("%s of %s in %s", field, shadow.getKey(), region.id)
                            .isEqualTo(expected == null ? null : expected.value);
                }
            }
        }
    }

    private static @Nullable Integer desired(SimulatedRegion region, ShadowId id, String field) throws IOException {
        var document = region.shadows.stored(id).await().indefinitely().document();
        if (!document.exists()) {
            return null;
        }
        JsonNode value = JSON.readTree(ShadowJson.whole(document, 0, null))
                .path("state")
                .path("desired")
                .path(field);
        return value.isMissingNode() ? null : value.asInt();
    }
}
