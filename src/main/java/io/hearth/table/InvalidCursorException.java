package io.hearth.table;

import org.jspecify.annotations.Nullable;

/** The cursor was not made by this table for this request. */
public final class InvalidCursorException extends TableException {
    private static final long serialVersionUID = 1L;

    public InvalidCursorException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
