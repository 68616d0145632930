package io.hearth.simulator.fleet;

import java.util.regex.Pattern;

/**
 * The simulated devices of one run. Devices are numbered from 0 and take the types in turn. Immutable and pure: a value
 * depends on the seed, the device's number and the device time alone.
 */
public final class Fleet {

    /** What the service accepts as a device id. */
    private static final Pattern DEVICE_ID = Pattern.compile("[a-zA-Z0-9:_-]{1,128}");

    private static final DeviceType[] TYPES = DeviceType.values();

    private final String prefix;
    private final int devices;
    private final long seed;

    /**
     * @param prefix the device ids are this and a number
     * @param devices how many, at least one
     */
    public Fleet(String prefix, int devices, long seed) {
        if (devices < 1) {
            throw new IllegalArgumentException("a fleet needs at least one device, not " + devices);
        }
        this.prefix = prefix;
        this.devices = devices;
        this.seed = seed;
        if (!DEVICE_ID.matcher(deviceId(devices - 1)).matches()) {
            throw new IllegalArgumentException("device ids like '" + deviceId(devices - 1)
                    + "' are not allowed: 1 to 128 of the characters a-z A-Z 0-9 : _ -");
        }
    }

    /** Number of devices. */
    public int size() {
        return devices;
    }

    public String deviceId(int device) {
        return prefix + device;
    }

    public DeviceType type(int device) {
        return TYPES[device % TYPES.length];
    }

    /**
     * What the device measures at that instant.
     *
     * @param values receives one value per metric of the device's shape, from {@code at} on
     */
    public void measure(int device, long deviceTimeMicros, long[] values, int at) {
        type(device).measure(new Signal(seed, device, deviceTimeMicros), values, at);
    }
}
