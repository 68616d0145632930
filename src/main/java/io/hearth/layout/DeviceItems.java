package io.hearth.layout;

/** The kinds of items in the partition of a device: the first byte of their sort key. */
public final class DeviceItems {
    /** What is known of the device. */
    public static final byte DEVICE = 0x01;

    /** Whether it is connected. */
    public static final byte PRESENCE = 0x02;

    /** Readings that were committed together. */
    public static final byte RUN = 0x10;

    /** A sealed day. */
    public static final byte CHUNK = 0x20;

    /** Transmissions that a sealed day came from, for a time. */
    public static final byte TRANSMISSIONS = 0x21;

    /** What a sealed day comes to, by stretches of time. */
    public static final byte ROLLUP = 0x30;

    /** Which rollups the device may have. */
    public static final byte ROLLUP_LEVELS = 0x31;

    /** A shadow. */
    public static final byte SHADOW = 0x40;

    /** A change of a shadow. */
    public static final byte SHADOW_CHANGE = 0x41;

    /** From when on changes of a shadow are told. */
    public static final byte SHADOW_BEGINNING = 0x42;

    private DeviceItems() {}
}
