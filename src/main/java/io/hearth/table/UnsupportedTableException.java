package io.hearth.table;

import org.jspecify.annotations.Nullable;

/** What is to be opened is no table of Hearth, or one of a version that this build does not know; nothing was touched. */
public final class UnsupportedTableException extends TableException {
    private static final long serialVersionUID = 1L;

    public UnsupportedTableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
