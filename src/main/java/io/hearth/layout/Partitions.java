package io.hearth.layout;

/**
 * The partitions of the service itself, and of the index. All others are devices, by their ids, which cannot begin with {@code !} or have a
 * slash.
 */
public final class Partitions {
    /** Messages that could not be stored. */
    public static final String DEAD_LETTERS = "!dead-letters";

    /** Horizons of the clock of write stamps. */
    public static final String CLOCK = "!clock";

    /** When the service ran last. */
    public static final String WALL_CLOCK = "!wall-clock";

    /** Stretches of write stamps, each of one process. */
    public static final String STAMPS = "!stamps";

    /** Work that one process at a time does. */
    public static final String LEASES = "!leases";

    /** Processes and their heartbeats. */
    public static final String PROCESSES = "!processes";

    /** Erasures, by the device. */
    public static final String ERASURES = "!erasures";

    /** Erasures in the order in which this region stored them. */
    public static final String ERASURE_LOG = "!erasure-log";

    /** A guard for each device, whose version counts how often its items were reorganised. */
    public static final String GUARDS = "!guards";

    /** What sync keeps for itself: peers, places in their feeds, what was put aside. */
    public static final String SYNC = "!sync";

    /** Retained messages of the MQTT endpoint. */
    public static final String RETAINED = "mqtt/retained";

    /** An item that is written to see whether the table works. */
    public static final String HEALTH = "!health";

    /** Of the index: the devices. */
    public static final String DEVICES = "!devices";

    /** Of the index: the beginning of the partitions that list the online devices of a process. */
    public static final String ONLINE_PREFIX = "!online/";

    private Partitions() {}
}
