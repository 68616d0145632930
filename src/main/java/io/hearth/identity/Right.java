package io.hearth.identity;

/** What an operation asks for. Who has which is said by {@link Principal#may}. */
public enum Right {
    /** To read, change and erase everything. */
    ADMINISTER,
    /** To read what sync tells other regions: changes, snapshots, digests. */
    READ_CHANGES,
    /** To connect as a device: to publish, to subscribe, to use shadows. */
    CONNECT
}
