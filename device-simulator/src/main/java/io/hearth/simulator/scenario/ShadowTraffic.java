package io.hearth.simulator.scenario;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Apps that ask devices to change, and devices that do so and report it, over their shadows.
 *
 * @param group the devices
 * @param shadowName a named shadow; null for the classic one
 * @param apps connections that set desired states
 * @param perSecond desired updates/s of all apps at a load of 1
 * @param reaction how long a device takes from the delta to its report
 * @param topicPrefix what AWS has as {@code $aws/things/}
 */
public record ShadowTraffic(
        DeviceGroup group,
        @Nullable String shadowName,
        int apps,
        double perSecond,
        Duration reaction,
        String topicPrefix) {}
