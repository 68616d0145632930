package io.hearth.mqtt.endpoint;

import io.hearth.model.DeviceId;

/** Tells the devices that have stored readings from ids that anybody may have invented. */
@FunctionalInterface
public interface KnownDevices {
    /** Whether a device has stored readings, as far as that can be told at once, without the table. */
    boolean has(DeviceId device);
}
