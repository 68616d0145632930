package io.hearth.simulator.fleet;

/**
 * The randomness and the daily rhythm behind one device at one instant. Nothing here has a memory: the same seed, device
 * and instant always give the same answer, so any part of a run can be made again without what came before it.
 */
final class Signal {

    static final long SECOND = 1_000_000;
    static final long MINUTE = 60 * SECOND;
    static final long HOUR = 60 * MINUTE;
    static final long DAY = 24 * HOUR;

    private final long key;
    private final long deviceTimeMicros;

    Signal(long seed, int device, long deviceTimeMicros) {
        this.key = mix(mix(seed) + device);
        this.deviceTimeMicros = deviceTimeMicros;
    }

    long deviceTimeMicros() {
        return deviceTimeMicros;
    }

    /** Fixed for the device: uniform in [0, 1). */
    double trait(int channel) {
        return unit(mix(key + channel));
    }

    /** -1 at night to 1 in the day, highest at {@code peakHour} of the device's day (UTC, shifted up to an hour). */
    double daily(double peakHour) {
        double hour = (double) Math.floorMod(deviceTimeMicros, DAY) / HOUR + trait(99) * 2 - 1;
        return Math.cos((hour - peakHour) * Math.PI / 12);
    }

    /**
     * Mean-reverting noise in [-1, 1] that wanders within {@code periodMicros}: random values at a lattice of instants,
     * eased in between (Perlin's value noise). A random walk would need the steps before it; this does not.
     */
    double drift(int channel, long periodMicros) {
        long cell = Math.floorDiv(deviceTimeMicros, periodMicros);
        double x = (double) Math.floorMod(deviceTimeMicros, periodMicros) / periodMicros;
        double a = unit(mix(key ^ mix(channel + 31 * cell)));
        double b = unit(mix(key ^ mix(channel + 31 * (cell + 1))));
        return (a + (b - a) * x * x * (3 - 2 * x)) * 2 - 1;
    }

    /** Noise in [-1, 1] that is another one in each microsecond. */
    double jitter(int channel) {
        return unit(mix(key ^ mix(channel + 31 * deviceTimeMicros))) * 2 - 1;
    }

    /** Whether something that lasts for {@code periodMicros} and comes with this probability happens now. */
    boolean happens(int channel, long periodMicros, double probability) {
        long cell = Math.floorDiv(deviceTimeMicros, periodMicros);
        return unit(mix(key ^ mix(channel + 31 * cell))) < probability;
    }

    private static double unit(long bits) {
        return (bits >>> 11) * 0x1.0p-53;
    }

    /** SplitMix64's finaliser (Steele, Lea, Flood, 2014): neighbouring inputs give unrelated outputs. */
    private static long mix(long x) {
        long z = x + 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
