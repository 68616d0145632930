package io.hearth.backup;

import org.jspecify.annotations.Nullable;

/** A backup, a restore or a check could not be done. The message is for the operator: what is wrong, and with which file. */
public final class BackupException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BackupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
