package io.hearth.table;

import org.jspecify.annotations.Nullable;

/** The stored data has a format that this build does not know; nothing was touched. */
public final class UnsupportedFormatException extends TableException {
    private static final long serialVersionUID = 1L;

    public UnsupportedFormatException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
