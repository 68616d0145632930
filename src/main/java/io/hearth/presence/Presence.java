package io.hearth.presence;

import io.hearth.model.DeviceId;

/**
 * Whether a device is there.
 *
 * @param sinceMicros since when, epoch microseconds of the service
 */
public record Presence(DeviceId device, boolean online, long sinceMicros, Cause cause) {
    /** How the service knows. */
    public enum Cause {
        /** The client whose id is the device's is connected, or its connection ended. */
        CONNECTION(1),
        /** The device said so on its status topic, or its last will did. */
        STATUS(2),
        /** It was connected when the service ended, and has not come back since. */
        RESTART(3);

        private final int code;

        Cause(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }
    }
}
