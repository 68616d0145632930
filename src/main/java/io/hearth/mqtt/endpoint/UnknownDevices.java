package io.hearth.mqtt.endpoint;

import io.hearth.model.DeviceId;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * The devices that are online by what their status topics say and have never stored a reading: so many and no more, as
 * anybody may invent them. Safe for several threads.
 */
final class UnknownDevices {
    private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final KnownDevices known;
    private final int max;
    private final LongSupplier nanoClock;
    private final Set<DeviceId> online = new HashSet<>();
    private long lookedNanos;

    /** @param nanoClock a stopwatch, {@link System#nanoTime} but in tests */
    UnknownDevices(KnownDevices known, int max, LongSupplier nanoClock) {
        this.known = known;
        this.max = max;
        this.nanoClock = nanoClock;
        lookedNanos = nanoClock.getAsLong() - LOOK_AGAIN_NANOS;
    }

    /** Whether the presence of a device is to be kept that says whether it is online; if it is, it counts from now on. */
    boolean admits(DeviceId device, boolean isOnline) {
        if (known.has(device)) {
            return true;
        }
        synchronized (this) {
            if (!isOnline) {
                return online.remove(device) || hasRoom();
            }
            if (online.contains(device)) {
                return true;
            }
            return hasRoom() && online.add(device);
        }
    }

    private boolean hasRoom() {
        if (online.size() < max) {
            return true;
        }
        long nowNanos = nanoClock.getAsLong();
        if (nowNanos - lookedNanos < LOOK_AGAIN_NANOS) {
            return false;
        }
        lookedNanos = nowNanos;
        online.removeIf(known::has);
        return online.size() < max;
    }
}
