package io.hearth.sync;

import io.hearth.model.DeviceId;
import io.hearth.model.RegionId;
import io.hearth.model.TimeRange;
import io.hearth.series.SeriesStore;
import io.hearth.series.WindowDigests;
import io.hearth.series.value.DeviceSummary;
import io.hearth.sync.wire.PeerDigests;
import io.hearth.sync.wire.PeerTransport;
import io.hearth.table.TableException;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Compares what a peer has with what is here, readings device by device and day by day, and shadows, and fetches again what
 * differs. Days that have not ended for an hour, and those at the edge of the retention, are left out, as they change while they
 * are compared.
 */
public final class Verification {
    private static final Logger LOG = Logger.getLogger(Verification.class);
    private static final Duration SETTLING = Duration.ofHours(1);
    private static final int MOST_NAMED = 100;
    private static final int SEGMENTS = 8;

    private final SeriesStore series;
    private final SyncTarget target;
    private final ShadowVerification shadows;
    private final InstantSource clock;
    private final Duration retention;

    /** @param retention of readings; zero for ever */
    public Verification(
            SeriesStore series,
            SyncTarget target,
            ShadowVerification shadows,
            InstantSource clock,
            Duration retention) {
        this.series = series;
        this.target = target;
        this.shadows = shadows;
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
     * @param shadows likewise
     */
    public record Report(
            int devices, int windows, int differing, int repaired, List<Difference> differences, Shadows shadows) {
        /** What was not the same although nothing of it can have been on its way: days, and settled shadows. */
        public int lost() {
            return differing + shadows.settled();
        }
    }

    /**
     * What came of the shadows.
     *
     * @param differing how many of those that were compared were not the same
     * @param settled how many of these were last written so long ago that nothing of them was on its way
     * @param repaired how many of those that differed are the same now
     * @param differences the first of them
     */
    public record Shadows(
            int compared, int differing, int settled, int repaired, List<ShadowVerification.Difference> differences) {
        private static Shadows of(int compared, List<ShadowVerification.Difference> all) {
            return new Shadows(
                    compared,
                    all.size(),
                    (int) all.stream()
                            .filter(ShadowVerification.Difference::settled)
                            .count(),
                    (int) all.stream()
                            .filter(ShadowVerification.Difference::repaired)
                            .count(),
                    List.copyOf(all.subList(0, Math.min(MOST_NAMED, all.size()))));
        }
    }

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

    /**
     * The digests of the devices and the shadows of a segment here.
     *
     * @param tombstonesFromMillis older tombstones of shadows are passed over
     */
    public PeerDigests digests(int segment, int segments, TimeRange range, long tombstonesFromMillis) {
        Map<DeviceId, SortedMap<Long, Long>> byDevice = new TreeMap<>();
        series.allDevices()
                .map(DeviceSummary::id)
                .filter(device -> Math.floorMod(device.value().hashCode(), segments) == segment)
                .forEach(device -> {
                    try {
                        byDevice.put(device, WindowDigests.of(series.reader(), device, range));
                    } catch (RuntimeException e) {
                        throwUnlessOfADevice(e);
                        LOG.errorf("Device %s cannot be compared with other regions: %s", device, e.getMessage());
                    }
                });
        return new PeerDigests(byDevice, shadows.digests(segment, segments, tombstonesFromMillis));
    }

    /** What is here, without the windows that cannot be read. */
    private SortedMap<Long, Long> digestsHere(DeviceId device, Set<Long> windows, TimeRange range) {
        try {
            return WindowDigests.of(series.reader(), device, range);
        } catch (RuntimeException e) {
            throwUnlessOfADevice(e);
            SortedMap<Long, Long> digests = new TreeMap<>();
            for (long window : windows) {
                Long digest = digestHere(device, window);
                if (digest != null) {
                    digests.put(window, digest);
                }
            }
            return digests;
        }
    }

    /** Null if nothing is there, or it cannot be read. */
    private @Nullable Long digestHere(DeviceId device, long window) {
        TimeRange whole = new TimeRange(window, window + WindowDigests.WINDOW_MICROS);
        try {
            return WindowDigests.of(series.reader(), device, whole).get(window);
        } catch (RuntimeException e) {
            throwUnlessOfADevice(e);
            LOG.errorf("A day of device %s cannot be read: %s", device, e.getMessage());
            return null;
        }
    }

    /** One damaged chunk must not keep all other devices from being compared; a table that does not answer must. */
    private static void throwUnlessOfADevice(RuntimeException e) {
        if (e instanceof TableException) {
            throw e;
        }
    }

    /** @throws IOException the peer is not reached, or breaks off */
    Report run(RegionId peer, PeerTransport transport) throws IOException {
        TimeRange range = comparable();
        long tombstonesFromMillis = shadows.tombstonesFromMillis();
        int comparedShadows = 0;
        List<ShadowVerification.Difference> differingShadows = new ArrayList<>();
        int devices = 0;
        int windows = 0;
        int repaired = 0;
        List<Difference> differences = new ArrayList<>();
        for (int segment = 0; segment < SEGMENTS; segment++) {
            PeerDigests digests = transport.digests(segment, SEGMENTS, range, tombstonesFromMillis);
            comparedShadows += digests.shadows().size();
            differingShadows.addAll(shadows.run(peer, transport, digests.shadows(), tombstonesFromMillis));
            for (Map.Entry<DeviceId, SortedMap<Long, Long>> theirs :
                    digests.byDevice().entrySet()) {
                DeviceId device = theirs.getKey();
                devices++;
                SortedMap<Long, Long> ours =
                        digestsHere(device, theirs.getValue().keySet(), range);
                for (Map.Entry<Long, Long> window : theirs.getValue().entrySet()) {
                    windows++;
                    if (window.getValue().equals(ours.get(window.getKey()))) {
                        continue;
                    }
                    target.take(transport.window(device, window.getKey()), peer);
                    boolean same = window.getValue().equals(digestHere(device, window.getKey()));
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
                List.copyOf(differences.subList(0, Math.min(MOST_NAMED, differences.size()))),
                Shadows.of(comparedShadows, differingShadows));
    }
}
