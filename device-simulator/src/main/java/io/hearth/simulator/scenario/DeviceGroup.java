package io.hearth.simulator.scenario;

import io.hearth.simulator.fleet.DeviceType;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Devices of a scenario that behave alike.
 *
 * @param name what events and shadows call it
 * @param prefix device ids are this and a number
 * @param types the devices take these in turn
 * @param firstNumber number of the first device
 * @param numberStep from one device's number to the next; more than 1 where processes share the fleet
 * @param connections devices share them evenly
 * @param interval a device sends a message this often at a load of 1; null for no telemetry
 * @param batch readings per message
 * @param timed whether payloads carry the device time
 * @param duplicates share of messages sent a second time right away, with DUP and the same packet id
 * @param late share of messages sent late, and by how much
 * @param skew share of devices whose clock is wrong, and by how much
 * @param offline null if devices stay connected
 */
public record DeviceGroup(
        String name,
        String prefix,
        List<DeviceType> types,
        int count,
        int firstNumber,
        int numberStep,
        int connections,
        @Nullable Duration interval,
        int batch,
        boolean timed,
        @Nullable DailyCurve dailyCurve,
        double duplicates,
        Shift late,
        Shift skew,
        @Nullable Offline offline) {

    /**
     * A share of something that is moved in time.
     *
     * @param refused whether the service is expected not to store the readings concerned; {@code verify} then does not
     *     miss them
     */
    public record Shift(double share, Duration by, boolean refused) {
        static final Shift NONE = new Shift(0, Duration.ZERO, false);
    }

    /**
     * Connections that go away and come back, and then send what was measured meanwhile.
     *
     * @param share of the group's connections
     * @param every from one departure to the next
     * @param duration how long a connection stays away
     * @param backfillBatch readings per message of what was measured meanwhile
     */
    public record Offline(double share, Duration every, Duration duration, int backfillBatch) {}

    public DeviceGroup {
        types = List.copyOf(types);
    }

    public String deviceId(int index) {
        return prefix + (firstNumber + index * numberStep);
    }

    /** Messages/s of all its devices at a load of 1. */
    double perSecond() {
        return interval == null ? 0 : count * 1e9 / interval.toNanos();
    }
}
