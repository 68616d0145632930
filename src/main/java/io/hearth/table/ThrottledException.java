package io.hearth.table;

import org.jspecify.annotations.Nullable;

/** Refused for load; nothing was written, so the whole operation may be retried later. */
public final class ThrottledException extends TableException {
    private static final long serialVersionUID = 1L;

    public ThrottledException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
