package io.hearth.erasure;

import io.hearth.ingest.DeadLetters;
import io.hearth.model.DeviceId;
import io.hearth.model.EpochMicros;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.mqtt.endpoint.RetainedMessages;
import io.hearth.presence.DevicePresence;
import io.hearth.series.SeriesStore;
import io.hearth.series.value.Erasure;
import io.hearth.shadow.ShadowStore;
import io.hearth.table.Blocking;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Erases devices. The erasure of the readings is what is recorded, so that a crash at any moment leaves it not begun or to be
 * finished, and what other regions learn; everything else that is kept of the device here goes with it: shadows and their
 * history, presence, dead letters, retained messages. What comes in afterwards stays.
 *
 * <p>What another process of the same table had on its way may come behind the erasure. The store of readings looks at an erasure
 * once more later, and so does this.
 */
public final class DeviceEraser {
    private final SeriesStore series;
    private final Stores stores;
    private final RegionId region;
    private final InstantSource clock;

    /** Those that somebody waits for: whatever there is of them goes, whatever time it bears. */
    private final Set<DeviceId> inHand = ConcurrentHashMap.newKeySet();

    /** What is kept of a device besides its readings. */
    public record Stores(
            ShadowStore shadows, DevicePresence presence, DeadLetters deadLetters, RetainedMessages retained) {}

    public DeviceEraser(SeriesStore series, Stores stores, RegionId region, InstantSource clock) {
        this.series = series;
        this.stores = stores;
        this.region = region;
        this.clock = clock;
    }

    /** Hears of every erasure from now on, also of those that the last process left and of other regions'. To be called at the start. */
    public void listen() {
        series.whenErased(this::erased);
    }

    /**
     * Erases a device with everything that is kept of it. Blocks; on return nothing of it is in any answer.
     *
     * @return whether anything was known of it
     * @throws RuntimeException something could not be removed; it is tried again
     */
    public boolean erase(DeviceId device) {
        if (!isKnown(device)) {
            return false;
        }
        inHand.add(device);
        try {
            series.erase(device);
        } finally {
            inHand.remove(device);
        }
        return true;
    }

    private boolean isKnown(DeviceId device) {
        return series.device(device).isPresent()
                || Blocking.await(stores.shadows.hasAny(device))
                || stores.presence.of(device).isPresent()
                || stores.retained.has(device)
                || stores.deadLetters.has(device);
    }

    /** The readings of a device have been erased. */
    private void erased(Erasure erasure) {
        if (!erasure.wholeDevice()) {
            return;
        }
        long nowMicros = EpochMicros.of(clock.instant());
        long untilMicros = Math.min(nowMicros, erasure.stamp().time().physicalMillis() * 1000 + 999);
        DeviceId device = erasure.device();
        if (inHand.contains(device)) {
            all(
                    () -> Blocking.await(stores.shadows.erase(device)),
                    () -> stores.presence.forget(device),
                    () -> stores.deadLetters.erase(device, nowMicros),
                    () -> stores.retained.erase(device));
        } else {
            eraseUntil(erasure, untilMicros);
        }
    }

    private void eraseUntil(Erasure erasure, long untilMicros) {
        DeviceId device = erasure.device();
        HybridTime until = HybridTime.of(Math.max(0, untilMicros / 1000), HybridTime.MAX_COUNTER);
        boolean isHere = erasure.stamp().region().equals(region);
        all(
                () -> Blocking.await(
                        (isHere
                                ? stores.shadows
                                        .erase(device, new WriteStamp(until, region))
                                        .replaceWithVoid()
                                : stores.shadows.eraseHistory(device, until))),
                () -> stores.presence.forgetUntil(device, untilMicros),
                () -> stores.deadLetters.eraseUntil(device, untilMicros),
                () -> stores.retained.eraseUntil(device, untilMicros));
    }

    /** Does all of them, also if one fails. */
    private static void all(Runnable... parts) {
        RuntimeException first = null;
        for (Runnable part : List.of(parts)) {
            try {
                part.run();
            } catch (RuntimeException e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
