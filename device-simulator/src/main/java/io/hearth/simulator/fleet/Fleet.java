package io.hearth.simulator.fleet;

import java.util.List;
import java.util.regex.Pattern;

/**
 * The simulated devices of one run. Devices are numbered from 0 and take the types in turn. Immutable and pure: a value
 * depends on the seed, the device's number and the device time alone.
 */
public final class Fleet {

    /** What the service accepts as a device id. */
    private static final Pattern DEVICE_ID = Pattern.compile("[a-zA-Z0-9:_-]{1,128}");

    private static final DeviceType[] TYPES = DeviceType.values();

    private final String[] ids;
    private final DeviceType[] types;
    /** What tells the devices' values apart. */
    private final int[] keys;

    private final long seed;

    /**
     * @param prefix the device ids are this and a number
     * @param devices how many, at least one
     */
    public Fleet(String prefix, int devices, long seed) {
        if (devices < 1) {
            throw new IllegalArgumentException("a fleet needs at least one device, not " + devices);
        }
        this.seed = seed;
        ids = new String[devices];
        types = new DeviceType[devices];
        keys = new int[devices];
        for (int device = 0; device < devices; device++) {
            ids[device] = prefix + device;
            types[device] = TYPES[device % TYPES.length];
            keys[device] = device;
        }
        checkId(ids[devices - 1]);
    }

    /** Devices with ids and types of their own; what a device measures goes by its id, wherever it stands. */
    public Fleet(List<String> ids, List<DeviceType> types, long seed) {
        if (ids.isEmpty() || ids.size() != types.size()) {
            throw new IllegalArgumentException("a fleet needs at least one device, and a type for each");
        }
        this.seed = seed;
        this.ids = ids.toArray(new String[0]);
        this.types = types.toArray(new DeviceType[0]);
        this.keys = new int[this.ids.length];
        for (int device = 0; device < keys.length; device++) {
            checkId(this.ids[device]);
            keys[device] = this.ids[device].hashCode();
        }
    }

    private static void checkId(String id) {
        if (!DEVICE_ID.matcher(id).matches()) {
            throw new IllegalArgumentException(
                    "device ids like '" + id + "' are not allowed: 1 to 128 of the characters a-z A-Z 0-9 : _ -");
        }
    }

    /** Number of devices. */
    public int size() {
        return ids.length;
    }

    public String deviceId(int device) {
        return ids[device];
    }

    public DeviceType type(int device) {
        return types[device];
    }

    /**
     * What the device measures at that instant.
     *
     * @param values receives one value per metric of the device's shape, from {@code at} on
     */
    public void measure(int device, long deviceTimeMicros, long[] values, int at) {
        type(device).measure(new Signal(seed, keys[device], deviceTimeMicros), values, at);
    }
}
