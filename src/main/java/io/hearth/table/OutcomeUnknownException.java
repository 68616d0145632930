package io.hearth.table;

import org.jspecify.annotations.Nullable;

/** The engine failed or timed out midway: each write of the batch may or may not be stored, so read before retrying, or retry what is idempotent. */
public final class OutcomeUnknownException extends TableException {
    private static final long serialVersionUID = 1L;

    public OutcomeUnknownException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
