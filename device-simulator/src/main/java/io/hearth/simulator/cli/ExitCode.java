package io.hearth.simulator.cli;

/** What the process ends with. */
final class ExitCode {

    static final int OK = 0;
    /** Something was not acknowledged, or is not stored as it should be. */
    static final int FAILED = 1;
    /** The command line is wrong. */
    static final int USAGE = 2;
    /** {@code verify} could not reach a verdict: no answer, no permission, an unreadable ledger. */
    static final int NO_VERDICT = 3;

    private ExitCode() {}
}
