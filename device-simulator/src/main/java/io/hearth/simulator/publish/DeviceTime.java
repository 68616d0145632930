package io.hearth.simulator.publish;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The devices' clocks: real, or virtual for making history.
 *
 * @param start the first reading's time on a virtual clock; null for real time
 * @param step device time between two readings of a device on a virtual clock
 * @param unit what the payload counts
 */
public record DeviceTime(@Nullable Instant start, Duration step, TimeUnit unit) {

    /** The unit of {@code ts} in the payload, the finest that readings of one device may differ in. */
    public enum TimeUnit {
        MILLIS(1_000),
        MICROS(1);

        final long micros;

        TimeUnit(long micros) {
            this.micros = micros;
        }
    }

    public DeviceTime {
        if (start != null && step.toNanos() / 1_000 < unit.micros) {
            throw new IllegalArgumentException("the time step must be at least one of the payload's units of time");
        }
    }

    /** Real time in milliseconds. */
    public static DeviceTime live() {
        return new DeviceTime(null, Duration.ZERO, TimeUnit.MILLIS);
    }
}
