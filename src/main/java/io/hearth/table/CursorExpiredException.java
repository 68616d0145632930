package io.hearth.table;

import org.jspecify.annotations.Nullable;

/** The changes behind this cursor are no longer kept: begin again with a scan. */
public final class CursorExpiredException extends TableException {
    private static final long serialVersionUID = 1L;

    public CursorExpiredException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
