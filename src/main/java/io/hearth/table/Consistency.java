package io.hearth.table;

/** What a read may miss. */
public enum Consistency {
    /** Sees every write that completed before the read began. */
    STRONG,
    /** May miss the latest writes; costs less on engines that replicate. Engines without replicas read strongly. */
    EVENTUAL
}
