package io.hearth.sync;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.series.value.DeviceSummary;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowJson;
import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Whether all regions answer alike, and as the oracles say. */
@SuppressWarnings("NullAway")
final class ConvergenceCheck {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final List<SimulatedSite> sites;
    private final Oracle oracle;
    private final ShadowOracle shadows;

    /** Of which writes it is known in what order they count. Of others it is not known which one stands, but that one does. */
    enum KnownOrder {
        ALL,
        SHADOWS,
        NONE
    }

    ConvergenceCheck(List<SimulatedSite> sites, Oracle oracle, ShadowOracle shadows) {
        this.sites = sites;
        this.oracle = oracle;
        this.shadows = shadows;
    }

    /**
     * Fails if a region answers what it must not.
     *
     * @param now the true time, which is that of all clocks
     * @param latestClock the latest time that any clock has ever shown
     */
    void run(List<DeviceId> devices, KnownOrder order, Instant now, Instant latestClock) throws IOException {
        boolean areAllKeptAlike =
                sites.stream().map(site -> site.retention).distinct().count() == 1;
        for (DeviceId device : devices) {
            Map<Long, Map<String, Oracle.Expected>> expected = oracle.points(device, EpochMicros.of(now));
            Map<Long, Map<String, Object>> first = sites.get(0).pulling().readings(device);
            boolean isCertain = expected.values().stream()
                    .allMatch(points -> points.values().stream().allMatch(Oracle.Expected::isCertain));
            boolean isAlike = switch (order) {
                case ALL -> isCertain;
                // What a spoke has sealed, an earlier erasure of another one does not reach.
                case SHADOWS -> isCertain && !oracle.hasErasuresOf(device);
                case NONE -> areAllKeptAlike;
            };
            for (SimulatedSite site : sites) {
                for (SimulatedRegion process : site.processes) {
                    String what = "readings of " + device + " in " + site.id;
                    Map<Long, Map<String, Object>> found = process.readings(device);
                    if (order == KnownOrder.ALL) {
                        checkPoints(what, expected, found);
                    } else {
                        checkWritten(what, oracle.everWritten(device), found);
                        checkUndisputed(what, oracle.undisputed(device, EpochMicros.of(latestClock)), found);
                    }
                    if (isAlike) {
                        assertThat(found).as(what + ", as in the first region").isEqualTo(first);
                    }
                    checkLatest(site, process, device, found);
                    checkMetrics(site, process, device, found);
                }
            }
            checkFirstSeen(device, !first.isEmpty());
        }
        checkShadows(order != KnownOrder.NONE);
    }

    private static void checkPoints(
            String what, Map<Long, Map<String, Oracle.Expected>> expected, Map<Long, Map<String, Object>> found) {
        Set<Long> times = new TreeSet<>(expected.keySet());
        times.addAll(found.keySet());
        for (long time : times) {
            Map<String, Oracle.Expected> points = expected.getOrDefault(time, Map.of());
            Map<String, Object> values = found.getOrDefault(time, Map.of());
            Set<String> metrics = new TreeSet<>(points.keySet());
            metrics.addAll(values.keySet());
            for (String metric : metrics) {
                Oracle.Expected point = points.getOrDefault(metric, Oracle.Expected.ABSENT);
                Object value = values.get(metric);
                assertThat(point.allows(value))
                        .as("%s at %d, %s: %s, not %s", what, time, metric, point, value)
                        .isTrue();
            }
        }
    }

    private static void checkWritten(
            String what, Map<Long, Map<String, Set<Object>>> written, Map<Long, Map<String, Object>> found) {
        found.forEach((time, values) -> values.forEach((metric, value) -> assertThat(
                        written.getOrDefault(time, Map.of()).getOrDefault(metric, Set.of()))
                .as("%s at %d, %s", what, time, metric)
                .contains(value)));
    }

    private static void checkUndisputed(
            String what, Map<Long, Map<String, Object>> undisputed, Map<Long, Map<String, Object>> found) {
        undisputed.forEach((time, values) -> assertThat(found.getOrDefault(time, Map.of()))
                .as("%s at %d", what, time)
                .containsAllEntriesOf(values));
    }

    /** What was kept in memory is what is read anew. */
    private static void checkLatest(
            SimulatedSite site, SimulatedRegion process, DeviceId device, Map<Long, Map<String, Object>> readings) {
        Map<String, Object> kept = process.latest(device);
        site.restart(process);
        assertThat(kept)
                .as("latest of %s in %s", device, site.id)
                .isEqualTo(process.latest(device))
                .isEqualTo(latestOf(readings));
    }

    private static Map<String, Object> latestOf(Map<Long, Map<String, Object>> readings) {
        Map<String, Object> latest = new HashMap<>();
        new TreeMap<>(readings)
                .forEach((time, values) -> values.forEach((metric, value) -> {
                    latest.put(metric, text(value) + "@" + time);
                }));
        return latest;
    }

    private static String text(Object value) {
        if (value instanceof Double number) {
            return "Num[number=" + number + "]";
        }
        return value instanceof Boolean ? "Bool[bool=" + value + "]" : "Text[text=" + value + "]";
    }

    private static void checkMetrics(
            SimulatedSite site, SimulatedRegion process, DeviceId device, Map<Long, Map<String, Object>> readings) {
        Set<String> metrics = new TreeSet<>();
        readings.values().forEach(values -> metrics.addAll(values.keySet()));
        assertThat(process.series.device(device).map(DeviceSummary::metrics).orElseGet(TreeSet::new))
                .as("metrics of %s in %s", device, site.id)
                .containsAll(metrics);
    }

    /**
     * Since when there is a device is the same everywhere. One that was erased, and whose readings since then have all expired,
     * may be known to some regions only.
     */
    private void checkFirstSeen(DeviceId device, boolean hasReadings) {
        Set<Optional<Long>> known = new HashSet<>();
        for (SimulatedSite site : sites) {
            for (SimulatedRegion process : site.processes) {
                known.add(process.series.device(device).map(DeviceSummary::firstSeenMicros));
            }
        }
        if (!hasReadings) {
            known.remove(Optional.empty());
        }
        assertThat(known).as("when %s was first seen", device).hasSizeLessThanOrEqualTo(1);
    }

    private void checkShadows(boolean orderIsKnown) throws IOException {
        for (ShadowId shadow : shadows.shadows()) {
            for (String field : Simulation.FIELDS) {
                if (shadows.isForgotten(shadow, field)) {
                    continue;
                }
                Integer first = desired(sites.get(0).pulling(), shadow, field);
                for (SimulatedSite site : sites) {
                    Integer found = desired(site.pulling(), shadow, field);
                    String what = field + " of " + shadow + " in " + site.id;
                    if (orderIsKnown) {
                        assertThat(found).as(what).isEqualTo(shadows.expected(shadow, field));
                    } else {
                        assertThat(found).as(what + ", as in the first region").isEqualTo(first);
                        assertThat(shadows.isWritten(shadow, field, found))
                                .as("%s: %s was written", what, found)
                                .isTrue();
                    }
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
