package io.hearth.simulator.cli;

/** How progress is shown. */
enum ProgressKind {
    NONE,
    PLAIN,
    LIVE
}
