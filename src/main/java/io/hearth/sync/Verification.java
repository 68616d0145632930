package io.hearth.sync;

import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.DeviceSummary;
import io.hearth.series.SeriesStore;
import io.hearth.series.WindowDigests;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Compares what a peer has with what is here, device by device and day by day, and fetches again what differs. Days that have not
 * ended for an hour, and those at the edge of the retention, are left out, as they change while they are compared.
 */
public final class Verification {
    private static final Duration SETTLING = Duration.ofHours(1);
    private static final int MOST_NAMED = 100;
    private static final int SEGMENTS = 8;

    private final SeriesStore series;
    private final SyncTarget target;
    private final InstantSource clock;
    private final Duration retention;

    /** @param retention of readings; zero for ever */
    public Verification(SeriesStore series, SyncTarget target, InstantSource clock, Duration retention) {
        this.series = series;
        this.target = target;
        this.clock = clock;
        this.retention = retention;
    }

    /**
     * A day of a device that was not the same in both regions.
     *
     * @param startMicros of the day
     * @param repaired whether it is the same now; if not, this region has what the peer has not, which pulls it by itself
     */
    public record Difference(DeviceId device, long startMicros, boolean repaired) {}

    /**
     * What came of it.
     *
     * @param windows compared days of devices
     * @param differing how many of them were not the same
     * @param repaired how many of these are now
     * @param differences the first of them
     */
    public record Report(int devices, int windows, int differing, int repaired, List<Difference> differences) {}

    /** The digests of devices, by the starts of their days. */
    public record Digests(Map<DeviceId, SortedMap<Long, Long>> byDevice) {}

    /** Of which times days are compared. */
    public TimeRange comparable() {
        long now = clock.millis() * 1000;
        long end = floor(now - SETTLING.toNanos() / 1000);
        long start = retention.isZero()
                ? Long.MIN_VALUE
                : floor(now - retention.toNanos() / 1000) + 2 * WindowDigests.WINDOW_MICROS;
        return new TimeRange(Math.min(start, end), end);
    }

    private static long floor(long micros) {
        return micros - Math.floorMod(micros, WindowDigests.WINDOW_MICROS);
    }

    /** The digests of the devices of a segment here. */
    public Digests digests(int segment, int segments, TimeRange range) {
        Map<DeviceId, SortedMap<Long, Long>> byDevice = new TreeMap<>();
        series.allDevices()
                .map(DeviceSummary::id)
                .filter(device -> Math.floorMod(device.value().hashCode(), segments) == segment)
                .forEach(device -> byDevice.put(device, WindowDigests.of(series, device, range)));
        return new Digests(byDevice);
    }

    /** @throws IOException the peer is not reached, or breaks off */
    Report run(RegionId peer, PeerTransport transport) throws IOException {
        TimeRange range = comparable();
        int devices = 0;
        int windows = 0;
        int repaired = 0;
        List<Difference> differences = new ArrayList<>();
        for (int segment = 0; segment < SEGMENTS; segment++) {
            for (Map.Entry<DeviceId, SortedMap<Long, Long>> theirs :
                    transport.digests(segment, SEGMENTS, range).byDevice().entrySet()) {
                DeviceId device = theirs.getKey();
                devices++;
                SortedMap<Long, Long> ours = WindowDigests.of(series, device, range);
                for (Map.Entry<Long, Long> window : theirs.getValue().entrySet()) {
                    windows++;
                    if (window.getValue().equals(ours.get(window.getKey()))) {
                        continue;
                    }
                    target.take(transport.window(device, window.getKey()), peer);
                    TimeRange whole = new TimeRange(window.getKey(), window.getKey() + WindowDigests.WINDOW_MICROS);
                    boolean same = window.getValue()
                            .equals(WindowDigests.of(series, device, whole).get(window.getKey()));
                    repaired += same ? 1 : 0;
                    differences.add(new Difference(device, window.getKey(), same));
                }
            }
        }
        return new Report(
                devices,
                windows,
                differences.size(),
                repaired,
                List.copyOf(differences.subList(0, Math.min(MOST_NAMED, differences.size()))));
    }
}
