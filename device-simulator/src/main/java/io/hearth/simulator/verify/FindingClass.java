package io.hearth.simulator.verify;

/** What can be wrong with what is stored. */
public enum FindingClass {
    /** Acknowledged, and not there. */
    LOST,
    /** Sent once, and there more than once. */
    DOUBLED,
    /** There, with other values than those sent. */
    CHANGED,
    /** There, and never sent. */
    UNEXPECTED,
    /** Not in ascending order of device time. */
    OUT_OF_ORDER
}
