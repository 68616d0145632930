package io.hearth.backup;

/** A backup is being made already. */
public final class BackupRunningException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    BackupRunningException() {
        super("a backup is being made already");
    }
}
